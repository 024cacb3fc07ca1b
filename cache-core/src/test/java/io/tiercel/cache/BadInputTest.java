package io.tiercel.cache;

import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tiercel.cache.codec.Codec;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

@SuppressWarnings("NullAway") // nulls are what is tested
class BadInputTest {
    private final FakeTime time = new FakeTime();
    private final TieredCache<String, String> cache = local().build();

    private static TieredCacheBuilder<String, String> local() {
        return TieredCache.<String, String>builder("t")
                .local(LocalTier.maximumSize(10))
                .policy(p -> p.ttl(ofMinutes(1)));
    }

    private static void refused(ThrowingCallable call, Class<?> type, String message) {
        assertThatThrownBy(call).isInstanceOf(type).hasMessageContaining(message);
    }

    @Test
    void a_null_is_named() {
        Map<String, String> nullValue = new HashMap<>();
        nullValue.put("a", null);
        Class<?> npe = NullPointerException.class;

        refused(() -> cache.get(null, k -> "v"), npe, "key");
        refused(() -> cache.get("a", (Loader<String, String>) null), npe, "loader");
        refused(() -> cache.get("a", (ContextLoader<String, String>) null), npe, "loader");
        refused(() -> cache.getIfPresent(null), npe, "key");
        refused(() -> cache.put(null, "v"), npe, "key");
        refused(() -> cache.put("a", null), npe, "value");
        refused(() -> cache.put("a", "v", null), npe, "ttl");
        refused(() -> cache.putAll(null), npe, "entries");
        refused(() -> cache.putAll(nullValue), npe, "entries");
        refused(() -> cache.getAll(Arrays.asList("a", null), keys -> Map.of()), npe, "keys");
        refused(() -> cache.getAll(List.of("a"), null), npe, "loader");
        refused(() -> cache.invalidate(null), npe, "key");
        refused(() -> cache.invalidateAll(null), npe, "keys");
        refused(() -> cache.expire(null), npe, "key");
        refused(() -> cache.refresh(null, k -> "v"), npe, "key");
        refused(() -> cache.explain(null), npe, "key");
        refused(() -> cache.warmUp(null, WarmUpOptions.DEFAULTS), npe, "source");
        refused(() -> cache.async().get(null, k -> "v"), npe, "key");
        refused(() -> cache.async().put("a", null), npe, "value");
        refused(() -> TieredCache.builder(null), npe, "name");
    }

    @Test
    void a_life_must_be_positive_and_not_absurd() {
        Class<?> iae = IllegalArgumentException.class;
        refused(() -> local().policy(p -> p.ttl(Duration.ZERO)), iae, "ttl must be positive: PT0S");
        refused(() -> local().policy(p -> p.ttl(ofSeconds(-1))), iae, "ttl must be positive: PT-1S");
        refused(() -> local().policy(p -> p.localTtl(Duration.ZERO)), iae, "localTtl must be positive");
        refused(() -> local().policy(p -> p.negativeTtl(Duration.ZERO)), iae, "negativeTtl must be positive");
        refused(() -> local().policy(p -> p.staleIfError(ofSeconds(-1))), iae, "staleIfError must be zero or positive");
        refused(() -> local().policy(p -> p.ttl(Duration.ofDays(100_000))), iae, "ttl must be at most 3650 days");
        refused(() -> cache.put("a", "v", Duration.ZERO), iae, "ttl must be positive: PT0S");
        refused(() -> cache.async().put("a", "v", ofSeconds(-1)), iae, "ttl must be positive");
    }

    @Test
    void jitter_is_a_share() {
        for (double jitter : new double[] {-0.1, 1.1, Double.NaN}) {
            refused(
                    () -> local().policy(p -> p.jitter(jitter)),
                    IllegalArgumentException.class,
                    "jitter must be between 0 and 1: " + jitter);
        }
    }

    @Test
    void what_is_missing_is_named() {
        FakeTier tier = new FakeTier("redis", time);
        Class<?> ise = IllegalStateException.class;
        refused(() -> TieredCache.builder("t").build(), ise, "no tier");
        refused(() -> TieredCache.builder("t").local(LocalTier.maximumSize(1)).build(), ise, "policy.ttl is required");
        refused(() -> local().remote(tier).build(), ise, "codec is required");
        refused(
                () -> TieredCache.<String, String>builder("t")
                        .local(LocalTier.maximumBytes(1_000))
                        .policy(p -> p.ttl(ofMinutes(1)))
                        .build(),
                ise,
                "local.maximumBytes needs a codec");
    }

    @Test
    void two_tiers_of_one_depth_are_refused() {
        FakeTier tier = new FakeTier("redis", time);
        Class<?> ise = IllegalStateException.class;
        refused(() -> local().local(LocalTier.maximumSize(5)), ise, "local is already set");
        refused(() -> local().remote(tier).remote(tier), ise, "remote: there is a tier named 'redis' already");
        refused(
                () -> local().remote(tier).remote(new FakeTier("redis", time)),
                ise,
                "remote: there is a tier named 'redis' already");
        refused(
                () -> local().remote(new FakeTier("local", time)),
                IllegalArgumentException.class,
                "remote.name must be");
    }

    @Test
    void bounds_names_and_codec_ids_are_checked() {
        Class<?> iae = IllegalArgumentException.class;
        refused(() -> LocalTier.maximumSize(0), iae, "local.maximumSize must be positive: 0");
        refused(() -> LocalTier.maximumBytes(-5), iae, "local.maximumBytes must be positive: -5");
        refused(() -> TieredCache.builder("a b"), iae, "name must be 1 to 64 of");
        refused(() -> TieredCache.builder(""), iae, "name must be 1 to 64 of");
        refused(() -> cache.hottestKeys(-1), iae, "limit must be zero or positive: -1");
        refused(() -> Codec.compressing(Codec.compressing(Codec.utf8())), iae, "codec");
        refused(() -> Codec.compressing(Codec.utf8(), -1), iae, "threshold must be zero or more");
    }

    @Test
    void what_a_fleet_makes_of_local_lives_stays_between_the_two_lives() {
        Class<?> iae = IllegalArgumentException.class;
        refused(() -> local().policy(p -> p.longestLocalTtl(Duration.ZERO)), iae, "longestLocalTtl must be positive");
        refused(() -> local().policy(p -> p.localTtlInstances(0)), iae, "localTtlInstances must be from 1 to 1000: 0");
        refused(() -> local().fleet(null), NullPointerException.class, "fleet");
        refused(
                () -> local().fleet(new FakeShares(2)).fleet(new FakeShares(2)),
                IllegalStateException.class,
                "fleet is already set");
        for (Duration longest : List.of(ofSeconds(9), ofMinutes(2))) {
            refused(
                    () -> cache.policy().update(p -> p.localTtl(ofSeconds(10)).longestLocalTtl(longest)),
                    IllegalStateException.class,
                    "policy.longestLocalTtl must be from policy.localTtl to policy.ttl: " + longest
                            + " is not from PT10S to PT1M");
        }
    }

    @Test
    void a_local_life_longer_than_the_whole_is_a_contradiction_also_when_changed_live() {
        refused(
                () -> local().policy(p -> p.localTtl(ofMinutes(2))).build(),
                IllegalStateException.class,
                "policy.localTtl must not be longer than policy.ttl");
        refused(
                () -> cache.policy().update(p -> p.localTtl(ofMinutes(2))),
                IllegalStateException.class,
                "policy.localTtl must not be longer than policy.ttl");
        assertThat(cache.policy().get()).isEqualTo(cache.policy().initial());
    }

    @Test
    void bounds_of_memory_are_checked() {
        Class<?> iae = IllegalArgumentException.class;
        refused(() -> LocalTier.shareOfMemory(0), iae, "local.shareOfMemory must be above 0 and at most 0.8: 0.0");
        refused(() -> LocalTier.shareOfMemory(0.9), iae, "local.shareOfMemory must be above 0 and at most 0.8: 0.9");
        refused(
                () -> TieredCache.<String, String>builder("t")
                        .local(LocalTier.maximumBytes(Runtime.getRuntime().maxMemory() + 1, String::length))
                        .policy(p -> p.ttl(ofMinutes(1)))
                        .build(),
                IllegalStateException.class,
                "local.maximumBytes is more than the memory of this process");
    }

    @Test
    void what_the_policy_says_of_loaders_is_checked() {
        Class<?> iae = IllegalArgumentException.class;
        CachePolicy policy = cache.policy().get();
        refused(() -> policy.loaderPermits(0), iae, "loaderPermits must be from 1 to 100000: 0");
        refused(() -> policy.loaderQueue(-1), iae, "loaderQueue must be from 0 to 1000000: -1");
        refused(() -> policy.loaderWait(Duration.ZERO), iae, "loaderWait must be positive");
        refused(() -> policy.softTimeout(ofMinutes(-1)), iae, "softTimeout must be zero or positive");
        refused(() -> policy.hardTimeout(ofMinutes(-1)), iae, "hardTimeout must be zero or positive");
        refused(() -> policy.errorBackoff(ofMinutes(2)), iae, "errorBackoff must be at most a minute");
        refused(() -> policy.lifeboat(ofMinutes(-1)), iae, "lifeboat must be zero or positive");
        refused(() -> policy.refreshAhead(0.99), iae, "refreshAhead must be 0 (off) or between 0.1 and 0.95: 0.99");
        refused(() -> policy.refreshAhead(Double.NaN), iae, "refreshAhead must be 0");
        refused(
                () -> cache.policy().update(p -> p.softTimeout(ofMinutes(2)).hardTimeout(ofMinutes(1))),
                IllegalStateException.class,
                "policy.softTimeout must be shorter than policy.hardTimeout");
        refused(
                () -> cache.policy().update(p -> p.refreshAheadIdle(ofMinutes(1))),
                IllegalStateException.class,
                "policy.refreshAheadIdle needs policy.refreshAhead");
        assertThat(cache.policy().get()).isEqualTo(policy);
    }

    @Test
    void keys_of_other_types_need_an_encoder() {
        FakeTier tier = new FakeTier("redis", time);
        record Id(int n) {}
        TieredCache<Object, String> cache = TieredCache.<Object, String>builder("t")
                .remote(tier)
                .codec(Codec.utf8())
                .policy(p -> p.ttl(ofMinutes(1)))
                .build();

        refused(() -> cache.put(new Id(1), "v"), IllegalArgumentException.class, "keyEncoder is required");
        refused(() -> cache.get(new Id(1), k -> "v"), IllegalArgumentException.class, "keyEncoder is required");
        cache.put(5, "five");
        cache.put(TimeUnit.DAYS, "days");
        cache.put(new UUID(1, 2), "uuid");
        assertThat(tier.stored).containsOnlyKeys("t:5", "t:DAYS", "t:00000000-0000-0001-0000-000000000002");
    }

    @Test
    void a_policy_is_changed_as_a_whole_and_reset() {
        cache.policy().update(p -> p.ttl(ofSeconds(5)).jitter(0));
        assertThat(cache.policy().get().ttl()).isEqualTo(ofSeconds(5));
        assertThat(cache.policy().reset().ttl()).isEqualTo(ofMinutes(1));
        assertThat(cache.policy().get().toString()).contains("ttl=PT1M");
    }
}
