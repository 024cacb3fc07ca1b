package io.tiercel.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.Frame;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ReadsTest {
    private final FakeTime time = new FakeTime();
    private final List<String> log = new java.util.concurrent.CopyOnWriteArrayList<>();
    private final FakeTier l2 = new FakeTier("redis", time, log);
    private final FakeTier l3 = new FakeTier("memcached", time, log);
    private final TieredCache<String, String> cache = cache(p -> p);
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private TieredCache<String, String> cache(UnaryOperator<CachePolicy> policy) {
        return TieredCache.<String, String>builder("t")
                .local(LocalTier.maximumSize(1_000))
                .remote(l2)
                .remote(l3)
                .codec(Codec.utf8())
                .policy(p -> policy.apply(p.ttl(ofMinutes(1)).jitter(0)))
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
    void a_loaded_value_goes_into_every_tier_and_is_served_from_L1() {
        assertThat(cache.get("a", k -> "loaded " + k)).isEqualTo("loaded a");

        assertThat(cache.get("a", never())).isEqualTo("loaded a");
        assertThat(l2.bytes("t:a")).isNotNull().isSameAs(l3.bytes("t:a"));
        assertThat(cache.stats().loads()).isEqualTo(1);
        assertThat(cache.stats().local().hits()).isEqualTo(1);
    }

    @Test
    void an_L1_hit_looks_at_the_clock_once() {
        cache.get("a", k -> "v");
        long before = time.nanoReads.get();

        cache.get("a", never());

        assertThat(time.nanoReads.get() - before).isEqualTo(1);
    }

    @Test
    void an_L3_hit_is_copied_upwards_as_the_same_bytes_with_the_life_that_is_left() {
        cache.put("a", "v");
        byte[] bytes = l3.bytes("t:a");
        l2.stored.clear();
        time.advance(ofSeconds(40));
        TieredCache<String, String> other = cache(p -> p);

        assertThat(other.get("a", never())).isEqualTo("v");

        assertThat(l2.bytes("t:a")).isSameAs(bytes);
        assertThat(l2.ttl("t:a")).isEqualTo(ofSeconds(20));
        assertThat(other.explain("a").tiers().get(0).remaining()).isEqualTo(ofSeconds(20));
        time.advance(ofSeconds(21));
        assertThat(other.getIfPresent("a")).isNull();
        assertThat(other.stats().remote().get(1).hits()).isEqualTo(1);
        assertThat(other.stats().remote().get(0).promotions()).isEqualTo(1);
    }

    @Test
    void a_promotion_does_not_overwrite_what_came_meanwhile() throws Exception {
        cache.put("a", "old");
        l2.stored.clear();
        l3.worksFirst = true;
        l3.getGate = new CompletableFuture<>();
        TieredCache<String, String> other = cache(p -> p);
        Future<String> reader = threads.submit(() -> other.get("a", never()));
        while (!l2.stored.containsKey("t:a")) {
            Thread.sleep(1);
        }

        cache.put("a", "newer");
        byte[] newer = l2.bytes("t:a");
        l3.getGate.complete(null);

        assertThat(reader.get()).isEqualTo("newer");
        assertThat(l2.bytes("t:a")).isSameAs(newer);
    }

    @Test
    void get_passes_over_a_tier_that_fails() {
        cache.put("a", "v");
        TieredCache<String, String> other = cache(p -> p);
        l2.failing = true;

        assertThat(other.get("a", never())).isEqualTo("v");
        assertThat(other.get("b", k -> "loaded")).isEqualTo("loaded");

        assertThat(other.stats().remote().get(0).failures()).isPositive();
        assertThat(other.get("b", never())).isEqualTo("loaded");
    }

    @Test
    void all_tiers_down_is_still_value_or_load() {
        l2.failing = true;
        l3.failing = true;

        assertThat(cache.get("a", k -> "v")).isEqualTo("v");
        assertThat(cache.getIfPresent("b")).isNull();
        assertThat(cache.getAll(List.of("a", "b"), keys -> java.util.Map.of("b", "w")))
                .containsEntry("a", "v")
                .containsEntry("b", "w");
    }

    @Test
    void undecodable_bytes_are_a_counted_miss_and_removed() {
        l2.stored.put("t:a", new FakeTier.Stored("garbage".getBytes(UTF_8), ofMinutes(1), Long.MAX_VALUE));

        assertThat(cache.get("a", k -> "v")).isEqualTo("v");

        assertThat(cache.stats().remote().get(0).undecodable()).isEqualTo(1);
        assertThat(cache.stats().remote().get(0).misses()).isEqualTo(1);
        assertThat(log).contains("redis.removeIf t:a");
    }

    @Test
    void a_frame_of_another_key_is_a_miss() {
        cache.put("a", "secret of a");
        l2.stored.put("t:b", l2.stored.get("t:a"));

        assertThat(cache.getIfPresent("b")).isNull();
        assertThat(cache.stats().remote().get(0).undecodable()).isEqualTo(1);
    }

    @Test
    void a_value_of_another_codec_is_a_miss() {
        byte[] foreign = Frame.of("t:a", 99, time.millis(), 60_000, 60_000, null, new byte[] {1})
                .bytes();
        l2.stored.put("t:a", new FakeTier.Stored(foreign, ofMinutes(1), Long.MAX_VALUE));

        assertThat(cache.get("a", k -> "v")).isEqualTo("v");
    }

    @Test
    void that_there_is_no_value_is_remembered_for_its_own_ttl() {
        AtomicInteger loads = new AtomicInteger();
        Loader<String, String> none = k -> {
            loads.incrementAndGet();
            return null;
        };

        assertThat(cache.get("a", none)).isNull();
        assertThat(cache.get("a", none)).isNull();
        assertThat(cache(p -> p).get("a", none)).isNull();
        assertThat(loads).hasValue(1);
        assertThat(l2.ttl("t:a")).isEqualTo(ofSeconds(5));

        time.advance(ofSeconds(5));
        cache.get("a", none);
        assertThat(loads).hasValue(2);
    }

    @Test
    void without_negative_entries_the_loader_is_asked_each_time() {
        AtomicInteger loads = new AtomicInteger();
        cache.policy().update(p -> p.negativeEntries(false));

        cache.get("a", k -> {
            loads.incrementAndGet();
            return null;
        });
        assertThat(cache.get("a", k -> "now there is")).isEqualTo("now there is");
    }

    @Test
    void an_unchecked_exception_of_the_loader_reaches_the_caller_as_it_is_and_is_not_cached() {
        IllegalStateException failure = new IllegalStateException("no database");
        AtomicInteger calls = new AtomicInteger();

        assertThatThrownBy(() -> cache.get("a", k -> {
                    calls.incrementAndGet();
                    throw failure;
                }))
                .isSameAs(failure);

        assertThat(calls).hasValue(1);
        assertThat(cache.get("a", k -> "v")).isEqualTo("v");
        assertThat(cache.stats().loadFailures()).isEqualTo(1);
    }

    @Test
    void a_checked_exception_of_the_loader_is_the_cause() {
        IOException failure = new IOException("no network");

        assertThatThrownBy(() -> cache.get("a", k -> {
                    throw failure;
                }))
                .isInstanceOf(CacheLoadingException.class)
                .hasCause(failure)
                .hasMessageContaining("'t'");
        assertThatThrownBy(() -> cache.async()
                        .get("a", k -> {
                            throw failure;
                        })
                        .get())
                .hasRootCause(failure);
    }

    @Test
    void an_error_of_the_loader_reaches_every_waiter() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Future<String> first = threads.submit(() -> cache.get("a", k -> {
            loading.countDown();
            go.await();
            throw new StackOverflowError("deep");
        }));
        loading.await();
        Future<String> second = threads.submit(() -> cache.get("a", never()));
        awaitShared(1);
        go.countDown();

        assertThatThrownBy(first::get).hasRootCauseInstanceOf(StackOverflowError.class);
        assertThatThrownBy(second::get).hasRootCauseInstanceOf(StackOverflowError.class);
    }

    private void awaitShared(int count) throws InterruptedException {
        while (cache.stats().shared() < count) {
            Thread.sleep(1);
        }
    }

    @Test
    void a_failing_loader_is_covered_by_the_stale_value_until_its_hard_end() {
        TieredCache<String, String> cache = cache(p -> p.staleIfError(ofMinutes(5)));
        cache.put("a", "old");
        time.advance(ofMinutes(2));
        Loader<String, String> failing = k -> {
            throw new IllegalStateException("down");
        };

        assertThat(cache.get("a", failing)).isEqualTo("old");
        assertThat(cache(p -> p).get("a", failing)).as("from L2's copy").isEqualTo("old");
        assertThat(cache.stats().stale()).isEqualTo(1);

        time.advance(ofMinutes(5));
        assertThatThrownBy(() -> cache.get("a", failing)).hasMessage("down");
    }

    @Test
    void while_revalidating_the_stale_value_is_served_and_one_load_runs_behind() throws Exception {
        TieredCache<String, String> cache = cache(p -> p.staleWhileRevalidate(ofMinutes(1)));
        cache.put("a", "old");
        time.advance(ofSeconds(61));
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger loads = new AtomicInteger();
        Loader<String, String> slow = k -> {
            go.await();
            loads.incrementAndGet();
            return "new";
        };

        for (int i = 0; i < 100; i++) {
            assertThat(cache.get("a", slow)).isEqualTo("old");
        }
        go.countDown();
        while (!"new".equals(cache.getIfPresent("a"))) {
            Thread.sleep(1);
        }

        assertThat(loads).hasValue(1);
        assertThat(cache.stats().refreshes()).isEqualTo(1);
        assertThat(cache.stats().requests())
                .isEqualTo(cache.stats().hits() + cache.stats().absent());
        cache.close();
    }

    @Test
    void expire_keeps_the_value_as_a_fall_back_in_every_tier() {
        cache.put("a", "old");

        assertThat(cache.expire("a").isComplete()).isTrue();

        TieredCache<String, String> other = cache(p -> p);
        assertThat(other.getIfPresent("a")).isNull();
        assertThat(other.get("a", k -> {
                    throw new IllegalStateException("down");
                }))
                .isEqualTo("old");
        assertThat(cache.get("a", (k, context) -> context.staleValue() + " was stale"))
                .isEqualTo("old was stale");
    }

    @Test
    void expire_of_nothing_does_nothing() {
        assertThat(cache.expire("nothing").isComplete()).isTrue();
        assertThat(l2.stored).isEmpty();
    }

    @Test
    void a_refresh_loads_whatever_the_tiers_hold() {
        cache.put("a", "old");

        assertThat(cache.refresh("a", k -> "new")).isEqualTo("new");

        assertThat(cache.get("a", never())).isEqualTo("new");
        assertThat(cache(p -> p).get("a", never())).isEqualTo("new");
        assertThat(cache.stats().refreshes()).isEqualTo(1);
        assertThat(cache.stats().loads()).isZero();
    }

    @Test
    void not_modified_gives_the_stale_value_a_new_life() {
        cache.get("a", (k, context) -> context.modified("v1", "tag-1"));
        time.advance(ofSeconds(30));
        cache.expire("a");

        String value = cache(p -> p).get("a", (k, context) -> {
            assertThat(context.etag()).isEqualTo("tag-1");
            return context.notModified();
        });

        assertThat(value).isEqualTo("v1");
        assertThat(l2.ttl("t:a")).isEqualTo(ofMinutes(1));
    }

    @Test
    void not_modified_without_a_stale_value_is_the_callers_mistake() {
        assertThatThrownBy(() -> cache.get("a", (k, context) -> context.notModified()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("notModified");
    }

    @Test
    void a_loader_chooses_the_ttl_or_not_to_store() {
        cache.get("a", (k, context) -> {
            context.ttl(ofSeconds(7));
            return "v";
        });
        cache.get("b", (k, context) -> {
            context.doNotStore();
            return "v";
        });

        assertThat(l2.ttl("t:a")).isEqualTo(ofSeconds(7));
        assertThat(l2.stored).doesNotContainKey("t:b");
        assertThat(cache.getIfPresent("b")).isNull();
    }

    @Test
    void two_hundred_threads_on_a_cold_key_make_one_load_and_one_look_into_L2() throws Exception {
        AtomicInteger loads = new AtomicInteger();
        l2.executor = threads;
        List<Future<String>> all = new ArrayList<>();
        CountDownLatch start = new CountDownLatch(1);
        for (int i = 0; i < 200; i++) {
            all.add(threads.submit(() -> {
                start.await();
                return cache.get("cold", k -> {
                    loads.incrementAndGet();
                    Thread.sleep(50);
                    return "v";
                });
            }));
        }
        start.countDown();
        for (Future<String> one : all) {
            assertThat(one.get()).isEqualTo("v");
        }

        assertThat(loads).hasValue(1);
        assertThat(l2.gets).hasValue(1);
        CacheStats stats = cache.stats();
        assertThat(stats.requests()).isEqualTo(200);
        assertThat(stats.loads()).isEqualTo(1);
        assertThat(stats.shared() + stats.local().hits()).isEqualTo(199);
    }

    @Test
    void readers_with_and_without_a_loader_share_one_look_into_L2() throws Exception {
        cache.put("a", "v");
        TieredCache<String, String> other = cache(p -> p);
        l2.getGate = new CompletableFuture<>();
        int before = l2.gets.get();
        Future<String> first = threads.submit(() -> other.getIfPresent("a"));
        while (l2.gets.get() == before) {
            Thread.sleep(1);
        }
        Future<String> second = threads.submit(() -> other.get("a", never()));
        Thread.sleep(50);
        l2.getGate.complete(null);

        assertThat(first.get()).isEqualTo("v");
        assertThat(second.get()).isEqualTo("v");
        assertThat(l2.gets.get() - before).isEqualTo(1);
    }

    @Test
    void a_loader_runs_on_its_callers_thread() {
        l2.executor = threads;
        AtomicReference<Thread> ranOn = new AtomicReference<>();

        cache.get("a", k -> {
            ranOn.set(Thread.currentThread());
            return "v";
        });

        assertThat(ranOn.get()).isSameAs(Thread.currentThread());
    }

    @Test
    void in_the_future_view_loader_and_callers_code_run_on_the_executor() {
        l2.executor = threads;
        AtomicReference<String> loader = new AtomicReference<>();
        String dependent = cache.async()
                .get("a", k -> {
                    loader.set(Thread.currentThread().getName());
                    return "v";
                })
                .thenApply(v -> Thread.currentThread().getName())
                .join();

        assertThat(loader.get()).startsWith("tiercel-t-");
        assertThat(dependent)
                .satisfiesAnyOf(
                        name -> assertThat(name).startsWith("tiercel-t-"),
                        name -> assertThat(name)
                                .isEqualTo(Thread.currentThread().getName()));
    }

    @Test
    void a_loader_that_asks_for_its_own_key_is_refused_instead_of_waiting_for_ever() {
        assertThatThrownBy(() -> cache.get("a", k -> cache.get("a", never())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("the key that it is loading");
        assertThat(cache.get("a", k -> cache.get("b", kk -> "inner") + " outer"))
                .isEqualTo("inner outer");
    }

    @Test
    void an_interrupted_waiter_goes_and_the_load_goes_on_for_the_others() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Future<String> leader = threads.submit(() -> cache.get("a", k -> {
            loading.countDown();
            go.await();
            return "v";
        }));
        loading.await();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        AtomicReference<Boolean> flag = new AtomicReference<>();
        Thread waiter = new Thread(() -> {
            try {
                cache.get("a", never());
            } catch (CacheLoadingException e) {
                thrown.set(e);
                flag.set(Thread.currentThread().isInterrupted());
            }
        });
        waiter.start();
        awaitShared(1);
        waiter.interrupt();
        waiter.join();
        go.countDown();

        assertThat(thrown.get()).hasCauseInstanceOf(InterruptedException.class);
        assertThat(flag.get()).isTrue();
        assertThat(leader.get()).isEqualTo("v");
    }

    @Test
    void a_leader_interrupted_before_its_load_leaves_the_load_to_the_executor() throws Exception {
        l2.getGate = new CompletableFuture<>();
        AtomicReference<String> ranOn = new AtomicReference<>();
        Thread leader = new Thread(() -> {
            assertThatThrownBy(() -> cache.get("a", k -> {
                        ranOn.set(Thread.currentThread().getName());
                        return "v";
                    }))
                    .isInstanceOf(CacheLoadingException.class);
        });
        leader.start();
        while (l2.gets.get() == 0) {
            Thread.sleep(1);
        }
        Future<String> follower = threads.submit(() -> cache.get("a", never()));
        awaitShared(1);
        leader.interrupt();
        leader.join();
        l2.getGate.complete(null);

        assertThat(follower.get(5, TimeUnit.SECONDS)).isEqualTo("v");
        assertThat(ranOn.get()).startsWith("tiercel-t-");
    }

    @Test
    void L1_never_outlives_its_source_even_by_a_skewed_wall_clock() {
        cache.put("a", "v");
        FakeTime ahead = new FakeTime();
        ahead.skewWallClock(ofMinutes(-5));
        TieredCache<String, String> other = TieredCache.<String, String>builder("t")
                .local(LocalTier.maximumSize(10))
                .remote(l2)
                .codec(Codec.utf8())
                .policy(p -> p.ttl(ofMinutes(1)))
                .time(ahead)
                .build();

        assertThat(other.getIfPresent("a")).isEqualTo("v");
        assertThat(other.explain("a").tiers().get(0).remaining()).isLessThanOrEqualTo(ofMinutes(1));
    }

    @Test
    void a_local_ttl_ends_L1s_copy_early_and_the_tiers_below_answer() {
        cache.policy().update(p -> p.localTtl(ofSeconds(10)));
        cache.put("a", "v");
        time.advance(ofSeconds(11));
        int before = l2.gets.get();

        assertThat(cache.get("a", never())).isEqualTo("v");
        assertThat(l2.gets.get() - before).isEqualTo(1);
    }

    @Test
    void L1_alone_and_remote_alone_work() {
        TieredCache<String, String> local = TieredCache.<String, String>builder("l")
                .local(LocalTier.maximumSize(10))
                .policy(p -> p.ttl(ofMinutes(1)))
                .build();
        TieredCache<String, String> remote = TieredCache.<String, String>builder("t")
                .remote(l2)
                .codec(Codec.utf8())
                .policy(p -> p.ttl(ofMinutes(1)))
                .time(time)
                .build();

        assertThat(local.get("a", k -> "v")).isEqualTo("v");
        assertThat(local.get("a", never())).isEqualTo("v");
        assertThat(local.put("b", "w").isComplete()).isTrue();
        assertThat(local.getAll(List.of("a", "b"), keys -> java.util.Map.of())).hasSize(2);
        local.invalidate("a");
        assertThat(local.getIfPresent("a")).isNull();
        assertThat(remote.get("a", k -> "v")).isEqualTo("v");
        assertThat(remote.get("a", never())).isEqualTo("v");
        assertThat(remote.stats().remote().get(0).hits()).isEqualTo(1);
        assertThat(remote.hottestKeys(3)).isEmpty();
        local.close();
    }

    @Test
    void L1_is_bounded_by_count_and_by_bytes() {
        TieredCache<Integer, byte[]> counted = TieredCache.<Integer, byte[]>builder("n")
                .local(LocalTier.maximumSize(100))
                .policy(p -> p.ttl(ofMinutes(1)))
                .build();
        TieredCache<Integer, byte[]> weighed = TieredCache.<Integer, byte[]>builder("w")
                .local(LocalTier.<byte[]>maximumBytes(1 << 20, v -> v.length))
                .policy(p -> p.ttl(ofMinutes(1)))
                .build();
        for (int i = 0; i < 1_000; i++) {
            counted.put(i, new byte[10]);
            weighed.put(i, new byte[10_000]);
        }

        assertThat(counted.stats().local().entries()).isLessThanOrEqualTo(100);
        assertThat(counted.stats().local().evictions()).isGreaterThanOrEqualTo(900);
        assertThat(weighed.stats().local().bytes()).isBetween(500_000L, 1L << 20);
        counted.close();
        weighed.close();
    }

    @Test
    void the_hottest_keys_come_first() {
        for (int i = 0; i < 100; i++) {
            cache.put("k" + i, "v");
        }
        for (int round = 0; round < 200; round++) {
            cache.getIfPresent("k7");
            cache.getIfPresent("k42");
        }

        assertThat(cache.hottestKeys(10)).hasSize(10).contains("k7", "k42");
    }

    @Test
    void ended_entries_leave_the_memory() {
        for (int i = 0; i < 500; i++) {
            cache.put("k" + i, "v");
        }
        time.advance(ofMinutes(2));
        for (int i = 0; i < 200; i++) {
            cache.put("new" + i, "v");
        }

        assertThat(cache.stats().local().entries()).isLessThan(400);
    }

    @Test
    void explain_says_which_tier_would_answer_and_why() {
        cache.put("a", "v");
        time.advance(ofSeconds(10));
        l3.stored.clear();

        Explanation explanation = cache.explain("a");

        assertThat(explanation.answer().orElseThrow().tier()).isEqualTo("local");
        assertThat(explanation.tiers())
                .extracting(Explanation.TierView::state)
                .containsExactly(Explanation.State.FRESH, Explanation.State.FRESH, Explanation.State.MISS);
        assertThat(explanation.tiers().get(1).age()).isEqualTo(ofSeconds(10));
        assertThat(explanation.tiers().get(1).remaining()).isEqualTo(ofSeconds(50));
        assertThat(explanation.tiers().get(1).bytes()).isEqualTo(33);
        assertThat(explanation.toString()).contains("t:a -> local");
        assertThat(cache.stats().requests()).as("explaining counts nothing").isZero();
        l2.failing = true;
        assertThat(cache.explain("a").tiers().get(1).state()).isEqualTo(Explanation.State.FAILED);
        assertThat(cache.explain("b").answer()).isEmpty();
    }

    @Test
    void ten_thousand_puts_spread_over_the_jitter_and_never_beyond_the_ttl() {
        TieredCache<String, String> cache = cache(p -> p.ttl(ofSeconds(100)).jitter(0.1));
        for (int i = 0; i < 10_000; i++) {
            cache.put("k" + i, "v");
        }

        int[] perSecond = new int[10];
        for (FakeTier.Stored stored : l2.stored.values()) {
            assertThat(stored.ttl()).isBetween(ofSeconds(90), ofSeconds(100));
            perSecond[(int) Math.min(9, stored.ttl().minusSeconds(90).toSeconds())]++;
        }
        assertThat(java.util.Arrays.stream(perSecond).boxed()).allMatch(n -> n > 700 && n < 1_300);
        l2.stored.forEach((key, stored) ->
                assertThat(l3.ttl(key)).as("one draw for all tiers").isEqualTo(stored.ttl()));
    }

    @Test
    void every_request_is_counted_once() {
        int asked = 0;
        java.util.Random random = new java.util.Random(42);
        for (int i = 0; i < 5_000; i++) {
            String key = "k" + random.nextInt(200);
            switch (random.nextInt(5)) {
                case 0 -> cache.getIfPresent(key);
                case 1 -> cache.invalidate(key);
                case 2 -> {
                    cache.getAll(List.of(key, key + "x"), keys -> java.util.Map.of(key, "v"));
                    asked++;
                }
                default -> cache.get(key, k -> "v");
            }
            if (random.nextInt(50) == 0) {
                l2.stored.clear();
                time.advance(ofMillis(500));
            }
        }
        CacheStats stats = cache.stats();
        long reads = stats.requests();
        // 5,000 rounds less the invalidations, plus one for each pair.
        long invalidations = stats.local().removals();
        assertThat(reads).isEqualTo(5_000 - invalidations + asked);
    }

    @Test
    void after_close_everything_is_refused_and_the_tiers_are_closed_once() {
        TieredCache<String, String> cache = cache(p -> p);
        cache.close();
        cache.close();

        assertThat(l2.closes).hasValue(1);
        assertThatThrownBy(() -> cache.get("a", never()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
        assertThatThrownBy(() -> cache.put("a", "v")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void a_shared_tier_stays_open() {
        TieredCache.<String, String>builder("s")
                .remote(l2.shared())
                .codec(Codec.utf8())
                .policy(p -> p.ttl(Duration.ofMinutes(1)))
                .build()
                .close();

        assertThat(l2.closes).hasValue(0);
    }
}
