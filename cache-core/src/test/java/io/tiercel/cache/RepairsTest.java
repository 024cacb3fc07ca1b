package io.tiercel.cache;

import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tiercel.cache.codec.Codec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RepairsTest {
    private static final int MOST = 10_000;

    private final Alarm alarm = new Alarm("t");
    private final Events events = new Events(Runnable::run);
    private final List<CacheEvent> told = new CopyOnWriteArrayList<>();
    private final Repairs repairs = new Repairs("t", alarm, events);
    private final Set<String> refused = ConcurrentHashMap.newKeySet();
    private final List<Integer> ended = new ArrayList<>();

    RepairsTest() {
        events.add(told::add);
    }

    @AfterEach
    void close() {
        alarm.close();
    }

    /** Keys are {@code part:number}. */
    private void work(Function<List<String>, CompletableFuture<Set<String>>> remove) {
        repairs.become(new Repairs.Work(
                remove,
                parts -> {
                    ended.addAll(parts);
                    return CompletableFuture.completedFuture(null);
                },
                key -> Integer.parseInt(key.substring(0, key.indexOf(':'))),
                key -> {}));
    }

    private CompletableFuture<Set<String>> unlessRefused(List<String> keys) {
        Set<String> failed = new HashSet<>(keys);
        failed.retainAll(refused);
        return CompletableFuture.completedFuture(failed);
    }

    @Test
    void a_removal_waits_until_the_tier_takes_it() {
        work(this::unlessRefused);
        refused.add("1:a");
        repairs.add("1:a");
        repairs.add("1:b");
        assertThat(repairs.isPending("1:a")).isTrue();
        assertThat(repairs.isPending("2:a")).isFalse();

        await().until(() -> !repairs.isPending("1:b"));
        assertThat(repairs.isPending("1:a")).isTrue();
        refused.clear();
        await().until(() -> !repairs.isPending("1:a"));

        assertThat(repairs.added()).isEqualTo(2);
        assertThat(repairs.repaired()).isEqualTo(2);
        assertThat(told).isEmpty();
    }

    @Test
    void an_attempt_that_ends_with_an_exception_is_not_the_last() {
        AtomicInteger attempts = new AtomicInteger();
        work(keys -> attempts.incrementAndGet() == 1
                ? CompletableFuture.failedFuture(new IllegalStateException("down"))
                : unlessRefused(keys));

        repairs.add("1:a");

        await().until(() -> !repairs.isPending("1:a"));
        assertThat(attempts).hasValue(2);
    }

    @Test
    void what_is_added_again_during_its_repair_is_repaired_again() {
        alarm.close(); // closing makes the attempts here
        AtomicInteger attempts = new AtomicInteger();
        work(keys -> {
            if (attempts.incrementAndGet() == 1) {
                repairs.add("1:a");
                repairs.add("1:c");
            }
            return unlessRefused(keys);
        });
        repairs.add("1:a");
        repairs.add("1:b");

        repairs.close(ofSeconds(10));

        assertThat(repairs.isPending("1:b")).isFalse();
        assertThat(repairs.isPending("1:a")).isTrue();
        assertThat(told).containsExactly(new CacheEvent.RepairsLost("t", 2));
    }

    @Test
    void a_key_of_which_a_tier_took_something_newer_is_left_alone() {
        alarm.close();
        List<String> removed = new ArrayList<>();
        work(keys -> {
            removed.addAll(keys);
            return unlessRefused(keys);
        });
        repairs.add("1:a");
        repairs.add("1:b");

        repairs.settled("1:a");
        repairs.close(ofSeconds(10));

        assertThat(removed).containsExactly("1:b");
    }

    @Test
    void keys_that_find_no_room_end_their_whole_part() {
        alarm.close();
        work(this::unlessRefused);
        for (int i = 0; i < MOST; i++) {
            repairs.add("1:" + i);
        }
        assertThat(told).isEmpty();

        repairs.add("2:one");
        repairs.add("2:two");
        repairs.add("1:7");

        assertThat(repairs.size()).isEqualTo(MOST);
        assertThat(told).containsExactly(new CacheEvent.RepairsOverflowed("t", MOST));
        assertThat(repairs.isPending("2:any")).isTrue();
        assertThat(repairs.isPending("1:any")).isFalse();

        repairs.close(ofSeconds(20));

        assertThat(ended).containsExactly(2);
        assertThat(repairs.isPending("2:any")).isFalse();
        assertThat(repairs.size()).isZero();
        assertThat(told).hasSize(1);
    }

    @Test
    void a_cache_that_closes_before_L2_took_a_removal_says_so() {
        FakeTime time = new FakeTime();
        FakeTier l2 = new FakeTier("redis", time);
        TieredCache<String, String> cache = TieredCache.<String, String>builder("t")
                .local(LocalTier.maximumSize(10))
                .remote(l2)
                .codec(Codec.utf8())
                .policy(p -> p.ttl(ofMinutes(1)))
                .executor(Runnable::run)
                .time(time)
                .build();
        cache.addListener(told::add);
        cache.put("a", "old");
        l2.failingKey = "t:a";
        assertThatThrownBy(() -> cache.invalidate("a")).isInstanceOf(CacheWriteException.class);

        cache.close();

        assertThat(told).contains(new CacheEvent.RepairsLost("t", 1));
    }

    @Test
    void a_cache_that_closes_once_L2_is_back_loses_none() {
        FakeTime time = new FakeTime();
        FakeTier l2 = new FakeTier("redis", time);
        TieredCache<String, String> cache = TieredCache.<String, String>builder("t")
                .local(LocalTier.maximumSize(10))
                .remote(l2)
                .codec(Codec.utf8())
                .policy(p -> p.ttl(ofMinutes(1)))
                .executor(Runnable::run)
                .time(time)
                .build();
        cache.addListener(told::add);
        cache.put("a", "old");
        l2.failingKey = "t:a";
        assertThatThrownBy(() -> cache.invalidate("a")).isInstanceOf(CacheWriteException.class);
        l2.failingKey = null;

        cache.close();

        assertThat(l2.stored).isEmpty();
        assertThat(told).noneMatch(CacheEvent.RepairsLost.class::isInstance);
    }
}
