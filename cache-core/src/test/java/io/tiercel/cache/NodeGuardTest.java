package io.tiercel.cache;

import static java.time.Duration.ofMillis;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.TierException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class NodeGuardTest {
    private final TierException down = new TierException("store: GET failed: down");
    private final FakeTime time = new FakeTime();
    private final ScriptedTier tier = new ScriptedTier(ofMillis(50));
    private final Alarm alarm = new Alarm("t");
    private final List<CacheEvent> told = new CopyOnWriteArrayList<>();
    private TierGuard guard = guard(r -> r);

    private TierGuard guard(UnaryOperator<Resilience> change) {
        Events events = new Events(Runnable::run);
        events.add(told::add);
        Resilience resilience = change.apply(Resilience.DEFAULT.readTimeout(ofMillis(50)));
        NodeGuards nodes = new NodeGuards("t", tier, resilience, events, alarm, time);
        return new TierGuard("t", tier, nodes, events, time);
    }

    @AfterEach
    void close() {
        alarm.close();
    }

    private NodeStats stats(String node) {
        return guard.nodes().stats().stream()
                .filter(one -> one.node().equals(node))
                .findFirst()
                .orElseThrow();
    }

    private void open(String node) {
        tier.fails(node, down);
        for (int i = 0; i < 5; i++) {
            assertThat(guard.get(node + "/" + i)).isCompletedExceptionally();
        }
        assertThat(stats(node).state()).isEqualTo(NodeStats.State.OPEN);
        tier.asked.clear();
    }

    private static TierException failure(CompletableFuture<?> call) {
        try {
            call.join();
        } catch (CompletionException e) {
            return (TierException) requireNonNull(e.getCause());
        }
        throw new AssertionError("did not fail");
    }

    // ---- opening

    @Test
    void a_node_that_failed_five_times_is_not_asked_and_the_failure_says_why_and_how_it_heals() {
        open("a");

        TierException refused = failure(guard.get("a/x"));

        assertThat(tier.asked).isEmpty();
        assertThat(refused)
                .hasMessageContaining("store: node a ")
                .hasMessageContaining(down.getMessage())
                .hasMessageContaining("one call tries it again every 500 to 2000 ms");
        assertThat(stats("a").refused()).isEqualTo(1);
        assertThat(stats("a").failures()).isEqualTo(5);
        assertThat(guard.stats().failures()).as("keys").isEqualTo(6);
    }

    @Test
    void other_nodes_are_asked_as_before() {
        open("a");

        assertThat(guard.get("b/x")).isCompletedWithValue(ScriptedTier.VALUE);
        assertThat(stats("b").state()).isEqualTo(NodeStats.State.CLOSED);
    }

    @Test
    void fewer_failures_than_half_of_the_last_ten_calls_open_nothing() {
        for (int i = 0; i < 200; i++) {
            if (i % 5 > 2) {
                tier.fails("a", down);
            } else {
                tier.heals("a");
            }
            var unused = guard.get("a/" + i);
        }

        assertThat(tier.asked).hasSize(200);
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"REFUSED", "CROWDED"})
    void a_node_that_refuses_writes_or_is_not_reached_for_want_of_room_is_asked_on(Kind kind) {
        tier.fails("a", new TierException(kind, "store: PSETEX failed: OOM"));

        for (int i = 0; i < 100; i++) {
            assertThat(guard.put("a/" + i, new byte[1], ofMillis(1))).isCompletedExceptionally();
        }

        assertThat(tier.asked).hasSize(100);
        assertThat(stats("a").failures()).isZero();
        assertThat(stats("a").inFlight()).isZero();
        assertThat(told).singleElement().isInstanceOf(CacheEvent.TierRefused.class);
    }

    @Test
    void the_callers_mistakes_are_not_the_nodes() {
        tier.script.put("a", key -> {
            throw new IllegalArgumentException("ttl must be positive");
        });

        for (int i = 0; i < 100; i++) {
            assertThat(guard.get("a/" + i)).isCompletedExceptionally();
        }

        assertThat(tier.asked).hasSize(100);
        assertThat(stats("a").inFlight()).isZero();
        assertThat(told).isEmpty();
    }

    @Test
    void with_breakers_off_a_node_is_asked_whatever_it_does() {
        guard = guard(r -> r.breaker(false));
        tier.fails("a", down);

        for (int i = 0; i < 100; i++) {
            assertThat(guard.get("a/" + i)).isCompletedExceptionally();
        }

        assertThat(tier.asked).hasSize(100);
        assertThat(stats("a").state()).isEqualTo(NodeStats.State.CLOSED);
    }

    @Test
    void timeouts_of_a_process_that_stood_still_are_not_the_nodes() {
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        tier.script.put("a", key -> answer);
        for (int i = 0; i < 50; i++) {
            var unused = guard.get("a/" + i);
        }

        time.advance(ofMillis(90)); // a timer that should have gone off after 50 goes off now
        answer.completeExceptionally(new TierException(Kind.TIMEOUT, "store: GET failed: no answer within 50 ms"));

        assertThat(stats("a").timeouts()).isEqualTo(50);
        assertThat(stats("a").state()).isEqualTo(NodeStats.State.CLOSED);
        assertThat(stats("a").inFlight()).isZero();
    }

    // ---- being tried again

    @Test
    void after_the_wait_one_call_tries_and_its_answer_closes_the_breaker() {
        open("a");
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        tier.script.put("a", key -> answer);

        time.advance(ofMillis(501));
        CompletableFuture<byte[]> probe = guard.get("a/probe");
        assertThat(guard.get("a/other")).isCompletedExceptionally();
        assertThat(stats("a").state()).isEqualTo(NodeStats.State.HALF_OPEN);
        answer.complete(ScriptedTier.VALUE);

        assertThat(probe).isCompletedWithValue(ScriptedTier.VALUE);
        assertThat(tier.asked).containsExactly("a/probe");
        assertThat(guard.get("a/next")).isCompletedWithValue(ScriptedTier.VALUE);
        assertThat(told).hasSize(4);
        assertThat(told.get(0)).isInstanceOf(CacheEvent.TierFailed.class);
        assertThat(told.get(1)).isInstanceOfSatisfying(CacheEvent.BreakerOpened.class, e -> {
            assertThat(e.node()).isEqualTo("a");
            assertThat(e.cause()).isSameAs(down);
            assertThat(e.openFor()).isBetween(ofMillis(400), ofMillis(500));
        });
        assertThat(told.get(2)).isEqualTo(new CacheEvent.BreakerClosed("t", "store", "a", ofMillis(501)));
        assertThat(told.get(3)).isEqualTo(new CacheEvent.TierRecovered("t", "store", ofMillis(501)));
    }

    @Test
    void a_node_that_is_still_down_is_tried_half_as_often_but_every_two_seconds_at_least() {
        open("a");
        List<Long> tries = new ArrayList<>();
        for (int millis = 0; millis < 20_000; millis += 10) {
            int before = tier.asked.size();
            assertThat(guard.get("a/x")).isCompletedExceptionally();
            if (tier.asked.size() > before) {
                tries.add((long) millis);
            }
            time.advance(ofMillis(10));
        }

        assertThat(tries.get(0)).isBetween(400L, 520L);
        for (int i = 1; i < tries.size(); i++) {
            long wait = tries.get(i) - tries.get(i - 1);
            assertThat(wait).isBetween(i == 1 ? 800L : 1_600L, i == 1 ? 1_020L : 2_020L);
        }
        assertThat(told.stream().filter(CacheEvent.BreakerOpened.class::isInstance))
                .hasSize(1);
    }

    @Test
    void a_call_that_began_before_the_breaker_opened_does_not_fail_the_one_that_tries_again() {
        CompletableFuture<byte[]> old = new CompletableFuture<>();
        tier.script.put("a", key -> old);
        CompletableFuture<byte[]> early = guard.get("a/early");
        open("a");
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        tier.script.put("a", key -> answer);
        time.advance(ofMillis(501));
        CompletableFuture<byte[]> probe = guard.get("a/probe");

        old.completeExceptionally(down);
        assertThat(early).isCompletedExceptionally();
        assertThat(stats("a").state()).isEqualTo(NodeStats.State.HALF_OPEN);
        answer.complete(ScriptedTier.VALUE);

        assertThat(probe).isCompleted();
        assertThat(stats("a").state()).isEqualTo(NodeStats.State.CLOSED);
    }

    @Test
    void a_try_that_says_nothing_of_the_node_leaves_the_next_call_to_try() {
        open("a");
        time.advance(ofMillis(501));
        tier.fails("a", new TierException(Kind.CROWDED, "store: GET failed: queue full"));
        assertThat(guard.get("a/1")).isCompletedExceptionally();
        tier.heals("a");

        assertThat(guard.get("a/2")).isCompletedWithValue(ScriptedTier.VALUE);
    }

    @Test
    void of_many_threads_exactly_one_tries() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("NodeGuardTest seed " + seed);
        Random random = new Random(seed);
        int threads = 8;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            open("a");
            for (int round = 0; round < 200; round++) {
                boolean well = random.nextBoolean();
                CompletableFuture<byte[]> answer = new CompletableFuture<>();
                tier.script.put("a", key -> answer);
                tier.asked.clear();
                time.advance(ofMillis(2_001));
                CountDownLatch start = new CountDownLatch(1);
                AtomicInteger refused = new AtomicInteger();
                List<CompletableFuture<?>> all = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    int spins = random.nextInt(200);
                    boolean bulk = random.nextBoolean();
                    all.add(CompletableFuture.runAsync(
                            () -> {
                                awaitThenSpin(start, spins);
                                CompletableFuture<?> call =
                                        bulk ? guard.getAll(List.of("a/1", "a/2")) : guard.get("a/1");
                                if (call.isDone()) {
                                    refused.incrementAndGet();
                                }
                            },
                            pool));
                }
                start.countDown();
                all.forEach(CompletableFuture::join);

                assertThat(refused).as("round %s", round).hasValue(threads - 1);
                assertThat(tier.asked.size()).isBetween(1, 2);
                if (well) {
                    answer.complete(ScriptedTier.VALUE);
                    assertThat(stats("a").state()).isEqualTo(NodeStats.State.CLOSED);
                    open("a");
                } else {
                    answer.completeExceptionally(down);
                    assertThat(stats("a").state()).isEqualTo(NodeStats.State.OPEN);
                }
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(stats("a").inFlight()).isZero();
    }

    private static void awaitThenSpin(CountDownLatch start, int spins) {
        try {
            start.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        for (int i = 0; i < spins; i++) {
            Thread.onSpinWait();
        }
    }

    // ---- many keys

    @Test
    void keys_of_nodes_that_are_not_asked_fail_at_once_and_the_others_go_in_one_call() {
        open("a");

        List<Outcome<byte[]>> outcomes =
                guard.getAll(List.of("b/1", "a/1", "c/1", "a/2")).join();

        assertThat(tier.asked).containsExactly("b/1", "c/1");
        assertThat(outcomes.get(0)).isEqualTo(Outcome.done(ScriptedTier.VALUE));
        assertThat(outcomes.get(1)).isInstanceOf(Outcome.Failed.class);
        assertThat(outcomes.get(2)).isEqualTo(Outcome.done(ScriptedTier.VALUE));
        assertThat(outcomes.get(3)).isInstanceOf(Outcome.Failed.class);
        assertThat(stats("a").refused()).as("calls").isEqualTo(1);
    }

    @Test
    void a_call_for_many_keys_is_one_failure_of_a_node_and_none_of_those_that_answered() {
        tier.fails("a", down);
        List<String> keys = List.of("a/1", "b/1", "a/2", "a/3", "b/2");

        for (int i = 0; i < 4; i++) {
            var unused = guard.getAll(keys);
        }

        assertThat(stats("a").state()).isEqualTo(NodeStats.State.CLOSED);
        assertThat(stats("a").failures()).isEqualTo(4);
        var unused = guard.getAll(keys);
        assertThat(stats("a").state()).isEqualTo(NodeStats.State.OPEN);
        assertThat(stats("b").failures()).isZero();
    }

    // ---- bounds

    @Test
    void a_call_that_the_tier_never_ends_is_ended_and_what_comes_late_is_dropped() {
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        tier.script.put("a", key -> answer);
        CompletableFuture<byte[]> call = guard.get("a/1");
        CompletableFuture<List<Outcome<byte[]>>> bulk = guard.getAll(List.of("a/1", "b/1"));

        time.advance(ofMillis(101));
        await().until(() -> call.isDone() && bulk.isDone());

        assertThat(failure(call).kind()).isEqualTo(Kind.TIMEOUT);
        assertThat(bulk.join()).allMatch(Outcome.Failed.class::isInstance);
        assertThat(stats("a").timeouts()).isEqualTo(2);
        assertThat(stats("a").inFlight()).isZero();
        answer.complete(ScriptedTier.VALUE);
        assertThat(call).isCompletedExceptionally();
        assertThat(stats("a").inFlight()).isZero();
    }

    @Test
    void a_read_of_few_keys_goes_on_sooner_than_a_write_or_a_read_of_many() {
        guard = guard(r -> Resilience.DEFAULT);
        tier.script.put("a", key -> new CompletableFuture<>());
        CompletableFuture<byte[]> cold = guard.get("a/1");
        time.advance(ofMillis(13));
        assertThat(guard.get("b/1")).isCompleted();
        for (int i = 0; i < 1_000; i++) {
            guard.get("b/" + i).join();
        }
        assertThat(cold).as("before the tier is warm").isNotDone();
        CompletableFuture<byte[]> read = guard.get("a/1");
        CompletableFuture<List<Outcome<byte[]>>> few = guard.getAll(List.of("a/1", "a/2"));
        CompletableFuture<List<Outcome<byte[]>>> many = guard.getAll(Collections.nCopies(101, "a/1"));
        CompletableFuture<Void> write = guard.put("a/1", ScriptedTier.VALUE, Duration.ofSeconds(1));

        time.advance(ofMillis(13));
        await().until(() -> read.isDone() && few.isDone());
        assertThat(failure(read)).hasMessageContaining("readTimeout");
        assertThat(many).isNotDone();
        assertThat(write).isNotDone();
        time.advance(ofMillis(88));
        await().until(() -> many.isDone() && write.isDone());
    }

    @Test
    void a_node_that_hangs_costs_its_timeout_five_times() {
        tier.hangs("a");
        List<CompletableFuture<?>> calls = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            calls.add(guard.get("a/" + i));
        }
        time.advance(ofMillis(101));
        await().until(() -> calls.stream().allMatch(CompletableFuture::isDone));

        assertThat(guard.get("a/next")).isCompletedExceptionally();
        assertThat(tier.asked).hasSize(5);
    }

    @Test
    void more_bytes_than_may_wait_fail_at_once_and_one_write_alone_does_not() {
        guard = guard(r -> r.maximumBytesInFlight(100));
        tier.script.put("a", key -> new CompletableFuture<>());
        CompletableFuture<Void> large = guard.put("a/1", new byte[150], Duration.ofSeconds(1));

        assertThat(failure(guard.put("b/1", new byte[50], Duration.ofSeconds(1))))
                .hasMessageContaining("resilience.maximumBytesInFlight")
                .returns(Kind.CROWDED, TierException::kind);
        time.advance(ofMillis(101));
        await().until(large::isDone);
        assertThat(guard.put("b/1", new byte[50], Duration.ofSeconds(1))).isCompleted();
    }

    @Test
    void more_calls_than_may_be_under_way_fail_at_once() {
        guard = guard(r -> r.maximumInFlight(2));
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        tier.script.put("a", key -> answer);
        CompletableFuture<byte[]> first = guard.get("a/1");
        CompletableFuture<byte[]> second = guard.get("a/2");

        TierException third = failure(guard.get("a/3"));

        assertThat(third.kind()).isEqualTo(Kind.CROWDED);
        assertThat(third).hasMessageContaining("resilience.maximumInFlight").hasMessageContaining("node a");
        assertThat(stats("a").crowded()).isEqualTo(1);
        assertThat(stats("a").inFlight()).isEqualTo(2);
        assertThat(guard.get("b/1")).isCompleted();
        answer.complete(ScriptedTier.VALUE);
        assertThat(first).isCompleted();
        assertThat(second).isCompleted();
        assertThat(guard.get("a/4")).isCompletedWithValue(ScriptedTier.VALUE);
    }

    @Test
    void nodes_that_nobody_asks_any_more_are_forgotten_and_no_longer_failing() {
        open("a");
        time.advance(Duration.ofSeconds(11));
        assertThat(guard.get("b/1")).isCompleted();
        assertThat(guard.get("b/1")).isCompleted();
        assertThat(told).last().isInstanceOf(CacheEvent.TierRecovered.class);

        time.advance(Duration.ofMinutes(10).plusMillis(1));

        assertThat(guard.nodes().stats()).isEmpty();
    }

    @Test
    void a_tier_that_names_a_node_for_each_key_fills_no_memory() {
        for (int i = 0; i < 5_000; i++) {
            var unused = guard.get("n" + i + "/x");
        }

        assertThat(guard.nodes().stats()).hasSizeLessThanOrEqualTo(1_001);
    }

    @Test
    void what_cannot_be_is_refused_by_name() {
        Resilience all = Resilience.DEFAULT;

        assertThatThrownBy(() -> all.failureRate(0)).hasMessageContaining("resilience.failureRate");
        assertThatThrownBy(() -> all.failureRate(101)).hasMessageContaining("resilience.failureRate");
        assertThatThrownBy(() -> all.openFor(ofMillis(9), ofMillis(20))).hasMessageContaining("openFor: first");
        assertThatThrownBy(() -> all.openFor(ofMillis(20), ofMillis(19))).hasMessageContaining("openFor: most");
        assertThatThrownBy(() -> all.openFor(ofMillis(20), Duration.ofHours(1))).hasMessageContaining("openFor: most");
        assertThatThrownBy(() -> all.maximumInFlight(0)).hasMessageContaining("resilience.maximumInFlight");
        assertThatCode(() -> all.failureRate(1)
                        .openFor(ofMillis(10), ofMillis(10))
                        .maximumInFlight(1)
                        .breaker(false))
                .doesNotThrowAnyException();
    }
}
