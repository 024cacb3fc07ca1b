package io.tiercel.sidecar.coherence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.embedded.Memcached;
import io.tiercel.embedded.RedisOptions;
import io.tiercel.embedded.RedisServer;
import io.tiercel.sidecar.Launched;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Redis is away: what is served meanwhile, for how long, and what is not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OutageIT {
    private static final Duration WINDOW = Duration.ofSeconds(2);

    private final RedisServer redis = RedisServer.start(RedisOptions.of(1, 0).withConfigLines("appendonly yes"));
    private final Memcached memcached;
    private final Launched first;
    private final Launched second;
    private final RespClient one;
    private final RespClient two;

    OutageIT() throws Exception {
        Optional<Memcached> found = Memcached.startIfAvailable();
        assumeThat(found).as("a memcached").isPresent();
        memcached = found.orElseThrow();
        first = start();
        second = start();
        one = new RespClient(first.port());
        two = RespClient.resp3(second.port());
        isBack();
    }

    private Launched start() throws Exception {
        return Launched.start(
                "--redis",
                redis.uri(),
                "--memcached",
                memcached.address(),
                "--bound",
                "250ms",
                "--stale-if-down",
                WINDOW.toMillis() + "ms");
    }

    @AfterAll
    void stop() throws Exception {
        one.close();
        two.close();
        first.close();
        second.close();
        redis.close();
        memcached.close();
    }

    /** How Redis goes away. */
    enum Way {
        STOPPED,
        KILLED
    }

    private void away(Way way) {
        if (way == Way.STOPPED) {
            redis.pause();
        } else {
            redis.kill();
        }
    }

    private void back(Way way) throws Exception {
        if (way == Way.STOPPED) {
            redis.resume();
        } else {
            redis.restart();
        }
        isBack();
    }

    private void isBack() {
        for (RespClient client : List.of(one, two)) {
            await().atMost(Duration.ofSeconds(20)).until(() -> "OK".equals(client.ask("SET", "up", "2")));
            // From then on changes are told again.
            TwoSidecarsIT.makeHot(client, "up");
        }
    }

    private static boolean isDown(@Nullable Object reply) {
        return reply instanceof RespClient.Failure failure
                && (failure.text().startsWith("TIERDOWN ") || failure.text().startsWith("TIMEOUT "));
    }

    private void inL3(String key) {
        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(() ->
                        assertThat(String.valueOf(one.list("CACHE.WHERE", key))).contains("l3, [status, fresh"));
    }

    @ParameterizedTest
    @EnumSource
    void hot_keys_are_served_from_memory_and_L3_for_a_while_and_are_errors_then(Way way) throws Exception {
        one.set("d:hot" + way, "v");
        one.set("d:cold" + way, "v");
        TimeUnit.MILLISECONDS.sleep(400); // L3 believes only what is newer than the change by the bound
        TwoSidecarsIT.makeHot(one, "d:hot" + way);
        inL3("d:hot" + way);

        away(way);
        long begin = System.nanoTime();
        try {
            assertThat(one.ask("GET", "d:hot" + way)).as("from memory").isEqualTo("v");
            assertThat(two.ask("GET", "d:hot" + way)).as("from L3").isEqualTo("v");
            assertThat(isDown(one.ask("GET", "d:cold" + way)))
                    .as("was never read")
                    .isTrue();
            long lastServed = begin;
            while (System.nanoTime() - begin < WINDOW.plusMillis(1_500).toNanos()) {
                long asked = System.nanoTime();
                for (RespClient client : new RespClient[] {one, two}) {
                    Object reply = client.ask("GET", "d:hot" + way);
                    if ("v".equals(reply)) {
                        lastServed = asked;
                    } else {
                        assertThat(isDown(reply)).as("%s", reply).isTrue();
                    }
                }
                TimeUnit.MILLISECONDS.sleep(5);
            }
            long served = TimeUnit.NANOSECONDS.toMillis(lastServed - begin);
            assertThat(served).as("milliseconds").isBetween(WINDOW.toMillis() - 500, WINDOW.toMillis() + 700);
            assertThat(isDown(one.ask("GET", "d:hot" + way))).isTrue();
            assertThat(isDown(two.ask("GET", "d:hot" + way))).isTrue();
        } finally {
            back(way);
        }
        assertThat(one.get("d:hot" + way)).isEqualTo("v");
        assertThat(two.get("d:hot" + way)).isEqualTo("v");
    }

    @ParameterizedTest
    @EnumSource
    void what_was_removed_before_is_not_served(Way way) throws Exception {
        one.set("d:removed" + way, "v");
        TimeUnit.MILLISECONDS.sleep(400);
        TwoSidecarsIT.makeHot(one, "d:removed" + way);
        TwoSidecarsIT.makeHot(two, "d:removed" + way);
        inL3("d:removed" + way);
        try (Foreign foreign = new Foreign(redis.port())) {
            if (way == Way.STOPPED) {
                foreign.ask("DEL", "d:removed" + way);
            } else {
                one.ask("DEL", "d:removed" + way);
            }
        }
        await().atMost(Duration.ofSeconds(1)).until(() -> two.get("d:removed" + way) == null);
        await().atMost(Duration.ofSeconds(1)).until(() -> one.get("d:removed" + way) == null);

        notServed(way, "d:removed" + way);
    }

    @ParameterizedTest
    @EnumSource
    void what_was_removed_while_memcached_was_away_is_not_served_either(Way way) throws Exception {
        one.set("d:missed" + way, "v");
        TimeUnit.MILLISECONDS.sleep(400);
        TwoSidecarsIT.makeHot(one, "d:missed" + way);
        inL3("d:missed" + way);
        memcached.pause();
        try {
            two.ask("DEL", "d:missed" + way);
            await().atMost(Duration.ofSeconds(1)).until(() -> one.get("d:missed" + way) == null);
        } finally {
            memcached.resume();
        }
        notServed(way, "d:missed" + way);
    }

    @ParameterizedTest
    @EnumSource
    void what_was_flushed_is_not_served(Way way) throws Exception {
        one.set("d:flushed" + way, "v");
        TimeUnit.MILLISECONDS.sleep(400);
        TwoSidecarsIT.makeHot(one, "d:flushed" + way);
        inL3("d:flushed" + way);
        try (Foreign foreign = new Foreign(redis.port())) {
            foreign.ask("FLUSHALL");
        }
        TimeUnit.MILLISECONDS.sleep(300); // both are told
        notServed(way, "d:flushed" + way);
    }

    private void notServed(Way way, String key) throws Exception {
        away(way);
        try {
            long end = System.nanoTime() + Duration.ofMillis(700).toNanos();
            while (System.nanoTime() < end) {
                assertThat(one.ask("GET", key)).isNotEqualTo("v");
                assertThat(two.ask("GET", key)).isNotEqualTo("v");
            }
        } finally {
            back(way);
        }
        assertThat(one.get(key)).isNull();
        assertThat(two.get(key)).isNull();
    }

    @ParameterizedTest
    @EnumSource
    void a_write_meanwhile_fails_and_nobody_ever_reads_what_it_wanted(Way way) throws Exception {
        one.set("d:failed" + way, "v");
        TwoSidecarsIT.makeHot(one, "d:failed" + way);
        TwoSidecarsIT.makeHot(two, "d:failed" + way);
        away(way);
        try {
            // Until the connection is given up a stopped server still has what was sent to it, and may do it later.
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> one.ask("SET", "d:probe", "x") instanceof RespClient.Failure failure
                            && failure.text().startsWith("TIERDOWN "));
            TimeUnit.MILLISECONDS.sleep(300);
            Object written = one.ask("SET", "d:failed" + way, "other");
            assertThat(isDown(written)).as("%s", written).isTrue();
            assertThat(isDown(one.ask("DEL", "d:failed" + way))).isTrue();
            for (int i = 0; i < 20; i++) {
                Object mine = one.ask("GET", "d:failed" + way);
                assertThat("v".equals(mine) || isDown(mine)).as("%s", mine).isTrue();
                Object others = two.ask("GET", "d:failed" + way);
                assertThat("v".equals(others) || isDown(others))
                        .as("%s", others)
                        .isTrue();
            }
        } finally {
            back(way);
        }
        for (int i = 0; i < 100; i++) {
            String mine = one.get("d:failed" + way);
            assertThat(two.get("d:failed" + way)).isEqualTo(mine);
            assertThat(mine).isIn(way == Way.STOPPED ? new Object[] {"v", "other", null} : new Object[] {"v"});
        }
    }

    @Test
    void what_was_removed_during_an_outage_of_one_sidecar_does_not_come_back_to_it() throws Exception {
        one.set("d:back", "v");
        TwoSidecarsIT.makeHot(one, "d:back");
        away(Way.STOPPED);
        TimeUnit.MILLISECONDS.sleep(1_500);
        redis.resume();
        try (Foreign foreign = new Foreign(redis.port())) {
            foreign.ask("DEL", "d:back");
        }
        await().atMost(Duration.ofSeconds(5)).until(() -> one.ask("GET", "d:back") == null);
        notServed(Way.STOPPED, "d:back");
    }
}
