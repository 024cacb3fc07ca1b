package io.tiercel.failure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class KneeDatabaseTest {
    private static final Duration TEN_MILLIS = Duration.ofMillis(10);

    /** Answers within a second, with that many callers who each ask again at once. */
    private static double perSecond(KneeDatabase database, int callers) throws InterruptedException {
        AtomicLong answers = new AtomicLong();
        AtomicBoolean asking = new AtomicBoolean(true);
        for (int i = 0; i < callers; i++) {
            askAgainAndAgain(database, answers, asking);
        }
        Thread.sleep(500); // until it has settled
        long begin = System.nanoTime();
        long before = answers.get();
        Thread.sleep(1_000);
        double rate = (answers.get() - before) * 1e9 / (System.nanoTime() - begin);
        asking.set(false);
        return rate;
    }

    private static void askAgainAndAgain(KneeDatabase database, AtomicLong answers, AtomicBoolean asking) {
        var unused = database.query("k").thenAccept(answer -> {
            answers.incrementAndGet();
            if (asking.get()) {
                askAgainAndAgain(database, answers, asking);
            }
        });
    }

    @Test
    void it_has_a_knee() throws Exception {
        double[] rates = new double[4];
        int[] callers = {4, 16, 150, 400};
        for (int i = 0; i < callers.length; i++) {
            try (KneeDatabase database = new KneeDatabase(16, TEN_MILLIS, 1_000)) {
                rates[i] = perSecond(database, callers[i]);
            }
        }

        System.out.printf(
                "16 cores: %.0f/s with 4, %.0f/s with 16, %.0f/s with 150, %.0f/s with 400 connections%n",
                rates[0], rates[1], rates[2], rates[3]);
        assertThat(rates[0]).as("below: by the caller").isBetween(200.0, 420.0);
        assertThat(rates[1]).as("at the knee").isBetween(1_000.0, 1_650.0);
        assertThat(rates[2]).as("beyond").isBetween(700.0, 1_060.0);
        assertThat(rates[3]).as("far beyond").isLessThan(rates[2]).isGreaterThan(300.0);
    }

    @Test
    void more_queries_than_connections_are_refused() {
        try (KneeDatabase database = new KneeDatabase(1, Duration.ofSeconds(10), 2)) {
            CompletableFuture<String> first = database.query("a");
            CompletableFuture<String> second = database.query("b");

            assertThatThrownBy(() -> database.query("c").join())
                    .hasCauseInstanceOf(KneeDatabase.TooManyConnections.class);
            assertThat(first).isNotDone();
            assertThat(second).isNotDone();
            assertThat(database.peak()).isEqualTo(2);
            assertThat(database.refused()).isEqualTo(1);
            assertThat(database.queries()).isEqualTo(2);
        }
    }

    @Test
    void it_can_be_slowed_and_what_is_under_way_is_slow_too() {
        try (KneeDatabase database = new KneeDatabase(1, Duration.ofMillis(50), 10)) {
            long begin = System.nanoTime();
            CompletableFuture<String> answer = database.query("a");
            database.slowDown(4);

            assertThat(answer.join()).isEqualTo("row of a");
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(95));

            database.slowDown(1);
            begin = System.nanoTime();
            assertThat(database.query("b", 2).join()).isEqualTo("row of b");
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(49));
        }
    }
}
