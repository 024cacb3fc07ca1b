package io.tiercel.cache;

import static java.time.Duration.ZERO;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tiercel.cache.CacheOverloadedException.Reason;
import io.tiercel.cache.codec.Codec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the cache does about a source that is slow, hangs, fails, or would be asked for too much. */
@Timeout(60)
class OriginTest {
    private final FakeTime time = new FakeTime();
    private final FakeTier l2 = new FakeTier("redis", time, new CopyOnWriteArrayList<>());
    private final FakeTier l3 = new FakeTier("memcached", time, new CopyOnWriteArrayList<>());
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<TieredCache<String, String>> caches = new ArrayList<>();
    private final List<CompletableFuture<?>> started = new ArrayList<>();

    private TieredCache<String, String> cache(UnaryOperator<CachePolicy> policy) {
        TieredCache<String, String> cache = TieredCache.<String, String>builder("t")
                .local(LocalTier.maximumSize(1_000))
                .remote(l2)
                .remote(l3)
                .codec(Codec.utf8())
                .policy(p -> policy.apply(p.ttl(ofMinutes(1)).jitter(0)))
                .time(time)
                .build();
        caches.add(cache);
        return cache;
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
        caches.forEach(TieredCache::close);
    }

    private static <K, V> Loader<K, V> never() {
        return key -> {
            throw new AssertionError("the loader must not be called");
        };
    }

    /** A loader that runs until it is let go, and knows how many do at once. */
    private static final class Held {
        final Semaphore go = new Semaphore(0);
        final AtomicInteger running = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();
        final AtomicInteger calls = new AtomicInteger();

        String load(String key) throws InterruptedException {
            calls.incrementAndGet();
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            try {
                go.acquire();
                return "loaded " + key;
            } finally {
                running.decrementAndGet();
            }
        }
    }

    // ---- permits

    @Test
    void no_more_loaders_run_than_there_are_permits_and_everybody_is_served_in_the_end() {
        TieredCache<String, String> cache = cache(p -> p.loaderPermits(3));
        Held held = new Held();

        List<CompletableFuture<Optional<String>>> all = IntStream.range(0, 20)
                .mapToObj(i -> cache.async().get("k" + i, held::load))
                .toList();
        await().until(() -> held.running.get() == 3 && cache.loaders().waiting() == 17);
        assertThat(cache.loaders().underWay()).isEqualTo(3);
        held.go.release(20);

        for (int i = 0; i < 20; i++) {
            assertThat(all.get(i).join()).hasValue("loaded k" + i);
        }
        assertThat(held.most).hasValue(3);
        assertThat(cache.loaders().queued()).isEqualTo(17);
        await().until(() -> cache.loaders().underWay() == 0);
        assertThat(cache.stats().requests()).isEqualTo(20);
    }

    @Test
    void who_waited_for_a_permit_looks_into_the_tiers_before_he_asks_the_source() {
        TieredCache<String, String> cache = cache(p -> p.loaderPermits(1));
        TieredCache<String, String> other = cache(p -> p);
        Held held = new Held();
        CompletableFuture<Optional<String>> first = cache.async().get("a", held::load);
        await().until(() -> held.running.get() == 1);
        CompletableFuture<Optional<String>> second = cache.async().get("b", never());
        await().until(() -> cache.loaders().waiting() == 1);

        assertThat(other.get("b", k -> "from elsewhere")).isEqualTo("from elsewhere");
        held.go.release();

        assertThat(first.join()).hasValue("loaded a");
        assertThat(second.join()).hasValue("from elsewhere");
        assertThat(cache.stats().loads()).isEqualTo(1);
    }

    @Test
    void who_finds_the_queue_full_is_told_so_and_when_to_come_back() {
        TieredCache<String, String> cache = cache(p -> p.loaderPermits(1).loaderQueue(1));
        Held held = new Held();
        started.add(cache.async().get("a", held::load));
        await().until(() -> held.running.get() == 1);
        started.add(cache.async().get("b", held::load));
        await().until(() -> cache.loaders().waiting() == 1);

        assertThatThrownBy(() -> cache.get("c", never()))
                .isInstanceOfSatisfying(CacheOverloadedException.class, e -> {
                    assertThat(e.reason()).isEqualTo(Reason.QUEUE_FULL);
                    assertThat(e.retryAfter()).isPositive();
                })
                .hasMessageContaining("loaderQueue")
                .hasMessageContaining("retry after");
        assertThat(cache.loaders().shed()).isEqualTo(1);
        assertThat(cache.stats().refused()).isEqualTo(1);
        held.go.release(2);
        await().until(() -> cache.loaders().underWay() == 0);
        assertThat(cache.get("c", k -> "now")).isEqualTo("now");
    }

    @Test
    void who_waits_too_long_is_let_go_and_the_load_that_was_made_is_kept() {
        TieredCache<String, String> cache = cache(p -> p.loaderPermits(1).loaderWait(ofMillis(50)));
        Held held = new Held();
        CompletableFuture<Optional<String>> first = cache.async().get("a", held::load);
        await().until(() -> held.running.get() == 1);

        assertThatThrownBy(() -> cache.get("b", never()))
                .isInstanceOfSatisfying(
                        CacheOverloadedException.class,
                        e -> assertThat(e.reason()).isEqualTo(Reason.WAITED_TOO_LONG));
        held.go.release();

        assertThat(first.join()).hasValue("loaded a");
        assertThat(cache.get("a", never())).isEqualTo("loaded a");
        assertThat(cache.get("b", k -> "b")).isEqualTo("b");
    }

    @Test
    void a_stale_value_is_served_to_who_is_not_let_through() {
        TieredCache<String, String> cache =
                cache(p -> p.loaderPermits(1).loaderQueue(0).staleIfError(ofMinutes(5)));
        cache.put("b", "stale");
        time.advance(ofMinutes(2));
        Held held = new Held();
        started.add(cache.async().get("a", held::load));
        await().until(() -> held.running.get() == 1);

        assertThat(cache.get("b", never())).isEqualTo("stale");
        held.go.release();
    }

    @Test
    void renewals_behind_take_half_of_the_permits_and_come_after_readers() {
        TieredCache<String, String> cache = cache(p -> p.loaderPermits(4).staleWhileRevalidate(ofMinutes(5)));
        IntStream.range(0, 6).forEach(i -> cache.put("old" + i, "stale"));
        time.advance(ofMinutes(2));
        Held renewing = new Held();
        Held reading = new Held();

        IntStream.range(0, 6)
                .forEach(i -> assertThat(cache.get("old" + i, renewing::load)).isEqualTo("stale"));
        await().until(() -> renewing.running.get() == 2 && cache.loaders().waiting() == 4);
        List<CompletableFuture<Optional<String>>> readers = IntStream.range(0, 3)
                .mapToObj(i -> cache.async().get("new" + i, reading::load))
                .toList();
        await().until(() -> reading.running.get() == 2 && cache.loaders().waiting() == 5);
        renewing.go.release(1);
        await().until(() -> reading.running.get() == 3);

        assertThat(renewing.calls).hasValue(2);
        reading.go.release(3);
        readers.forEach(CompletableFuture::join);
        await().until(() -> renewing.running.get() == 2);
        renewing.go.release(10);
        await().until(() -> renewing.calls.get() == 6);
        assertThat(renewing.most).hasValue(2);
    }

    @Test
    void a_bulk_load_takes_one_permit_and_waits_for_it() throws Exception {
        TieredCache<String, String> cache = cache(p -> p.loaderPermits(1));
        Held held = new Held();
        started.add(cache.async().get("a", held::load));
        await().until(() -> held.running.get() == 1);
        Future<Map<String, String>> bulk = threads.submit(() -> cache.getAll(
                List.of("x", "y", "z"), keys -> keys.stream().collect(Collectors.toMap(k -> k, k -> "bulk " + k))));
        await().until(() -> cache.loaders().waiting() == 1);
        TieredCache<String, String> other = cache(p -> p);
        other.put("y", "from elsewhere");
        held.go.release();

        assertThat(bulk.get()).isEqualTo(Map.of("x", "bulk x", "y", "from elsewhere", "z", "bulk z"));
        await().until(() -> cache.loaders().underWay() == 0);
    }

    @Test
    void a_loader_that_reads_from_the_same_cache_needs_no_second_permit() {
        TieredCache<String, String> cache = cache(p -> p.loaderPermits(1));

        assertThat(cache.get("outer", k -> cache.get("inner", kk -> "in") + " out"))
                .isEqualTo("in out");
        assertThat(cache.getAll(Set.of("bulk"), keys -> Map.of("bulk", "" + cache.get("deep", k -> "deep"))))
                .isEqualTo(Map.of("bulk", "deep"));
        assertThat(cache.loaders().underWay()).isZero();
    }

    @Test
    void more_permits_are_handed_out_as_soon_as_the_policy_says_so() {
        TieredCache<String, String> cache = cache(p -> p.loaderPermits(1));
        Held held = new Held();
        IntStream.range(0, 4).forEach(i -> started.add(cache.async().get("k" + i, held::load)));
        await().until(() -> held.running.get() == 1 && cache.loaders().waiting() == 3);

        cache.policy().update(p -> p.loaderPermits(3));

        await().until(() -> held.running.get() == 3);
        held.go.release(4);
    }

    @Test
    void permits_adapt_to_a_source_that_becomes_slow_and_to_one_that_recovers() {
        Live<CachePolicy> policy =
                new Live<>(CachePolicy.UNSET.loaderPermits(16).adaptivePermits(true), now -> {}, (before, after) -> {});
        try (Alarm alarm = new Alarm("t")) {
            LoaderPermits permits = new LoaderPermits("t", policy, alarm, time, new Counters(), null);
            IntStream.range(0, 16)
                    .forEach(i -> assertThat(permits.tryAcquire(false)).isNotNull());

            took(permits, ofMillis(5));
            assertThat(permits.permitted()).isEqualTo(16);
            took(permits, ofMillis(100));
            assertThat(permits.permitted()).isLessThan(12);
            took(permits, ofMillis(5));
            assertThat(permits.permitted()).isEqualTo(16);
        }
    }

    private static void took(LoaderPermits permits, Duration each) {
        for (int i = 0; i < 100; i++) {
            permits.took(each.toNanos(), false);
        }
    }

    private static void done(Future<?> future) {
        try {
            future.get();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Fails, as it was seen to, when a permit is not given back on some way or handed out twice. */
    @Test
    void under_fire_no_permit_is_lost_and_none_is_handed_out_twice() {
        TieredCache<String, String> cache = cache(
                p -> p.loaderPermits(4).loaderQueue(20).loaderWait(ofMillis(3)).errorBackoff(ZERO));
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Loader<String, String> loader = key -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            try {
                ThreadLocalRandom random = ThreadLocalRandom.current();
                if (random.nextInt(3) == 0) {
                    Thread.sleep(random.nextInt(3));
                }
                if (random.nextInt(5) == 0) {
                    throw new IllegalStateException("no database");
                }
                return random.nextInt(5) == 0 ? null : "v";
            } finally {
                running.decrementAndGet();
            }
        };
        List<Future<?>> all = IntStream.range(0, 24)
                .<Future<?>>mapToObj(t -> threads.submit(() -> {
                    ThreadLocalRandom random = ThreadLocalRandom.current();
                    for (int i = 0; i < 400; i++) {
                        String key = "k" + random.nextInt(50);
                        try {
                            switch (random.nextInt(6)) {
                                case 0 -> cache.invalidate(key);
                                case 1 ->
                                    cache.getAll(List.of(key, "k" + random.nextInt(50)), keys -> {
                                        String value = loader.load(key);
                                        return value == null
                                                ? Map.of()
                                                : keys.stream().collect(Collectors.toMap(k -> k, k -> value));
                                    });
                                case 2 -> cache.refresh(key, loader);
                                case 3 -> cache.async().get(key, loader).join();
                                default -> cache.get(key, loader);
                            }
                        } catch (CacheOverloadedException
                                | BulkLoadingException
                                | IllegalStateException
                                | java.util.concurrent.CompletionException e) {
                            assertThat(e)
                                    .hasMessageMatching(
                                            "(?s).*(source is not asked|no database|could not be loaded).*");
                        }
                    }
                }))
                .toList();

        all.forEach(OriginTest::done);

        assertThat(most.get()).isLessThanOrEqualTo(4);
        await().until(() -> cache.loaders().underWay() == 0 && cache.loaders().waiting() == 0);
        assertThat(cache.loaders().queued()).isPositive();
    }

    // ---- time

    @Test
    void after_the_soft_timeout_a_reader_gets_the_stale_value_and_the_load_goes_on() {
        TieredCache<String, String> cache =
                cache(p -> p.softTimeout(ofMillis(30)).staleIfError(ofMinutes(5)));
        cache.put("a", "stale");
        time.advance(ofMinutes(2));
        Held held = new Held();

        assertThat(cache.get("a", held::load)).isEqualTo("stale");
        assertThat(cache.get("a", never())).isEqualTo("stale"); // joined the same load
        held.go.release();

        await().until(() -> "loaded a".equals(cache.getIfPresent("a")));
        assertThat(held.calls).hasValue(1);
        assertThat(cache.loaders().softTimeouts()).isEqualTo(2);
    }

    @Test
    void without_a_stale_value_the_soft_timeout_changes_nothing() {
        TieredCache<String, String> cache =
                cache(p -> p.softTimeout(ofMillis(10)).staleIfError(ofMinutes(5)));

        assertThat(cache.get("a", k -> {
                    Thread.sleep(50);
                    return "v";
                }))
                .isEqualTo("v");
    }

    @Test
    void after_the_hard_timeout_all_readers_are_let_go_and_the_late_value_is_kept() throws Exception {
        TieredCache<String, String> cache = cache(p -> p.hardTimeout(ofMillis(80)));
        Held held = new Held();
        Future<String> second = threads.submit(() -> {
            await().until(() -> held.running.get() == 1);
            return cache.get("a", never());
        });

        assertThatThrownBy(() -> cache.get("a", held::load))
                .isInstanceOf(CacheTimeoutException.class)
                .hasMessageContaining("80 ms");
        assertThatThrownBy(second::get).hasCauseInstanceOf(CacheTimeoutException.class);
        assertThatThrownBy(() -> cache.getAll(List.of("b"), keys -> Map.of("b", held.load("b"))))
                .isInstanceOfSatisfying(
                        BulkLoadingException.class,
                        e -> assertThat(e.failures().get("b")).isInstanceOf(CacheTimeoutException.class));
        held.go.release(2);

        await().until(() -> "loaded a".equals(cache.getIfPresent("a")) && "loaded b".equals(cache.getIfPresent("b")));
        assertThat(cache.loaders().hardTimeouts()).isEqualTo(3);
    }

    @Test
    void loaders_that_hang_hold_their_permits_and_no_more_are_called() {
        TieredCache<String, String> cache =
                cache(p -> p.hardTimeout(ofMillis(100)).loaderPermits(2).loaderQueue(0));
        Held held = new Held();

        IntStream.range(0, 2)
                .forEach(i -> assertThatThrownBy(() -> cache.get("k" + i, held::load))
                        .isInstanceOf(CacheTimeoutException.class));
        assertThatThrownBy(() -> cache.get("k3", held::load)).isInstanceOf(CacheOverloadedException.class);

        await().until(() -> held.calls.get() == 2);
        assertThat(cache.getIfPresent("other")).isNull(); // the cache's own threads are free
        held.go.release(2);
        await().until(() -> cache.loaders().underWay() == 0);
        assertThat(cache.get("k3", k -> "v")).isEqualTo("v");
    }

    @Test
    void without_timeouts_the_loader_runs_on_its_callers_thread_and_with_them_elsewhere() {
        Thread me = Thread.currentThread();
        assertThat(cache(p -> p).get("a", k -> "" + (Thread.currentThread() == me)))
                .isEqualTo("true");
        assertThat(cache(p -> p.hardTimeout(ofSeconds(20)))
                        .get("b", k -> Thread.currentThread().getName()))
                .startsWith("tiercel-t-loader-");
    }

    @Test
    void an_interrupted_loader_fails_its_reader_and_leaves_nothing_behind() {
        TieredCache<String, String> cache = cache(p -> p);

        assertThatThrownBy(() -> cache.get("a", k -> {
                    throw new InterruptedException("shutting down");
                }))
                .isInstanceOf(CacheLoadingException.class)
                .hasCauseInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(cache.get("a", k -> "v")).isEqualTo("v");
    }

    // ---- failures

    @Test
    void a_loader_that_fails_again_and_again_is_left_alone_for_a_while() {
        TieredCache<String, String> cache = cache(p -> p.errorBackoff(ofMillis(200)));
        AtomicInteger calls = new AtomicInteger();
        IllegalStateException failure = new IllegalStateException("no database");
        Loader<String, String> loader = k -> {
            calls.incrementAndGet();
            throw failure;
        };

        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> cache.get("a", loader)).isSameAs(failure);
        }
        assertThat(calls).hasValue(3);
        assertThat(cache.loaders().backedOff()).isEqualTo(7);
        assertThat(cache.get("other", k -> "v")).isEqualTo("v");
        assertThat(cache.refresh("a", k -> "refreshed")).isEqualTo("refreshed");
        assertThat(cache.get("a", never())).isEqualTo("refreshed");
        assertThat(cache.stats().requests()).isEqualTo(12);
    }

    @Test
    void the_pause_doubles_and_ends_and_a_write_ends_it() {
        TieredCache<String, String> cache = cache(p -> p.errorBackoff(ofMillis(200)));
        AtomicInteger calls = new AtomicInteger();
        Loader<String, String> loader = k -> {
            calls.incrementAndGet();
            throw new IllegalStateException("no database");
        };
        Runnable read = () -> assertThatThrownBy(() -> cache.get("a", loader)).hasMessage("no database");
        IntStream.range(0, 5).forEach(i -> read.run());
        assertThat(calls).hasValue(3);

        time.advance(ofMillis(201));
        read.run();
        read.run();
        assertThat(calls).hasValue(4);
        time.advance(ofMillis(201));
        read.run();
        assertThat(calls).as("400 ms now").hasValue(4);
        time.advance(ofMillis(200));
        read.run();
        assertThat(calls).hasValue(5);
        cache.invalidate("a");
        read.run();
        assertThat(calls).hasValue(6);
    }

    @Test
    void while_it_is_left_alone_a_stale_value_is_served() {
        TieredCache<String, String> cache = cache(p -> p.staleIfError(ofMinutes(5)));
        cache.put("a", "stale");
        time.advance(ofMinutes(2));
        AtomicInteger calls = new AtomicInteger();

        for (int i = 0; i < 10; i++) {
            assertThat(cache.get("a", k -> {
                        calls.incrementAndGet();
                        throw new IllegalStateException("no database");
                    }))
                    .isEqualTo("stale");
        }
        assertThat(calls).hasValue(3);
        assertThat(cache.getIfPresent("a")).as("an error is not a value").isNull();
    }

    // ---- lifeboat

    @Test
    void the_deepest_tier_keeps_a_value_longer_to_fall_back_on() {
        TieredCache<String, String> cache = cache(p -> p.lifeboat(ofMinutes(10)));
        cache.put("a", "old");
        assertThat(l2.ttl("t:a")).isEqualTo(ofMinutes(1));
        assertThat(l3.ttl("t:a")).isEqualTo(ofMinutes(11));
        time.advance(ofMinutes(5));

        assertThat(cache.getIfPresent("a")).isNull();
        assertThat(cache.get("a", k -> {
                    throw new IllegalStateException("no database");
                }))
                .isEqualTo("old");
        assertThat(l2.bytes("t:a")).as("it goes no further up").isNull();
        assertThat(cache.getIfPresent("a")).isNull();
        assertThat(cache.get("a", k -> "new")).isEqualTo("new");
        time.advance(ofMinutes(12));
        assertThatThrownBy(() -> cache.get("a", k -> {
                    throw new IllegalStateException("no database");
                }))
                .hasMessage("no database");
    }

    @Test
    void the_lifeboat_serves_who_waits_for_anothers_load_and_not_what_was_removed() {
        TieredCache<String, String> cache = cache(p -> p.lifeboat(ofMinutes(10)));
        TieredCache<String, String> other = cache(p -> p.lifeboat(ofMinutes(10)));
        cache.put("a", "old");
        cache.put("b", "old");
        cache.invalidate("b");
        time.advance(ofMinutes(5));
        Held held = new Held();
        CompletableFuture<Optional<String>> loading = cache.async().get("a", held::load);
        await().until(() -> held.running.get() == 1);

        assertThat(other.get("a", never())).isEqualTo("old");
        held.go.release();

        assertThat(loading.join()).hasValue("loaded a");
        assertThatThrownBy(() -> other.get("b", k -> {
                    throw new IllegalStateException("no database");
                }))
                .hasMessage("no database");
    }

    // ---- before the end

    @Test
    void a_value_that_is_read_late_in_its_life_is_renewed_behind_once() {
        TieredCache<String, String> cache = cache(p -> p.refreshAhead(0.8));
        cache.get("a", k -> "1");
        time.advance(ofSeconds(47));
        assertThat(cache.get("a", never())).isEqualTo("1");
        time.advance(ofSeconds(2));
        Held held = new Held();

        for (int i = 0; i < 5; i++) {
            assertThat(cache.get("a", held::load)).isEqualTo("1");
        }
        await().until(() -> held.running.get() == 1);
        held.go.release(5);

        await().until(() -> "loaded a".equals(cache.get("a", held::load)));
        assertThat(held.calls).hasValue(1);
        time.advance(ofSeconds(40));
        assertThat(cache.getAll(List.of("a"), keys -> Map.of())).isEqualTo(Map.of("a", "loaded a"));
    }

    @Test
    void of_two_instances_one_renews_and_the_other_takes_what_it_brought() {
        TieredCache<String, String> cache = cache(p -> p.refreshAhead(0.5));
        TieredCache<String, String> other = cache(p -> p.refreshAhead(0.5));
        cache.get("a", k -> "1");
        other.get("a", never());
        time.advance(ofSeconds(31));
        Held held = new Held();

        assertThat(cache.get("a", held::load)).isEqualTo("1");
        await().until(() -> held.running.get() == 1);
        assertThat(other.get("a", never())).isEqualTo("1");
        held.go.release();
        await().until(() -> "loaded a".equals(cache.get("a", never())));
        time.advance(ofSeconds(2));

        await().until(() -> "loaded a".equals(other.get("a", never())));
    }

    @Test
    void a_renewal_that_fails_leaves_the_value_and_is_tried_again_later() {
        TieredCache<String, String> cache = cache(p -> p.refreshAhead(0.5));
        cache.get("a", k -> "1");
        time.advance(ofSeconds(31));
        AtomicInteger calls = new AtomicInteger();
        Loader<String, String> failing = k -> {
            calls.incrementAndGet();
            throw new IllegalStateException("no database");
        };

        assertThat(cache.get("a", failing)).isEqualTo("1");
        await().until(() -> cache.stats().loadFailures() == 1);
        assertThat(cache.get("a", failing)).isEqualTo("1");
        time.advance(ofSeconds(2));
        assertThat(cache.get("a", failing)).isEqualTo("1");
        await().until(() -> calls.get() == 2);
        time.advance(ofSeconds(2));
        assertThat(cache.get("a", k -> "2")).isEqualTo("1");
        await().until(() -> "2".equals(cache.get("a", failing)));
    }

    @Test
    void what_was_read_a_while_ago_is_still_renewed_and_then_no_more() {
        TieredCache<String, String> cache = cache(p -> p.refreshAhead(0.5).refreshAheadIdle(ofSeconds(100)));
        AtomicInteger calls = new AtomicInteger();
        Loader<String, String> counting = k -> "" + calls.incrementAndGet();
        assertThat(cache.get("a", counting)).isEqualTo("1");

        time.advance(ofSeconds(31));
        await().until(() -> calls.get() == 2);
        await().until(() -> cache.stats().refreshes() == 1);
        time.advance(ofSeconds(31));
        await().until(() -> calls.get() == 3);
        time.advance(ofSeconds(45));
        await().during(ofMillis(600)).until(() -> calls.get() == 3);
        assertThat(cache.stats().requests()).isEqualTo(1);
    }
}
