package io.tiercel.sidecar.config;

import io.tiercel.cache.fleet.scaling.ScalingSettings;
import io.tiercel.cache.tier.redis.RedisConfig;
import io.tiercel.sidecar.control.CacheSettings;
import io.tiercel.sidecar.control.FleetMinutes;
import io.tiercel.sidecar.control.QueueSettings;
import io.tiercel.sidecar.control.RateSettings;
import io.tiercel.sidecar.resp.RespLimits;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * All settings of a sidecar, checked. Immutable; shows no secrets when printed. Ranges are those of docs/configuration.md.
 *
 * @param logLevel of the sidecar's own loggers
 * @param settings every setting with its value and source, in the order of the documentation
 * @param sources what was read, in words, the weakest first, such as {@code file /etc/tiercel.yaml (3 settings)}
 * @param warnings what works but may not be meant, a sentence each
 * @param listeners where clients connect
 * @param tiers the servers below L1
 * @param caching what is kept, and for how long
 * @param access who may do what
 * @param limits what clients may take
 * @param overload what happens when there is too much
 * @param scaling when to have more pods
 * @param life start and end
 * @param identity what it is called
 */
public record SidecarConfig(
        Listeners listeners,
        Tiers tiers,
        Caching caching,
        Access access,
        Limits limits,
        Overload overload,
        Scaling scaling,
        Life life,
        Identity identity,
        Level logLevel,
        List<EffectiveSetting> settings,
        List<String> sources,
        List<String> warnings) {
    public SidecarConfig {
        settings = List.copyOf(settings);
        sources = List.copyOf(sources);
        warnings = List.copyOf(warnings);
    }

    /**
     * What these flags say and defaults for the rest; the environment is not looked at.
     *
     * @throws IllegalArgumentException if they are wrong; the message says all that is
     */
    public static SidecarConfig of(String... flags) {
        try {
            Command command = new ConfigReader(Map.of(), Runtime.getRuntime().maxMemory()).read(flags);
            if (command instanceof Command.Run run) {
                return run.config();
            }
        } catch (ConfigException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        throw new IllegalArgumentException("flags that ask for something else than a sidecar");
    }

    /**
     * Where clients connect.
     *
     * @param respPort 0 for any free one, and so are the others
     * @param socket of Redis clients, in addition; null for none
     * @param bind address of {@code respPort} and {@code httpPort}
     * @param respTls null if Redis clients speak plain text
     * @param httpTls null if {@code httpPort} and {@code adminPort} speak plain text
     * @param openBind whether anybody may be let in who reaches addresses beyond this machine
     * @param httpPort of probes, metrics and the page
     * @param adminPort of changes
     * @param adminBind address of {@code adminPort}
     */
    public record Listeners(
            int respPort,
            @Nullable Path socket,
            int httpPort,
            int adminPort,
            String bind,
            String adminBind,
            @Nullable TlsFiles respTls,
            @Nullable TlsFiles httpTls,
            boolean openBind) {}

    /**
     * The servers below L1.
     *
     * @param redis with {@code redis-timeout} and {@code max-in-flight} in it; null for none
     * @param memcached empty for none, and always without {@code redis}
     * @param embedded whether to start servers of its own; {@code redis} and {@code memcached} are then not set
     * @param passthrough whether commands that are not the cache's own go to Redis
     * @param redisTimeout how long Redis may take to answer
     */
    public record Tiers(
            @Nullable RedisConfig redis,
            Duration redisTimeout,
            List<HostPort> memcached,
            boolean embedded,
            boolean passthrough) {
        public Tiers {
            memcached = List.copyOf(memcached);
        }
    }

    /**
     * What is kept, and for how long.
     *
     * @param l1Bytes most bytes that L1 may take
     * @param initial what the cache begins with; operators may change it
     * @param longestTtl how long a copy may be used at most, however many pods there are
     * @param bound how stale a copy may be
     * @param prefixes only keys that begin with one of these are kept in L1; empty for all
     * @param namespaces caches of the library that may be read here
     * @param databases how many SELECT knows
     * @param staleIfDown how long L1 is served on without Redis; zero for not at all
     * @param leaseTime how long a lease of {@code CACHE.LEASE} lasts
     */
    public record Caching(
            long l1Bytes,
            CacheSettings initial,
            Duration longestTtl,
            Duration bound,
            List<String> prefixes,
            List<String> namespaces,
            int databases,
            Duration staleIfDown,
            Duration leaseTime) {
        public Caching {
            prefixes = List.copyOf(prefixes);
            namespaces = List.copyOf(namespaces);
        }
    }

    /**
     * Who may do what.
     *
     * @param password of the user {@code default}, who may do everything; null if there is none
     * @param users further ones
     * @param adminTokens empty if only this machine is let in
     */
    public record Access(@Nullable Secret password, List<User> users, List<AdminToken> adminTokens) {
        public Access {
            users = List.copyOf(users);
            adminTokens = List.copyOf(adminTokens);
        }

        /** Whether Redis clients have to authenticate with a password. */
        public boolean needsAuth() {
            return password != null || !users.isEmpty();
        }
    }

    /**
     * What Redis clients may take up.
     *
     * @param connections most clients at once
     * @param request what a request may hold
     * @param pipeline most unanswered commands of a client
     * @param outputBytes most bytes of answers that a client leaves unread
     * @param inFlightBytes most bytes of the commands of all clients
     * @param idle how long a client may send nothing; zero for ever
     * @param firstByte how long a new client may take to send anything
     * @param requestTime how long a request may take from its first byte to its last
     */
    public record Limits(
            int connections,
            RespLimits request,
            int pipeline,
            long outputBytes,
            long inFlightBytes,
            Duration idle,
            Duration firstByte,
            Duration requestTime) {}

    /**
     * What happens when there is too much.
     *
     * @param inFlight most commands under way to Redis
     * @param queue what it begins with; operators may change it
     * @param rate what it begins with; operators may change it
     */
    public record Overload(int inFlight, QueueSettings queue, RateSettings rate) {}

    /**
     * When to have more pods, and when fewer.
     *
     * @param settings of the recommendation
     * @param appMetrics the application's page for Prometheus; null for none
     * @param price what a pod costs; null if that is not known
     */
    public record Scaling(
            ScalingSettings settings, @Nullable URI appMetrics, FleetMinutes.@Nullable Price price) {}

    /**
     * Start and end.
     *
     * @param movingEndpoint what the MOVING push names; null for the address that the client connected to
     * @param warmUpOnStart whether it is warmed up before it is ready
     * @param warmUpMaxKeys most keys of that
     * @param warmUpTimeLimit how long it is not ready for that at most
     * @param warmUpRate keys a second that the fleet reads for that
     * @param warmUpConcurrency reads of many keys under way at once
     * @param warmUpPeers URLs of other pods' admin ports that are asked first
     * @param warmUpPeerTokenFile what to show them; null for nothing
     * @param hotListKeys most keys of the list that it publishes
     * @param hotListPeriod how often it does
     * @param drainTimeout how long its end may take
     * @param movingPush whether clients that asked for it are told to move
     */
    public record Life(
            boolean warmUpOnStart,
            int warmUpMaxKeys,
            Duration warmUpTimeLimit,
            int warmUpRate,
            int warmUpConcurrency,
            List<String> warmUpPeers,
            @Nullable Path warmUpPeerTokenFile,
            int hotListKeys,
            Duration hotListPeriod,
            Duration drainTimeout,
            boolean movingPush,
            @Nullable HostPort movingEndpoint) {}

    /**
     * What it is called, and what it tells.
     *
     * @param hotKeys whether the names of hot keys may be shown
     * @param pod its name in the fleet
     * @param fleet the name of the fleet
     * @param expected how many pods to reckon with until it is known
     * @param reference how many pods the settings are meant for
     * @param stateFile where the fleet's last configuration is kept; null for nowhere
     */
    public record Identity(
            String pod,
            String fleet,
            int expected,
            int reference,
            @Nullable Path stateFile,
            boolean hotKeys) {}
}
