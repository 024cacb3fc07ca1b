package io.tiercel.cache;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tiercel.cache.codec.Codec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two instances of one cache over the same stores. What each guard keeps out, {@link GuardsTest} shows. */
@Timeout(30)
class CoherenceTest {
    private final FakeTime time = new FakeTime();
    private final FakeTier l2 = new FakeTier("redis", time);
    private final FakeTier l3 = new FakeTier("memcached", time);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private TieredCache<String, String> here;
    private TieredCache<String, String> there;

    private TieredCache<String, String> cache(UnaryOperator<CachePolicy> policy) {
        return TieredCache.<String, String>builder("t")
                .local(LocalTier.maximumSize(1_000))
                .remote(l2)
                .remote(l3)
                .codec(Codec.utf8())
                .policy(p -> policy.apply(p.ttl(ofMinutes(1)).jitter(0)))
                .coherence(c -> c.leaseTime(ofSeconds(2)))
                .time(time)
                .build();
    }

    @BeforeEach
    void open() {
        l2.telling = true;
        here = cache(p -> p);
        there = cache(p -> p);
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
        here.close();
        there.close();
    }

    private FakeFeed feedHere() {
        return l2.feeds.get(0);
    }

    private static <K, V> Loader<K, V> never() {
        return key -> {
            throw new AssertionError("the loader must not be called");
        };
    }

    // ---- L1 and the feed

    @Test
    void what_another_instance_writes_or_removes_is_seen() {
        there.put("a", "1");
        assertThat(here.getIfPresent("a")).isEqualTo("1");

        there.put("a", "2");
        assertThat(here.getIfPresent("a")).isEqualTo("2");
        there.invalidate("a");
        assertThat(here.getIfPresent("a")).isNull();
    }

    @Test
    void keys_that_are_no_strings_are_found_by_their_stored_form() {
        l2.feeds.clear();
        TieredCache<Integer, String> one = numbers();
        TieredCache<Integer, String> two = numbers();
        one.put(7, "a");
        assertThat(two.getIfPresent(7)).isEqualTo("a");
        assertThat(two.getIfPresent(7)).isEqualTo("a");
        assertThat(two.stats().local().hits()).isEqualTo(1);

        one.put(7, "b");

        assertThat(two.getIfPresent(7)).isEqualTo("b");
        one.close();
        two.close();
    }

    private TieredCache<Integer, String> numbers() {
        return TieredCache.<Integer, String>builder("n")
                .local(LocalTier.maximumSize(10))
                .remote(l2)
                .codec(Codec.utf8())
                .policy(p -> p.ttl(ofMinutes(1)))
                .time(time)
                .build();
    }

    @Test
    void a_copy_is_not_used_once_nobody_vouches_for_it_and_is_again_when_nothing_was_missed() {
        there.put("a", "1");
        here.getIfPresent("a");
        time.advance(ofSeconds(2));
        long before = here.stats().local().hits();

        feedHere().doubt();
        there.put("a", "2");
        feedHere().losing = true;
        there.put("a", "3");

        assertThat(here.getIfPresent("a")).isEqualTo("3");
        assertThat(here.stats().local().hits()).isEqualTo(before);
    }

    @Test
    void while_nobody_vouches_a_copy_is_used_for_the_bound_and_no_longer() {
        feedHere().doubt();
        feedHere().losing = true;
        there.put("a", "1");
        assertThat(here.getIfPresent("a")).isEqualTo("1");
        there.put("a", "2");

        assertThat(here.getIfPresent("a")).isEqualTo("1");
        time.advance(ofMillis(1_001));
        assertThat(here.getIfPresent("a")).isEqualTo("2");
    }

    @Test
    void after_a_gap_everything_is_asked_for_anew_but_not_loaded() {
        there.put("a", "1");
        there.put("b", "1");
        here.getAllPresent(List.of("a", "b"));
        feedHere().losing = true;
        there.put("a", "2");

        feedHere().losing = false;
        feedHere().rearm();

        assertThat(here.get("a", never())).isEqualTo("2");
        assertThat(here.get("b", never())).isEqualTo("1");
    }

    @Test
    void what_was_read_before_a_change_is_not_kept_after_it() throws Exception {
        there.put("a", "old");
        l2.worksFirst = true;
        l2.getGate = new CompletableFuture<>();
        Future<String> reader = threads.submit(() -> here.getIfPresent("a"));
        while (l2.gets.get() == 0) {
            Thread.sleep(1);
        }
        there.put("a", "new");
        l2.getGate.complete(null);
        reader.get();
        l2.getGate = null;

        assertThat(here.getIfPresent("a")).isEqualTo("new");
    }

    @Test
    void a_value_that_L2_does_not_hold_stays_in_L1_for_the_bound_only() {
        l2.maximumValueBytes = 40;
        here.put("a", "x".repeat(100));
        l3.stored.clear();
        assertThat(here.getIfPresent("a")).isNotNull();

        time.advance(ofMillis(1_001));

        assertThat(here.getIfPresent("a")).isNull();
    }

    // ---- leases

    @Test
    void a_key_is_loaded_once_for_both_and_the_other_gets_the_value() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Future<String> first = threads.submit(() -> here.get("a", k -> {
            loading.countDown();
            go.await();
            return "v";
        }));
        loading.await();
        Future<String> second = threads.submit(() -> there.get("a", never()));
        Future<Map<String, String>> third = threads.submit(() -> there.getAll(List.of("a"), keys -> {
            throw new AssertionError("the loader must not be called");
        }));
        Thread.sleep(50);
        assertThat(second).isNotDone();

        go.countDown();

        assertThat(first.get()).isEqualTo("v");
        assertThat(second.get()).isEqualTo("v");
        assertThat(third.get()).containsEntry("a", "v");
    }

    @Test
    void a_bulk_read_loads_what_is_its_own_and_then_gets_what_the_other_loads() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        AtomicInteger loads = new AtomicInteger();
        BulkLoader<String, String> loader = keys -> {
            loads.addAndGet(keys.size());
            both.countDown();
            both.await();
            return keys.stream().collect(java.util.stream.Collectors.toMap(k -> k, k -> "v" + k));
        };
        here.get("a", k -> "x");
        here.invalidate("a");
        // Each gets one key first, so that each then waits for the other.
        Future<Map<String, String>> one = threads.submit(() -> here.getAll(List.of("a", "b"), loader));
        Future<Map<String, String>> two = threads.submit(() -> there.getAll(List.of("c", "d"), loader));
        both.await();

        assertThat(one.get()).containsOnlyKeys("a", "b");
        assertThat(two.get()).containsOnlyKeys("c", "d");
        assertThat(loads).hasValue(4);
    }

    @Test
    void the_load_of_an_instance_that_died_is_made_by_another_after_the_lease_time() throws Exception {
        l2.stored.put(
                "t:a",
                new FakeTier.Stored(io.tiercel.cache.tier.Placeholder.next(), ofSeconds(2), time.millis() + 2_000));
        Future<String> reader = threads.submit(() -> here.get("a", k -> "loaded"));
        Thread.sleep(100);
        assertThat(reader).isNotDone();

        time.advance(ofSeconds(2));

        assertThat(reader.get()).isEqualTo("loaded");
    }

    @Test
    void a_stale_value_is_served_to_who_does_not_hold_the_lease() throws Exception {
        TieredCache<String, String> here = cache(p -> p.staleIfError(ofMinutes(10)));
        TieredCache<String, String> there = cache(p -> p.staleIfError(ofMinutes(10)));
        here.put("a", "old");
        time.advance(ofMinutes(2));
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Future<String> first = threads.submit(() -> here.get("a", k -> {
            loading.countDown();
            go.await();
            return "new";
        }));
        loading.await();

        assertThat(there.get("a", never())).isEqualTo("old");
        go.countDown();
        assertThat(first.get()).isEqualTo("new");
        assertThat(there.get("a", never())).isEqualTo("new");
        here.close();
        there.close();
    }

    @Test
    void a_load_overtaken_by_a_write_elsewhere_is_stored_nowhere() throws Exception {
        overtake(here);

        assertThat(here.getIfPresent("a")).isEqualTo("new");
        assertThat(there.getIfPresent("a")).isEqualTo("new");
        l2.stored.clear();
        assertThat(there.getIfPresent("a")).isEqualTo("new");
    }

    private void overtake(TieredCache<String, String> reader) throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Future<String> early = threads.submit(() -> reader.get("a", k -> {
            loading.countDown();
            go.await();
            return "old";
        }));
        loading.await();
        there.put("a", "new");
        go.countDown();
        early.get();
    }

    @Test
    void who_joins_a_load_after_a_change_does_not_get_what_it_brings() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Future<String> early = threads.submit(() -> here.get("a", k -> {
            loading.countDown();
            go.await();
            return "old";
        }));
        loading.await();
        there.put("a", "new");
        Future<String> late = threads.submit(() -> here.get("a", never()));
        Thread.sleep(50);

        go.countDown();

        assertThat(early.get()).as("what L2 holds, when it refuses the load").isEqualTo("new");
        assertThat(late.get()).isEqualTo("new");
    }

    /** The fill shows that nothing had changed when it was taken, not that nothing has since. */
    @Test
    void who_joins_a_load_after_a_change_that_came_after_its_fill_does_not_get_what_it_brings() {
        CompletableFuture<?> confirmed = new CompletableFuture<>();
        here.getIfPresent("x"); // knows its generation
        l2.worksFirst = true;
        CompletableFuture<Optional<String>> early = here.async().get("a", k -> {
            l2.replaceGate = confirmed;
            return "old";
        });
        await().until(() -> l2.log.contains("redis.replace t:a"));
        l2.replaceGate = null;
        l2.getGate = confirmed; // nor is L1 filled meanwhile by looking once more
        there.put("a", "new");

        CompletableFuture<Optional<String>> late = here.async().get("a", never());
        l2.getGate = null;
        confirmed.complete(null);

        assertThat(early.join()).hasValue("old");
        assertThat(late.join()).hasValue("new");
    }

    @Test
    void a_loader_that_fails_gives_its_lease_up_at_once() {
        assertThatThrownBy(() -> here.get("a", k -> {
                    throw new IllegalStateException("down");
                }))
                .hasMessage("down");

        assertThat(there.get("a", k -> "v")).isEqualTo("v");
        assertThat(l2.stored).containsOnlyKeys("t:a");
    }

    // ---- the deeper tier

    @Test
    void a_removal_that_L3_did_not_take_does_not_come_back_whoever_reads() {
        here.put("a", "old");
        l3.failing = true;

        assertThat(here.invalidate("a").pending()).containsExactly("memcached");
        l3.failing = false;

        assertThat(l3.stored).containsKey("t:a");
        assertThat(there.getIfPresent("a")).isNull();
        assertThat(there.get("a", k -> "new")).isEqualTo("new");
        l2.stored.clear();
        TieredCache<String, String> third = cache(p -> p);
        assertThat(third.getIfPresent("a")).isIn("new", null);
        third.close();
    }

    @Test
    void two_puts_that_overlap_leave_the_same_value_in_both_tiers_or_none_in_the_deeper() throws Exception {
        CompletableFuture<Object> first = new CompletableFuture<>();
        here.getIfPresent("x"); // knows its generation
        l2.putGate = first;
        CompletableFuture<WriteResult> one = here.async().put("a", "one");
        l2.putGate = null;
        there.put("a", "two");
        first.complete(null);
        one.get();

        l2.stored.clear();
        assertThat(cache(p -> p).getIfPresent("a")).isIn("one", null);
    }

    @Test
    void an_L2_that_comes_back_empty_is_filled_from_L3() {
        here.put("a", "v");
        loseL2();

        assertThat(there.get("a", never())).isEqualTo("v");
        assertThat(l2.stored).containsKey("t:a");
    }

    @Test
    void an_L2_that_comes_back_empty_does_not_bring_back_what_clear_ended() {
        here.put("a", "old");
        there.clear();
        assertThat(here.getIfPresent("a")).isNull();
        loseL2();

        assertThat(here.getIfPresent("a")).as("in L3, from before").isNull();
    }

    @Test
    void an_L2_that_comes_back_empty_does_not_bring_back_what_L3_did_not_remove() {
        here.put("a", "older"); // makes the notes
        here.put("a", "old"); // reads them
        l3.failing = true;
        here.invalidate("a");
        l3.failing = false;
        loseL2();

        assertThat(here.getIfPresent("a")).as("in L3, from before").isNull();
    }

    private void loseL2() {
        l2.stored.clear();
        l2.notes.clear();
        l2.feeds.forEach(FakeFeed::rearm);
    }

    // ---- what L2 did not take

    @Test
    void a_removal_that_L2_did_not_take_is_not_read_here_and_repaired() {
        here.put("a", "old");
        l2.failingKey = "t:a";
        assertThatThrownBy(() -> here.invalidate("a")).isInstanceOf(CacheWriteException.class);
        l2.failingKey = null;

        assertThat(here.get("a", k -> "new")).isEqualTo("new");
        await().until(() -> !l2.stored.containsKey("t:a"));
        assertThat(there.getIfPresent("a")).isNull();
    }

    // ---- clear and tags

    @Test
    void clear_ends_everything_everywhere_with_few_writes() {
        List<String> keys = IntStream.range(0, 100).mapToObj(i -> "k" + i).toList();
        keys.forEach(key -> here.put(key, "v"));
        assertThat(there.getAllPresent(keys)).hasSize(100);
        l2.log.clear();
        int notes = l2.notes.size();

        here.clear();

        assertThat(l2.log).isEmpty();
        assertThat(l2.notes).hasSize(notes);
        assertThat(here.getAllPresent(keys)).isEmpty();
        assertThat(there.getAllPresent(keys)).isEmpty();
        assertThat(cache(p -> p).getAllPresent(keys)).isEmpty();
        assertThat(there.get("k1", k -> "new")).isEqualTo("new");
        assertThat(here.getIfPresent("k1")).isEqualTo("new");
    }

    @Test
    void a_load_that_clear_overtook_is_not_stored() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Future<String> early = threads.submit(() -> here.get("a", k -> {
            loading.countDown();
            go.await();
            return "old";
        }));
        loading.await();
        there.clear();
        go.countDown();
        early.get();

        assertThat(here.getIfPresent("a")).isNull();
        assertThat(there.getIfPresent("a")).isNull();
    }

    @Test
    void clear_with_grace_serves_what_was_there_while_one_reader_renews_it() {
        here.put("a", "old");
        there.getIfPresent("a");

        here.clear(ofSeconds(30));

        assertThat(there.get("a", k -> "new")).isEqualTo("old");
        await().until(() -> "new".equals(there.get("a", never())));
        assertThat(here.get("a", never())).isEqualTo("new");

        here.put("b", "old");
        here.clear(ofSeconds(30));
        time.advance(ofSeconds(31));
        assertThat(here.getIfPresent("b")).isNull();
        assertThat(here.get("b", k -> "new")).isEqualTo("new");
    }

    private @Nullable String tagged(TieredCache<String, String> cache, String key, String value, String... tags) {
        return cache.get(key, (k, context) -> {
            context.tags(tags);
            return value;
        });
    }

    @Test
    void a_tag_ends_all_its_entries_and_no_others() {
        tagged(here, "a", "1", "team:7", "all");
        tagged(here, "b", "1", "team:8", "all");
        assertThat(there.getAllPresent(List.of("a", "b"))).hasSize(2);

        here.invalidateTag("team:7");

        assertThat(here.getAllPresent(List.of("a", "b"))).containsOnlyKeys("b");
        assertThat(there.getAllPresent(List.of("a", "b"))).containsOnlyKeys("b");
        assertThat(tagged(there, "a", "2", "team:7", "all")).isEqualTo("2");
        assertThat(tagged(here, "a", "never", "x")).isEqualTo("2");
        assertThat(here.getIfPresent("a")).isEqualTo("2");
        there.invalidateTag("all");
        assertThat(here.getAllPresent(List.of("a", "b"))).isEmpty();
    }

    @Test
    void a_tag_invalidated_during_the_load_of_its_entry_wins() throws Exception {
        tagged(there, "warm", "x", "team:7");
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Future<String> early = threads.submit(() -> here.get("a", (k, context) -> {
            loading.countDown();
            go.await();
            context.tags("team:7");
            return "old";
        }));
        loading.await();
        there.invalidateTag("team:7");
        go.countDown();
        early.get();

        assertThat(here.getIfPresent("a")).isNull();
        assertThat(there.getIfPresent("a")).isNull();
    }

    @Test
    void who_joins_a_load_after_the_invalidation_of_its_tag_does_not_get_what_it_brings() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        CompletableFuture<Optional<String>> early = here.async().get("a", (k, context) -> {
            loading.countDown();
            go.await();
            context.tags("team:7");
            return "old";
        });
        loading.await();
        here.invalidateTag("team:7");
        CompletableFuture<Optional<String>> late = here.async().get("a", k -> "new");
        go.countDown();

        assertThat(early.join()).hasValue("old");
        assertThat(late.join()).hasValue("new");
    }

    @Test
    void a_tag_with_grace_serves_what_was_there() {
        tagged(here, "a", "old", "team:7");
        there.invalidateTag("team:7", ofSeconds(30));

        assertThat(tagged(here, "a", "new", "team:7")).isEqualTo("old");
        await().until(() -> "new".equals(tagged(here, "a", "newer", "team:7")));
    }

    @Test
    void tags_and_clear_work_in_L1_alone() {
        try (TieredCache<String, String> alone = TieredCache.<String, String>builder("alone")
                .local(LocalTier.maximumSize(10))
                .policy(p -> p.ttl(ofMinutes(1)))
                .build()) {
            tagged(alone, "a", "1", "x");
            tagged(alone, "b", "1", "y");
            assertThat(alone.getIfPresent("a")).isEqualTo("1");
            alone.invalidateTag("x");
            assertThat(alone.getIfPresent("a")).isNull();
            assertThat(alone.getIfPresent("b")).isEqualTo("1");
            assertThat(tagged(alone, "a", "2", "x")).isEqualTo("2");
            assertThat(alone.getIfPresent("a")).isEqualTo("2");
            alone.clear();
            assertThat(alone.getAllPresent(Set.of("a", "b"))).isEmpty();
        }
    }
}
