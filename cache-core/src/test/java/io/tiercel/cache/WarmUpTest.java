package io.tiercel.cache;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tiercel.cache.codec.Codec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WarmUpTest {
    private final TimeSource time = TimeSource.SYSTEM;
    private final FakeTier l2 = new FakeTier("redis", time);
    private final List<Integer> keys = IntStream.range(0, 1_000).boxed().toList();

    private TieredCache<Integer, String> cache(int size) {
        return TieredCache.<Integer, String>builder("t")
                .local(LocalTier.maximumSize(size))
                .remote(l2.shared())
                .codec(Codec.utf8())
                .policy(p -> p.ttl(ofMinutes(10)).jitter(0))
                .build();
    }

    private TieredCache<Integer, String> filled() {
        TieredCache<Integer, String> cache = cache(2_000);
        Map<Integer, String> all = new HashMap<>();
        keys.forEach(k -> all.put(k, "v" + k));
        cache.putAll(all);
        return cache;
    }

    @Test
    void a_warmed_instance_answers_from_L1() {
        TieredCache<Integer, String> veteran = filled();
        TieredCache<Integer, String> newcomer = cache(2_000);
        List<WarmUpProgress> progress = new ArrayList<>();

        WarmUpReport report = newcomer.warmUp(
                WarmUpSource.of(veteran.hottestKeys(1_000)),
                WarmUpOptions.DEFAULTS.batch(100).listener(progress::add));

        assertThat(report.outcome()).isEqualTo(WarmUpReport.Outcome.COMPLETE);
        assertThat(report.installed()).isEqualTo(1_000);
        assertThat(progress).hasSize(10);
        assertThat(progress.get(4).percent()).isEqualTo(50);
        assertThat(progress.get(9).eta()).isZero();
        int before = l2.gets.get();
        assertThat(newcomer.get(7, k -> "loaded")).isEqualTo("v7");
        assertThat(l2.gets).hasValue(before);
        assertThat(newcomer.stats().requests()).as("a warm-up is not a request").isEqualTo(1);
    }

    @Test
    void warmed_entries_end_at_different_times_within_their_life() {
        filled();
        TieredCache<Integer, String> newcomer = cache(2_000);
        newcomer.warmUp(WarmUpSource.of(keys), WarmUpOptions.DEFAULTS);

        List<Long> seconds = keys.stream()
                .map(k -> requireNonNull(newcomer.explain(k).tiers().get(0).remaining())
                        .toSeconds())
                .toList();
        assertThat(seconds).allMatch(s -> s >= 299 && s <= 600);
        assertThat(seconds.stream().distinct().count()).isGreaterThan(150);
    }

    @Test
    void an_L1_smaller_than_the_list_keeps_the_hottest() {
        filled();
        TieredCache<Integer, String> newcomer = cache(100);

        newcomer.warmUp(WarmUpSource.of(keys), WarmUpOptions.DEFAULTS);

        int before = l2.gets.get();
        long fromLocal = keys.subList(0, 50).stream()
                .filter(k -> newcomer.getIfPresent(k) != null)
                .count();
        assertThat(fromLocal).isEqualTo(50);
        assertThat(newcomer.hottestKeys(50)).containsAnyElementsOf(keys.subList(0, 50));
        assertThat(l2.gets.get() - before)
                .as("of the 50 hottest, asked for below")
                .isZero();
    }

    @Test
    void every_limit_ends_it_and_is_named() {
        filled();
        WarmUpSource<Integer> source = WarmUpSource.of(keys);
        WarmUpOptions options = WarmUpOptions.DEFAULTS.batch(50);

        assertThat(cache(2_000).warmUp(source, options.maximumKeys(100)))
                .matches(r -> r.outcome() == WarmUpReport.Outcome.KEY_LIMIT && r.installed() == 100);
        assertThat(cache(2_000).warmUp(source, options.maximumBytes(1_000)).outcome())
                .isEqualTo(WarmUpReport.Outcome.BYTE_LIMIT);
        assertThat(cache(2_000)
                        .warmUp(source, options.keysPerSecond(500).timeLimit(ofMillis(300)))
                        .outcome())
                .isEqualTo(WarmUpReport.Outcome.TIME_LIMIT);
    }

    @Test
    void the_rate_is_kept() {
        filled();

        WarmUpReport report = cache(2_000)
                .warmUp(WarmUpSource.of(keys), WarmUpOptions.DEFAULTS.batch(100).keysPerSecond(2_000));

        assertThat(report.elapsed()).isGreaterThanOrEqualTo(ofMillis(440));
    }

    @Test
    void what_was_invalidated_meanwhile_stays_out() {
        filled();
        TieredCache<Integer, String> newcomer = cache(2_000);

        WarmUpReport report = newcomer.warmUp(
                WarmUpSource.of(keys), WarmUpOptions.DEFAULTS.batch(500).listener(p -> {
                    if (p.keys() == 500) {
                        newcomer.invalidate(3);
                    }
                }));

        assertThat(report.refused()).isGreaterThanOrEqualTo(1);
        assertThat(newcomer.getIfPresent(3)).isNull();
    }

    @Test
    void absent_and_failed_keys_are_counted_apart() {
        filled();
        l2.failingKey = "t:5";

        WarmUpReport report = cache(2_000).warmUp(WarmUpSource.of(List.of(4, 5, 6, -1)), WarmUpOptions.DEFAULTS);

        assertThat(report.installed()).isEqualTo(2);
        assertThat(report.failed()).isEqualTo(1);
        assertThat(report.absent()).isEqualTo(1);
    }

    @Test
    void an_interrupt_ends_it_with_what_was_fetched() {
        filled();
        TieredCache<Integer, String> newcomer = cache(2_000);

        WarmUpReport report = newcomer.warmUp(
                WarmUpSource.of(keys),
                WarmUpOptions.DEFAULTS
                        .batch(100)
                        .keysPerSecond(100)
                        .listener(p -> Thread.currentThread().interrupt()));

        assertThat(Thread.interrupted()).isTrue();
        assertThat(report.outcome()).isEqualTo(WarmUpReport.Outcome.INTERRUPTED);
        assertThat(report.installed()).isEqualTo(100);
    }

    @Test
    void it_needs_something_to_fill_and_something_to_fill_it_from() {
        TieredCache<Integer, String> local = TieredCache.<Integer, String>builder("l")
                .local(LocalTier.maximumSize(1))
                .policy(p -> p.ttl(ofMinutes(1)))
                .build();

        assertThatThrownBy(() -> local.warmUp(WarmUpSource.of(keys), WarmUpOptions.DEFAULTS))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(".remote(..)");
        assertThatThrownBy(() -> WarmUpOptions.DEFAULTS.batch(0)).hasMessage("batch must be positive: 0");
    }
}
