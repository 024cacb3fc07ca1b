package io.tiercel.cache;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tiercel.cache.codec.Codec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a cache does with what the other instances leave it. */
@Timeout(60)
class FleetSharesTest {
    private final FakeTime time = new FakeTime();
    private final FakeTier l2 = new FakeTier("l2", time);
    private final FakeShares fleet = new FakeShares(2);
    private final List<TieredCache<String, String>> caches = new ArrayList<>();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger loads = new AtomicInteger();
    private final Semaphore go = new Semaphore(0);

    private TieredCache<String, String> cache(String name, UnaryOperator<CachePolicy> policy) {
        TieredCache<String, String> cache = TieredCache.<String, String>builder(name)
                .local(LocalTier.maximumSize(1_000))
                .remote(l2)
                .codec(Codec.utf8())
                .policy(p -> policy.apply(p.ttl(ofMinutes(10)).jitter(0)))
                .fleet(fleet)
                .time(time)
                .build();
        caches.add(cache);
        return cache;
    }

    @AfterEach
    void close() {
        go.release(1_000);
        // Before they are closed: a load that is on its way from one thread to another then may never arrive.
        await().untilAsserted(() -> assertThat(fleet.taken).hasValue(0));
        caches.forEach(TieredCache::close);
        assertThat(fleet.listeners).as("those who would hear of more").isEmpty();
    }

    private String held(String key) throws InterruptedException {
        running.incrementAndGet();
        try {
            go.acquire();
            return "v";
        } finally {
            running.decrementAndGet();
        }
    }

    private List<CompletableFuture<?>> begin(TieredCache<String, String> cache, int count) {
        return IntStream.range(0, count)
                .<CompletableFuture<?>>mapToObj(i -> cache.async().get("k" + i, this::held))
                .toList();
    }

    // ---- loader permits

    @Test
    void no_more_loaders_run_than_the_fleet_leaves_and_more_as_soon_as_it_leaves_more() {
        TieredCache<String, String> cache = cache("t", p -> p.loaderPermits(8));
        fleet.permits(2);
        begin(cache, 20);

        await().until(() -> running.get() == 2 && cache.loaders().waiting() == 18);
        assertThat(cache.loaders().permits()).isEqualTo(2);

        fleet.permits(5);
        await().until(() -> running.get() == 5);

        fleet.permits(100);
        await().until(() -> running.get() == 8);
        assertThat(cache.loaders().permits())
                .as("the policy's, which are fewer")
                .isEqualTo(8);
    }

    @Test
    void with_no_share_loads_wait_until_there_is_one_or_for_as_long_as_they_would_wait_for_any() {
        TieredCache<String, String> patient = cache("patient", p -> p);
        TieredCache<String, String> hasty = cache("hasty", p -> p.loaderWait(ofMillis(20)));
        fleet.permits(0);

        CompletableFuture<?> waits = patient.async().get("a", key -> "v");
        assertThatThrownBy(() -> hasty.async().get("a", key -> "v").join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        CacheOverloadedException.class,
                        e -> assertThat(e.retryAfter()).isPositive());
        assertThat(waits).isNotDone();
        assertThat(patient.loaders().permits()).isZero();

        fleet.permits(1);
        waits.join();
    }

    @Test
    void a_share_that_becomes_smaller_stops_no_call_and_begins_none_until_enough_have_ended() {
        TieredCache<String, String> cache = cache("t", p -> p);
        fleet.permits(6);
        begin(cache, 12);
        await().until(() -> running.get() == 6);

        fleet.permits(2);
        assertThat(fleet.taken).hasValue(6);
        go.release(4);
        await().until(() -> running.get() == 2);
        await().during(ofMillis(100)).until(() -> running.get() == 2);

        go.release(1);
        await().until(() -> cache.loaders().waiting() == 5 && running.get() == 2);
    }

    @Test
    void caches_of_one_source_share_what_there_is_and_none_is_left_out() {
        TieredCache<String, String> one = cache("one", p -> p);
        TieredCache<String, String> other = cache("other", p -> p);
        fleet.permits(3);
        begin(one, 10);
        await().until(() -> running.get() == 3);
        begin(other, 3);
        await().until(() -> other.loaders().waiting() == 3);

        go.release(13);

        await().until(() -> other.loaders().waiting() == 0 && one.loaders().waiting() == 0);
        assertThat(fleet.taken.get()).isLessThanOrEqualTo(3);
    }

    @Test
    void permits_that_adapt_do_so_inside_of_the_share() {
        TieredCache<String, String> cache = cache("t", p -> p.loaderPermits(16).adaptivePermits(true));
        fleet.permits(4);

        assertThat(cache.loaders().permits()).isEqualTo(4);
        fleet.permits(Integer.MAX_VALUE);
        assertThat(cache.loaders().permits()).isEqualTo(16);
    }

    // ---- how long copies stay

    /** All its work is done on the thread that asks, so that nothing happens at another time. */
    private TieredCache<String, String> cacheWithFeed(UnaryOperator<CachePolicy> policy) {
        l2.telling = true;
        TieredCache<String, String> cache = TieredCache.<String, String>builder("t")
                .local(LocalTier.maximumSize(1_000))
                .remote(l2)
                .codec(Codec.utf8())
                .policy(p -> policy.apply(
                        p.ttl(ofMinutes(10)).localTtl(ofSeconds(30)).jitter(0)))
                .fleet(fleet)
                .executor(Runnable::run)
                .time(time)
                .build();
        caches.add(cache);
        return cache;
    }

    /** How long L1 answers after the copy came in, to half a second. */
    private Duration stays(TieredCache<String, String> cache) {
        cache.invalidate("a");
        assertThat(cache.get("a", key -> "v")).isEqualTo("v");
        Duration passed = Duration.ZERO;
        long before = l2.gets.get();
        while (l2.gets.get() == before) {
            time.advance(ofMillis(500));
            passed = passed.plusMillis(500);
            assertThat(cache.getIfPresent("a")).isEqualTo("v");
        }
        return passed;
    }

    @Test
    void copies_stay_for_longer_the_more_instances_there_are_and_never_for_less_or_beyond_the_longest() {
        TieredCache<String, String> cache = cacheWithFeed(p -> p.longestLocalTtl(ofSeconds(200)));

        fleet.size = 1;
        assertThat(stays(cache)).isEqualTo(ofSeconds(30));
        fleet.size = 2;
        assertThat(stays(cache)).isEqualTo(ofSeconds(30));
        fleet.size = 5;
        assertThat(stays(cache)).isEqualTo(ofSeconds(75));
        assertThat(requireNonNull(cache.fleet()).localTtl()).isEqualTo(ofSeconds(75));
        fleet.size = 20;
        assertThat(stays(cache)).isEqualTo(ofSeconds(200));
        cache.policy().update(p -> p.localTtlInstances(10));
        assertThat(stays(cache)).isEqualTo(ofSeconds(60));
    }

    @Test
    void copies_stay_no_longer_with_more_instances_when_nobody_tells_of_changes() {
        TieredCache<String, String> deaf = cache("t", p -> p.localTtl(ofSeconds(30)));
        fleet.size = 20;

        assertThat(stays(deaf)).isEqualTo(ofSeconds(30));
    }

    @Test
    void what_came_in_while_changes_were_not_told_of_stays_no_longer_when_they_are_again() {
        TieredCache<String, String> cache = cacheWithFeed(p -> p);
        fleet.size = 20;
        assertThat(stays(cache)).isEqualTo(ofMinutes(5));
        cache.invalidate("a");

        l2.feeds.forEach(FakeFeed::doubt);
        cache.get("a", key -> "v");
        l2.feeds.forEach(FakeFeed::vouch);

        long before = l2.gets.get();
        time.advance(ofSeconds(31));
        assertThat(cache.getIfPresent("a")).isEqualTo("v");
        assertThat(l2.gets.get()).isEqualTo(before + 1);
    }

    @Test
    void a_write_elsewhere_ends_a_copy_at_once_however_long_it_was_to_stay() {
        TieredCache<String, String> cache = cacheWithFeed(p -> p);
        TieredCache<String, String> other = cacheWithFeed(p -> p);
        fleet.size = 20;
        cache.get("a", key -> "v");

        other.put("a", "w");

        assertThat(cache.getIfPresent("a")).isEqualTo("w");
    }

    // ---- renewing ahead

    @Test
    void a_copy_that_ends_early_is_renewed_by_the_age_of_its_value() {
        TieredCache<String, String> cache =
                cacheWithFeed(p -> p.refreshAhead(0.8).localTtl(ofSeconds(30)));
        fleet.size = 1;
        Loader<String, String> loader = key -> "v" + loads.incrementAndGet();
        for (int second = 0; second < 479; second++) {
            cache.get("a", loader);
            time.advance(ofSeconds(1));
        }
        assertThat(loads).as("before 0.8 of ten minutes").hasValue(1);
        time.advance(ofSeconds(2));
        cache.get("a", loader);
        cache.get("a", loader);
        assertThat(loads).hasValue(2);
    }

    /**
     * Ten that read one key all the time, also while one of them loads it. Each must read a new value once; who finds out
     * meanwhile that it is time asks L2 besides whether somebody else is on it, which all do who know of no others.
     */
    @Test
    void of_many_instances_one_renews_a_value_ahead_and_spares_the_others_from_asking() {
        int reads = 10 * 20;
        assertThat(asked(1, 10, 20)).isGreaterThan((int) (1.8 * reads));
        assertThat(asked(10, 10, 20)).isLessThan((int) (1.4 * reads));
    }

    /** How often L2 was asked by so many instances, which are told of so many, while so many lives of a key were renewed. */
    private int asked(int told, int instances, int lives) {
        fleet.size = told;
        List<TieredCache<String, String>> all = IntStream.range(0, instances)
                .mapToObj(i -> cacheWithFeed(p -> p.localTtl(ofMinutes(10)).refreshAhead(0.5)))
                .toList();
        all.get(0).invalidate("a");
        loads.set(0);
        long before = l2.gets.get();
        for (int second = 0; loads.get() < lives; second++) {
            int known = loads.get();
            for (TieredCache<String, String> one : all) {
                one.get("a", key -> {
                    if (known > 0) {
                        all.stream()
                                .filter(other -> other != one)
                                .forEach(other -> other.get(key, k -> {
                                    throw new AssertionError("loaded by two");
                                }));
                    }
                    return "v" + loads.incrementAndGet();
                });
            }
            assertThat(loads.get() - known).as("loads at once").isLessThanOrEqualTo(1);
            assertThat(second).isLessThan(20_000);
            time.advance(ofSeconds(1));
        }
        return (int) (l2.gets.get() - before);
    }
}
