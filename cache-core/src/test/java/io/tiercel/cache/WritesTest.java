package io.tiercel.cache;

import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.Placeholder;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WritesTest {
    private final FakeTime time = new FakeTime();
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final FakeTier l2 = new FakeTier("redis", time, log);
    private final FakeTier l3 = new FakeTier("memcached", time, log);
    private final TieredCache<String, String> cache = cache(Codec.utf8());
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private TieredCache<String, String> cache(Codec<String> codec) {
        return TieredCache.<String, String>builder("t")
                .local(LocalTier.maximumSize(1_000))
                .remote(l2)
                .remote(l3)
                .codec(codec)
                .policy(p -> p.ttl(ofMinutes(1)).jitter(0))
                .time(time)
                .build();
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
        cache.close();
    }

    private static <K, V> Loader<K, V> never() {
        return key -> {
            throw new AssertionError("the loader must not be called");
        };
    }

    @Test
    void put_keeps_a_place_in_the_deepest_tier_first_and_removal_goes_there_first() {
        cache.put("a", "v");
        cache.invalidate("a");

        assertThat(log)
                .containsExactly(
                        "memcached.put t:a",
                        "redis.put t:a",
                        "memcached.replace t:a",
                        "memcached.remove t:a",
                        "redis.remove t:a");
    }

    @Test
    void an_entry_has_the_ttl_it_was_put_with() {
        cache.put("a", "v", ofSeconds(30));

        assertThat(l2.ttl("t:a")).isEqualTo(ofSeconds(30));
        time.advance(ofSeconds(30));
        assertThat(cache.getIfPresent("a")).isNull();
    }

    @Test
    void a_put_that_L2_did_not_take_fails_and_leaves_nothing_in_L1() {
        cache.put("a", "old");
        l2.failing = true;

        assertThatThrownBy(() -> cache.put("a", "new"))
                .isInstanceOfSatisfying(CacheWriteException.class, e -> {
                    assertThat(e.tier()).isEqualTo("redis");
                    assertThat(e.failures()).containsOnlyKeys("a");
                })
                .hasMessageContaining("put did not reach tier 'redis'");

        l2.failing = false;
        l2.stored.clear();
        l3.stored.clear();
        assertThat(cache.getIfPresent("a")).isNull();
    }

    @Test
    void an_invalidation_that_L2_did_not_take_fails() {
        l2.failing = true;

        assertThatThrownBy(() -> cache.invalidate("a")).isInstanceOf(CacheWriteException.class);
        assertThatThrownBy(() -> cache.invalidateAll(List.of("a", "b"))).isInstanceOf(CacheWriteException.class);
        assertThatThrownBy(() -> cache.expire("a")).isInstanceOf(CacheWriteException.class);
        assertThatThrownBy(() -> cache.async().invalidate("a").get()).hasCauseInstanceOf(CacheWriteException.class);
    }

    @Test
    void a_write_that_only_a_deeper_tier_missed_says_so() {
        l3.failing = true;

        assertThat(cache.put("a", "v").pending()).containsExactly("memcached");
        assertThat(cache.invalidate("a").pending()).containsExactly("memcached");
        assertThat(cache.putAll(Map.of("a", "v")).pending()).containsExactly("memcached");
        assertThat(cache.invalidateAll(List.of("a")).isComplete()).isFalse();
        assertThat(cache.expire("a").pending()).containsExactly("memcached");
    }

    @Test
    void a_bulk_write_reports_the_keys_that_failed_and_keeps_the_others() {
        l2.failingKey = "t:b";
        Map<String, String> entries = new LinkedHashMap<>();
        entries.put("a", "1");
        entries.put("b", "2");
        entries.put("c", "3");

        assertThatThrownBy(() -> cache.putAll(entries))
                .isInstanceOfSatisfying(
                        CacheWriteException.class, e -> assertThat(e.failures()).containsOnlyKeys("b"));

        assertThat(cache.getIfPresent("a")).isEqualTo("1");
        assertThat(cache.getIfPresent("c")).isEqualTo("3");
        assertThat(l3.stored).containsOnlyKeys("t:a", "t:c");
    }

    @Test
    void a_value_over_a_tiers_limit_skips_that_tier_is_counted_and_leaves_no_older_one_there() {
        cache.put("a", "small");
        l3.maximumValueBytes = 100;

        cache.put("a", "x".repeat(1_000));

        assertThat(l3.stored).isEmpty();
        assertThat(l2.bytes("t:a")).hasSize(1_032);
        assertThat(cache.stats().remote().get(1).oversized()).isEqualTo(1);
        assertThat(cache.putAll(Map.of("b", "x".repeat(1_000))).isComplete()).isTrue();
        assertThat(l3.stored).isEmpty();
    }

    @Test
    void what_a_codec_cannot_encode_is_the_writers_exception_and_the_loaders_callers_value() {
        Codec<String> picky = new Codec<>() {
            @Override
            public int id() {
                return 77;
            }

            @Override
            public byte[] encode(String value) {
                throw new IllegalArgumentException("cannot");
            }

            @Override
            public String decode(ByteBuffer payload) {
                throw new IllegalArgumentException("cannot");
            }
        };
        TieredCache<String, String> cache = cache(picky);

        assertThatThrownBy(() -> cache.put("a", "v")).hasMessage("cannot");
        assertThat(cache.get("a", k -> "v")).isEqualTo("v");
        assertThat(cache.get("a", never())).isEqualTo("v");
        assertThat(l2.stored).isEmpty();
    }

    @Test
    void a_load_that_began_before_a_put_does_not_land_after_it() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Future<String> early = threads.submit(() -> cache.get("a", k -> {
            loading.countDown();
            go.await();
            return "old";
        }));
        loading.await();

        cache.put("a", "new");
        assertThat(cache.get("a", never())).isEqualTo("new");
        go.countDown();

        assertThat(early.get()).as("what L2 holds, when it refuses the load").isEqualTo("new");
        assertThat(cache.get("a", never())).isEqualTo("new");
        assertThat(other().get("a", never())).isEqualTo("new");
        assertThat(cache.stats().fillsRefused()).isEqualTo(1);
    }

    @Test
    void a_reader_after_an_invalidation_does_not_join_the_load_of_before() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Future<String> early = threads.submit(() -> cache.get("a", k -> {
            loading.countDown();
            go.await();
            return "old";
        }));
        loading.await();

        cache.invalidate("a");
        assertThat(cache.get("a", k -> "new")).isEqualTo("new");
        go.countDown();

        assertThat(early.get()).as("what L2 holds, when it refuses the load").isEqualTo("new");
        assertThat(cache.get("a", never())).isEqualTo("new");
        assertThat(other().get("a", never())).isEqualTo("new");
    }

    @Test
    void a_promotion_that_began_before_an_invalidation_does_not_bring_the_value_back() throws Exception {
        cache.put("a", "old");
        l2.stored.clear();
        TieredCache<String, String> other = other();
        l3.worksFirst = true;
        l3.getGate = new CompletableFuture<>();
        int before = l3.gets.get();
        Future<String> reader = threads.submit(() -> other.getIfPresent("a"));
        while (l3.gets.get() == before) {
            Thread.sleep(1);
        }

        other.invalidate("a");
        l3.getGate.complete(null);
        reader.get();
        while (!l2.stored.isEmpty() || !l3.stored.isEmpty()) {
            byte[] place = l2.bytes("t:a"); // of the promotion, until it finds nothing
            assertThat(place == null || Placeholder.is(place)).isTrue();
            Thread.sleep(1);
        }

        assertThat(other.getIfPresent("a")).isNull();
    }

    @Test
    void without_leases_a_fill_overtaken_while_it_was_on_its_way_is_taken_back() throws Exception {
        TieredCache<String, String> cache = TieredCache.<String, String>builder("t")
                .local(LocalTier.maximumSize(1_000))
                .remote(l2)
                .remote(l3)
                .codec(Codec.utf8())
                .policy(p -> p.ttl(ofMinutes(1)).jitter(0))
                .coherence(c -> c.leases(false))
                .time(time)
                .build();
        l2.putGate = new CompletableFuture<>();
        Future<String> reader = threads.submit(() -> cache.get("a", k -> "old"));
        while (!log.contains("redis.put t:a")) {
            Thread.sleep(1);
        }

        cache.invalidate("a");
        l2.putGate.complete(null);
        reader.get();

        assertThat(l2.stored).isEmpty();
        assertThat(l3.stored).isEmpty();
        assertThat(cache.getIfPresent("a")).isNull();
    }

    @Test
    void two_puts_that_overlap_leave_nothing_in_L1_that_the_store_does_not_have() throws Exception {
        CompletableFuture<Object> first = new CompletableFuture<>();
        l2.putGate = first;
        CompletableFuture<WriteResult> one = cache.async().put("a", "one");
        l2.putGate = null;
        cache.put("a", "two");
        first.complete(null);
        one.join();

        assertThat(cache.getIfPresent("a")).isEqualTo("one");
        assertThat(cache.stats().remote().get(0).hits()).as("L1 had to ask").isEqualTo(1);
    }

    private TieredCache<String, String> other() {
        return cache(Codec.utf8());
    }
}
