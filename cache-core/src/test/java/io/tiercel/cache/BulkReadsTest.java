package io.tiercel.cache;

import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tiercel.cache.codec.Codec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BulkReadsTest {
    private final FakeTime time = new FakeTime();
    private final FakeTier l2 = new FakeTier("redis", time);
    private final FakeTier l3 = new FakeTier("memcached", time);
    private final TieredCache<Integer, String> cache = cache();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private TieredCache<Integer, String> cache() {
        return TieredCache.<Integer, String>builder("t")
                .local(LocalTier.maximumSize(10_000))
                .remote(l2)
                .remote(l3)
                .codec(Codec.utf8())
                .policy(p -> p.ttl(ofMinutes(1)).jitter(0).staleIfError(ofMinutes(1)))
                .time(time)
                .build();
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
        cache.close();
    }

    private static Map<Integer, String> load(Set<Integer> keys) {
        Map<Integer, String> loaded = new HashMap<>();
        keys.forEach(k -> loaded.put(k, "v" + k));
        return loaded;
    }

    private static Map<Integer, String> never(Set<Integer> keys) {
        throw new AssertionError("the loader must not be called for " + keys);
    }

    private static List<Integer> range(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    @Test
    void each_tier_is_asked_once_and_the_loader_once_for_what_they_do_not_have() {
        cache.putAll(load(Set.copyOf(range(0, 10))));
        TieredCache<Integer, String> other = cache();
        range(0, 5).forEach(k -> l2.stored.remove("t:" + k));
        List<Set<Integer>> calls = new ArrayList<>();

        Map<Integer, String> values = other.getAll(range(0, 20), keys -> {
            calls.add(keys);
            return load(keys);
        });

        assertThat(values.keySet()).containsExactlyElementsOf(range(0, 20));
        assertThat(values).containsEntry(3, "v3").containsEntry(19, "v19");
        assertThat(calls).hasSize(1);
        assertThat(calls.get(0)).containsExactlyElementsOf(range(10, 20));
        assertThat(l2.bulkGets).hasValue(1);
        assertThat(l3.bulkGets).hasValue(1);
        assertThat(other.stats().remote().get(0).hits()).isEqualTo(5);
        assertThat(other.stats().remote().get(1).hits()).isEqualTo(5);
        assertThat(other.stats().loads()).isEqualTo(10);
        assertThat(other.stats().requests()).isEqualTo(20);
        assertThat(l2.stored).as("promoted and filled").hasSize(20);
        assertThat(other.getAll(range(0, 20), BulkReadsTest::never)).isEqualTo(values);
        assertThat(l2.bulkGets).as("now from L1").hasValue(1);
    }

    @Test
    void keys_without_a_value_are_absent_and_remembered() {
        assertThat(cache.getAll(List.of(1, 2), keys -> Map.of(1, "v"))).containsOnlyKeys(1);
        assertThat(cache.getAll(List.of(1, 2), BulkReadsTest::never)).containsOnlyKeys(1);
    }

    @Test
    void nothing_asked_is_nothing_done() {
        assertThat(cache.getAll(List.of(), BulkReadsTest::never)).isEmpty();
        assertThat(cache.getAllPresent(List.of())).isEmpty();
        assertThat(l2.bulkGets).hasValue(0);
    }

    @Test
    void a_key_asked_twice_is_answered_once() {
        assertThat(cache.getAll(List.of(1, 1, 2, 1), BulkReadsTest::load)).hasSize(2);
        assertThat(cache.stats().requests()).isEqualTo(2);
    }

    @Test
    void getAllPresent_loads_nothing() {
        cache.putAll(Map.of(1, "a", 2, "b"));

        assertThat(cache().getAllPresent(List.of(2, 3, 1))).containsExactly(Map.entry(2, "b"), Map.entry(1, "a"));
        assertThat(cache().async().getAllPresent(List.of(1)).join()).containsEntry(1, "a");
    }

    @Test
    void a_failing_loader_is_reported_per_key_and_loses_nothing_that_was_found() {
        cache.putAll(Map.of(1, "a"));
        IllegalStateException failure = new IllegalStateException("no database");

        assertThatThrownBy(() -> cache.getAll(List.of(1, 2, 3), keys -> {
                    throw failure;
                }))
                .isInstanceOfSatisfying(BulkLoadingException.class, e -> {
                    assertThat(e.loaded()).isEqualTo(Map.of(1, "a"));
                    assertThat(e.failures()).isEqualTo(Map.of(2, failure, 3, failure));
                })
                .hasCause(failure)
                .hasMessageContaining("2 of 3 keys");
        assertThatThrownBy(() -> cache.async()
                        .getAll(List.of(2), keys -> {
                            throw failure;
                        })
                        .get())
                .hasCauseInstanceOf(BulkLoadingException.class);
        assertThat(cache.getAll(List.of(2, 3), BulkReadsTest::load)).hasSize(2);
    }

    @Test
    void a_failing_loader_is_covered_by_stale_values() {
        cache.put(1, "old");
        time.advance(ofMinutes(1));

        assertThatThrownBy(() -> cache.getAll(List.of(1, 2), keys -> {
                    throw new IllegalStateException("down");
                }))
                .isInstanceOfSatisfying(BulkLoadingException.class, e -> {
                    assertThat(e.loaded()).isEqualTo(Map.of(1, "old"));
                    assertThat(e.failures()).containsOnlyKeys(2);
                });
    }

    @Test
    @SuppressWarnings("NullAway") // that is the point
    void a_loader_that_returns_null_is_told_what_was_expected() {
        assertThatThrownBy(() -> cache.getAll(List.of(1), keys -> null))
                .isInstanceOf(BulkLoadingException.class)
                .hasRootCauseMessage(
                        "cache 't': the bulk loader returned null; expected a map, without the keys that have no value");
    }

    @Test
    void a_tier_that_fails_for_some_keys_costs_only_their_look() {
        cache.putAll(load(Set.copyOf(range(0, 10))));
        l2.failingKey = "t:4";
        l3.stored.clear();

        Map<Integer, String> values = cache().getAll(range(0, 10), keys -> {
            assertThat(keys).containsExactly(4);
            return load(keys);
        });

        assertThat(values).hasSize(10);
    }

    @Test
    void overlapping_sets_and_single_reads_load_each_key_once() throws Exception {
        Map<Integer, AtomicInteger> loads = new ConcurrentHashMap<>();
        CountDownLatch start = new CountDownLatch(1);
        l2.executor = threads;
        List<Future<?>> all = new ArrayList<>();
        long seed = System.nanoTime();
        for (int t = 0; t < 40; t++) {
            Random random = new Random(seed + t);
            all.add(threads.submit(() -> {
                start.await();
                if (random.nextInt(4) == 0) {
                    int key = random.nextInt(300);
                    assertThat(cache.get(key, k -> {
                                loads.computeIfAbsent(k, x -> new AtomicInteger())
                                        .incrementAndGet();
                                Thread.sleep(20);
                                return "v" + k;
                            }))
                            .isEqualTo("v" + key);
                    return null;
                }
                List<Integer> keys = random.ints(100, 0, 300).boxed().toList();
                Map<Integer, String> values = cache.getAll(keys, missing -> {
                    missing.forEach(k ->
                            loads.computeIfAbsent(k, x -> new AtomicInteger()).incrementAndGet());
                    Thread.sleep(20);
                    return load(missing);
                });
                assertThat(values.keySet()).containsExactlyInAnyOrderElementsOf(Set.copyOf(keys));
                return null;
            }));
        }
        start.countDown();
        for (Future<?> one : all) {
            one.get();
        }

        assertThat(loads.values()).as("seed %d", seed).allMatch(n -> n.get() == 1);
    }

    @Test
    void a_put_during_a_bulk_load_wins() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger calls = new AtomicInteger();
        Future<Map<Integer, String>> early = threads.submit(() -> cache.getAll(List.of(1, 2), keys -> {
            loading.countDown();
            go.await();
            calls.incrementAndGet();
            return load(keys);
        }));
        loading.await();

        cache.put(1, "new");
        cache.invalidate(2);
        go.countDown();

        assertThat(early.get()).containsEntry(1, "new").containsEntry(2, "v2");
        assertThat(calls).as("what was invalidated is loaded again").hasValue(2);
        assertThat(cache.get(1, k -> "loaded")).isEqualTo("new");
        assertThat(cache().get(1, k -> "loaded")).isEqualTo("new");
    }

    @Test
    void a_bulk_loader_that_asks_for_what_it_loads_is_refused() {
        assertThatThrownBy(() -> cache.getAll(List.of(1), keys -> cache.getAll(keys, BulkReadsTest::load)))
                .rootCause()
                .hasMessageContaining("the key that it is loading");
    }

    @Test
    void order_is_that_of_the_question() {
        assertThat(new LinkedHashMap<>(cache.getAll(List.of(3, 1, 2), BulkReadsTest::load)).keySet())
                .containsExactly(3, 1, 2);
    }
}
