package io.tiercel.sidecar.config;

import io.tiercel.cache.tier.redis.RedisConfig;
import io.tiercel.sidecar.control.CacheSettings;
import io.tiercel.sidecar.control.FleetMinutes;
import io.tiercel.sidecar.control.QueueSettings;
import io.tiercel.sidecar.control.RateSettings;
import io.tiercel.sidecar.resp.RespLimits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes the configuration of values that are right and go together. */
final class Assembly {
    private final Values values;

    private Assembly(Values values) {
        this.values = values;
    }

    static SidecarConfig of(Values values, long memory, List<String> sources, List<String> warnings) {
        Assembly assembly = new Assembly(values);
        return new SidecarConfig(
                assembly.listeners(),
                assembly.tiers(),
                assembly.caching(memory),
                assembly.access(),
                assembly.limits(),
                assembly.overload(),
                assembly.scaling(),
                assembly.life(),
                assembly.identity(),
                values.of(Settings.LOG_LEVEL),
                values.effective(),
                sources,
                warnings);
    }

    private SidecarConfig.Listeners listeners() {
        return new SidecarConfig.Listeners(
                values.of(Settings.RESP_PORT),
                values.orNull(Settings.SOCKET),
                values.of(Settings.HTTP_PORT),
                values.of(Settings.ADMIN_PORT),
                values.of(Settings.BIND),
                values.of(Settings.ADMIN_BIND),
                tls(Settings.TLS_CERT, Settings.TLS_KEY, Settings.TLS_CLIENT_CA),
                tls(Settings.HTTP_TLS_CERT, Settings.HTTP_TLS_KEY, Settings.HTTP_TLS_CLIENT_CA),
                values.of(Settings.ALLOW_OPEN_BIND));
    }

    private @Nullable TlsFiles tls(Setting<Path> certificate, Setting<Path> key, Setting<Path> clientAuthorities) {
        Path file = values.orNull(certificate);
        return file == null ? null : new TlsFiles(file, values.of(key), values.orNull(clientAuthorities));
    }

    private SidecarConfig.Tiers tiers() {
        String uri = values.orNull(Settings.REDIS);
        RedisConfig redis = uri == null
                ? null
                : RedisConfig.of(uri)
                        .timeout(values.of(Settings.REDIS_TIMEOUT))
                        .requestQueueSize(values.of(Settings.MAX_IN_FLIGHT));
        return new SidecarConfig.Tiers(
                redis,
                values.of(Settings.REDIS_TIMEOUT),
                values.listOf(Settings.MEMCACHED),
                values.of(Settings.EMBEDDED),
                values.of(Settings.PASSTHROUGH));
    }

    private SidecarConfig.Caching caching(long memory) {
        return new SidecarConfig.Caching(
                values.of(Settings.L1_BYTES).of(memory),
                new CacheSettings(values.of(Settings.TTL), values.of(Settings.AGGRESSIVE)),
                values.of(Settings.TTL_MOST),
                values.of(Settings.BOUND),
                values.listOf(Settings.PREFIXES),
                values.listOf(Settings.NAMESPACES),
                values.of(Settings.DATABASES),
                values.of(Settings.STALE_IF_DOWN),
                values.of(Settings.LEASE_TIME));
    }

    private SidecarConfig.Access access() {
        Secret password = values.orNull(Settings.PASSWORD);
        List<AdminToken> tokens = new ArrayList<>(values.listOf(Settings.ADMIN_TOKENS));
        AdminToken single = values.orNull(Settings.ADMIN_TOKEN_FILE);
        if (single != null) {
            tokens.add(0, single);
        }
        return new SidecarConfig.Access(
                password == null ? values.orNull(Settings.PASSWORD_FILE) : password,
                values.listOf(Settings.USERS),
                tokens);
    }

    private SidecarConfig.Limits limits() {
        RespLimits initial = RespLimits.defaults();
        RespLimits request = initial.withArguments(
                        values.of(Settings.MAX_ARGUMENTS), values.of(Settings.MAX_WIDE_ARGUMENTS))
                .withBytes(
                        Math.toIntExact(values.of(Settings.MAX_VALUE_BYTES)),
                        Math.toIntExact(values.of(Settings.MAX_REQUEST_BYTES)),
                        initial.inlineBytes());
        return new SidecarConfig.Limits(
                values.of(Settings.MAX_CONNECTIONS),
                request,
                values.of(Settings.MAX_PIPELINE),
                values.of(Settings.MAX_OUTPUT_BYTES),
                values.of(Settings.MAX_IN_FLIGHT_BYTES),
                values.of(Settings.IDLE_TIMEOUT),
                values.of(Settings.FIRST_BYTE_TIMEOUT),
                values.of(Settings.REQUEST_TIMEOUT));
    }

    private SidecarConfig.Overload overload() {
        return new SidecarConfig.Overload(
                values.of(Settings.MAX_IN_FLIGHT),
                new QueueSettings(
                        values.of(Settings.QUEUE_ENABLED),
                        values.of(Settings.QUEUE_MAX_SIZE),
                        values.of(Settings.QUEUE_TIMEOUT)),
                new RateSettings(
                        values.of(Settings.RATE_REQUESTS_PER_MINUTE),
                        values.of(Settings.RATE_BURST),
                        values.of(Settings.RATE_PER)));
    }

    private SidecarConfig.Scaling scaling() {
        try {
            return new SidecarConfig.Scaling(
                    Triggers.settings(values.listOf(Settings.SCALING_TRIGGERS))
                            .replicas(values.of(Settings.SCALING_MIN), values.of(Settings.SCALING_MAX)),
                    values.orNull(Settings.APP_METRICS),
                    price());
        } catch (BadValueException e) {
            throw new IllegalStateException("it has been read once", e);
        }
    }

    private FleetMinutes.@Nullable Price price() {
        Double podHour = values.orNull(Settings.PRICE_POD_HOUR);
        String currency = values.orNull(Settings.PRICE_CURRENCY);
        return podHour == null ? null : new FleetMinutes.Price(podHour, currency == null ? "" : currency);
    }

    private SidecarConfig.Life life() {
        return new SidecarConfig.Life(
                values.of(Settings.WARM_UP_ON_START),
                values.of(Settings.WARM_UP_MAX_KEYS),
                values.of(Settings.WARM_UP_TIME_LIMIT),
                values.of(Settings.WARM_UP_RATE),
                values.of(Settings.WARM_UP_CONCURRENCY),
                values.listOf(Settings.WARM_UP_PEERS),
                values.orNull(Settings.WARM_UP_PEER_TOKEN_FILE),
                values.of(Settings.HOT_LIST_KEYS),
                values.of(Settings.HOT_LIST_PERIOD),
                values.of(Settings.DRAIN_TIMEOUT),
                values.of(Settings.MOVING_PUSH),
                values.orNull(Settings.MOVING_ENDPOINT));
    }

    private SidecarConfig.Identity identity() {
        return new SidecarConfig.Identity(
                values.of(Settings.POD),
                values.of(Settings.FLEET),
                values.of(Settings.FLEET_EXPECTED),
                values.of(Settings.FLEET_REFERENCE),
                values.orNull(Settings.STATE_FILE),
                values.of(Settings.HOT_KEYS));
    }
}
