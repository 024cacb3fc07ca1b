package io.tiercel.cache.metrics;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.cache.CaffeineCacheMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.codec.Codec;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TieredCacheMetricsTest {
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final MapTier redis = new MapTier("redis");
    private final MapTier memcached = new MapTier("memcached", 200);

    private TieredCache<String, String> cache() {
        return TieredCache.<String, String>builder("users")
                .local(LocalTier.maximumSize(100))
                .remote(redis)
                .remote(memcached)
                .codec(Codec.utf8())
                .policy(p -> p.ttl(Duration.ofMinutes(10)))
                .build();
    }

    private double counted(String name, String... tags) {
        return registry.get(name)
                .tags(Tags.of(tags).and("cache", "users"))
                .functionCounter()
                .count();
    }

    @Test
    void the_cache_as_a_whole_counts_gets_puts_loads_and_its_size() {
        try (TieredCache<String, String> cache = TieredCacheMetrics.monitor(registry, cache())) {
            cache.get("a", key -> "1");
            cache.get("a", key -> "2");
            cache.getIfPresent("b");

            assertThat(counted("cache.gets", "result", "hit")).isEqualTo(1);
            assertThat(counted("cache.gets", "result", "miss")).isEqualTo(2);
            assertThat(counted("cache.puts")).isEqualTo(1);
            assertThat(counted("cache.load", "result", "success")).isEqualTo(1);
            assertThat(registry.get("cache.size").gauge().value()).isEqualTo(1);
            assertThat(registry.get("cache.load.duration").timeGauge().value(TimeUnit.NANOSECONDS))
                    .isPositive();
        }
    }

    @Test
    void each_tier_counts_what_it_was_asked_for() {
        try (TieredCache<String, String> writer = cache();
                TieredCache<String, String> cache = TieredCacheMetrics.monitor(registry, cache())) {
            writer.put("a", "1");
            redis.map.clear();

            cache.getIfPresent("a");
            await().until(() -> counted("tiercel.tier.promotions", "tier", "local") == 1);
            cache.getIfPresent("a");

            assertThat(counted("tiercel.tier.gets", "tier", "local", "result", "hit"))
                    .isEqualTo(1);
            assertThat(counted("tiercel.tier.gets", "tier", "local", "result", "miss"))
                    .isEqualTo(1);
            assertThat(counted("tiercel.tier.gets", "tier", "redis", "result", "miss"))
                    .isEqualTo(1);
            assertThat(counted("tiercel.tier.gets", "tier", "memcached", "result", "hit"))
                    .isEqualTo(1);
            assertThat(counted("tiercel.tier.promotions", "tier", "local")).isEqualTo(1);
            await().until(() -> counted("tiercel.tier.promotions", "tier", "redis") == 1);
            assertThat(counted("tiercel.tier.bytes", "tier", "memcached", "direction", "read"))
                    .as("read for the caller, and once more under the lease")
                    .isEqualTo(2.0 * requireNonNull(memcached.map.get("users:a")).length);
            assertThat(registry.get("tiercel.local.entries").gauge().value()).isEqualTo(1);
        }
    }

    @Test
    void writes_and_removals_are_counted_where_they_went() {
        try (TieredCache<String, String> cache = TieredCacheMetrics.monitor(registry, cache())) {
            cache.put("a", "1");
            cache.put("large", "x".repeat(300));
            cache.invalidate("a");

            assertThat(counted("tiercel.tier.puts", "tier", "local")).isEqualTo(2);
            assertThat(counted("tiercel.tier.puts", "tier", "redis")).isEqualTo(2);
            assertThat(counted("tiercel.tier.puts", "tier", "memcached")).isEqualTo(1);
            assertThat(counted("tiercel.tier.oversized", "tier", "memcached")).isEqualTo(1);
            assertThat(counted("tiercel.tier.removals", "tier", "redis")).isEqualTo(1);
            assertThat(counted("tiercel.tier.bytes", "tier", "redis", "direction", "written"))
                    .isGreaterThan(300);
        }
    }

    @Test
    void remote_calls_and_loads_are_timed_by_how_they_ended() {
        try (TieredCache<String, String> cache = TieredCacheMetrics.monitor(registry, cache())) {
            redis.failing = true;
            assertThatThrownBy(() -> cache.get("a", key -> {
                        throw new IllegalStateException("no database");
                    }))
                    .isInstanceOf(IllegalStateException.class);
            redis.failing = false;
            cache.get("b", key -> "1");

            assertThat(calls("redis", "get", "failure")).isEqualTo(1);
            assertThat(calls("redis", "get", "success")).isEqualTo(1);
            assertThat(calls("memcached", "get", "success")).isEqualTo(2);
            assertThat(counted("tiercel.tier.failures", "tier", "redis")).isEqualTo(1);
            assertThat(loads("success")).isEqualTo(1);
            assertThat(loads("failure")).isEqualTo(1);
            assertThat(counted("cache.load", "result", "failure")).isEqualTo(1);
            assertThat(counted("tiercel.loads")).isEqualTo(2);
        }
    }

    @Test
    void each_node_that_is_listened_to_has_its_meters() {
        try (TieredCache<String, String> cache = TieredCacheMetrics.monitor(registry, cache())) {
            assertThat(cache.coherence().nodes()).hasSize(1);
            assertThat(registry.get("tiercel.feed.nodes").gauge().value()).isEqualTo(1);
            assertThat(registry.get("tiercel.feed.armed")
                            .tag("node", "10.0.0.5:7000")
                            .gauge()
                            .value())
                    .isEqualTo(1);
            assertThat(registry.get("tiercel.feed.changes").functionCounter().count())
                    .isEqualTo(3);
            assertThat(registry.get("tiercel.feed.vouched.age").timeGauge().value(TimeUnit.MILLISECONDS))
                    .isEqualTo(20);
        }
    }

    private long calls(String tier, String operation, String outcome) {
        return registry.get("tiercel.tier.calls")
                .tags("cache", "users", "tier", tier, "operation", operation, "outcome", outcome)
                .timer()
                .count();
    }

    private long loads(String result) {
        return registry.get("tiercel.load").tags("result", result).timer().count();
    }

    @Test
    void bytes_that_nobody_can_read_are_counted() {
        try (TieredCache<String, String> cache = TieredCacheMetrics.monitor(registry, cache())) {
            redis.map.put("users:a", new byte[] {1, 2, 3});

            cache.getIfPresent("a");

            assertThat(counted("tiercel.tier.undecodable", "tier", "redis")).isEqualTo(1);
            assertThat(counted("tiercel.absent")).isEqualTo(1);
        }
    }

    @Test
    void own_tags_go_on_every_meter() {
        try (TieredCache<String, String> cache =
                TieredCacheMetrics.monitor(registry, cache(), Tag.of("region", "eu"))) {
            cache.put("a", "1");

            assertThat(registry.getMeters())
                    .allSatisfy(meter -> assertThat(meter.getId().getTag("region"))
                            .as(meter.getId().toString())
                            .isEqualTo("eu"));
        }
    }

    @Test
    void plain_Caffeine_caches_stand_beside_it_in_Prometheus() {
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        List<String> refused = new ArrayList<>();
        prometheus.config().onMeterRegistrationFailed((id, why) -> refused.add(id + ": " + why));
        var plain = Caffeine.newBuilder().maximumSize(10).recordStats().build(key -> key);

        try (TieredCache<String, String> cache = TieredCacheMetrics.monitor(prometheus, cache())) {
            CaffeineCacheMetrics.monitor(prometheus, plain, "plain");
            cache.getIfPresent("a");
            assertThat(plain.get("a")).isEqualTo("a");

            assertThat(refused).isEmpty();
            assertThat(prometheus.scrape())
                    .contains("cache_gets_total{cache=\"users\",result=\"miss\"} 1.0")
                    .contains("cache_gets_total{cache=\"plain\",result=\"miss\"} 1.0")
                    .contains("cache_load_total{cache=\"plain\",result=\"success\"} 1.0")
                    .contains("cache_load_total{cache=\"users\",result=\"success\"} 0.0")
                    .contains("tiercel_tier_gets_keys_total{cache=\"users\",result=\"miss\",tier=\"redis\"} 1.0")
                    .contains("tiercel_tier_calls_seconds_bucket{cache=\"users\",operation=\"get\"");
        }
    }

    @Test
    void it_stands_beside_plain_Caffeine_caches_that_came_first() {
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        List<String> refused = new ArrayList<>();
        prometheus.config().onMeterRegistrationFailed((id, why) -> refused.add(id + ": " + why));
        var plain = Caffeine.newBuilder().maximumSize(10).recordStats().build(key -> key);
        CaffeineCacheMetrics.monitor(prometheus, plain, "plain");

        try (TieredCache<String, String> cache = TieredCacheMetrics.monitor(prometheus, cache())) {
            assertThat(cache.stats().requests()).isZero();
            assertThat(refused).isEmpty();
        }
    }

    @Test
    void the_registry_keeps_no_cache_alive() {
        WeakReference<TieredCache<String, String>> gone = closedAndForgotten();

        await().untilAsserted(() -> {
            System.gc();
            assertThat(gone.get()).isNull();
        });
        assertThat(registry.getMeters()).isNotEmpty();
        registry.getMeters().forEach(Meter::measure);
    }

    private WeakReference<TieredCache<String, String>> closedAndForgotten() {
        TieredCache<String, String> cache = TieredCacheMetrics.monitor(registry, cache());
        cache.get("a", key -> "1");
        cache.close();
        return new WeakReference<>(cache);
    }
}
