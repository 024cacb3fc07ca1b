package io.tiercel.sidecar.config;

import io.tiercel.sidecar.config.Setting.Group;
import io.tiercel.sidecar.config.Setting.Secrecy;
import io.tiercel.sidecar.control.RateScope;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.slf4j.event.Level;

/** All settings, in the order of help and documentation: flags, variables, the file and the texts follow from this table. */
final class Settings {
    static final SettingTable TABLE = new SettingTable();
    private static final long MOST_BYTES = 512L << 20;

    // ---- listeners

    static final Setting<Integer> RESP_PORT =
            TABLE.add(Group.LISTENERS, "resp-port", Kinds.PORT, "6380", "Port for Redis clients.");
    static final Setting<Path> SOCKET = TABLE.add(
            Group.LISTENERS,
            "socket",
            Kinds.SOCKET,
            null,
            "Unix socket for Redis clients, in addition to the port. Its directory must exist.");
    static final Setting<Integer> HTTP_PORT = TABLE.add(
            Group.LISTENERS,
            "http-port",
            Kinds.PORT,
            "8081",
            "Port for health, metrics and the live page; nothing can be changed there.");
    static final Setting<Integer> ADMIN_PORT =
            TABLE.add(Group.LISTENERS, "admin-port", Kinds.PORT, "8082", "Port for operators.");
    static final Setting<String> BIND = TABLE.add(
            Group.LISTENERS,
            "bind",
            Kinds.BIND_ADDRESS,
            "127.0.0.1",
            "Address of resp-port and http-port. Beyond this machine it needs password, users, tls-client-ca or"
                    + " allow-open-bind.");
    static final Setting<String> ADMIN_BIND = TABLE.add(
            Group.LISTENERS,
            "admin-bind",
            Kinds.BIND_ADDRESS,
            "127.0.0.1",
            "Address of admin-port. Beyond this machine it needs admin-token-file, admin-tokens, http-tls-client-ca or"
                    + " allow-open-bind.");
    static final Setting<Boolean> ALLOW_OPEN_BIND = TABLE.add(
            Group.LISTENERS,
            "allow-open-bind",
            Kinds.BOOLEAN,
            "false",
            "Lets anybody in who reaches bind and admin-bind, for networks where that is meant.");

    // ---- tiers

    static final Setting<String> REDIS = TABLE.add(
            Group.TIERS,
            "redis",
            Kinds.REDIS,
            null,
            Secrecy.CREDENTIALS,
            "Redis or Redis Cluster, L2. Without it values are in memory alone, and lost when the process ends.");
    static final Setting<Duration> REDIS_TIMEOUT = TABLE.add(
            Group.TIERS,
            "redis-timeout",
            Kinds.duration(Duration.ofMillis(1), Duration.ofMinutes(1)),
            "200ms",
            "How long a command to Redis may take.");
    static final Setting<List<HostPort>> MEMCACHED = TABLE.add(
            Group.TIERS,
            "memcached",
            Kinds.MEMCACHED,
            null,
            "Memcached, L3. Not used without redis, as nothing would keep it from bringing old values back.");
    static final Setting<Boolean> EMBEDDED = TABLE.add(
            Group.TIERS,
            "embedded",
            Kinds.BOOLEAN,
            "false",
            "Starts a Redis Cluster and a memcached of its own, for trying out. Not together with redis or memcached,"
                    + " but for the variables TIERCEL_REDIS and TIERCEL_MEMCACHED: their servers are then used instead of"
                    + " new ones.");
    static final Setting<Boolean> PASSTHROUGH = TABLE.add(
            Group.TIERS,
            "passthrough",
            Kinds.BOOLEAN,
            "true",
            "Sends commands that are not the cache's own, such as those on hashes and lists, to Redis.");

    // ---- cache

    static final Setting<MemoryAmount> L1_BYTES = TABLE.add(
            Group.CACHE,
            "l1-bytes",
            MemoryAmount.KIND,
            "40%",
            "What copies in memory, L1, may take. A share is of what the process may use, see -Xmx.");
    static final Setting<Duration> TTL = TABLE.add(
            Group.CACHE,
            "ttl",
            Kinds.duration(Duration.ofSeconds(1), Duration.ofDays(30)),
            "60s",
            "How long a copy in memory may be used without being read again, and how long a value lives that was filled"
                    + " without a life of its own. Redis' expiry always ends it sooner.");
    static final Setting<Duration> TTL_MOST = TABLE.add(
            Group.CACHE,
            "ttl-most",
            Kinds.duration(Duration.ofSeconds(1), Duration.ofDays(30)),
            "10m",
            "The longest that a copy in memory is used without being read again, however many pods there are; ttl if that"
                    + " is longer.");
    static final Setting<Boolean> AGGRESSIVE = TABLE.add(
            Group.CACHE,
            "aggressive",
            Kinds.BOOLEAN,
            "false",
            "Spares Redis and the source behind it at the cost of freshness.");
    static final Setting<Duration> BOUND = TABLE.add(
            Group.CACHE,
            "bound",
            Kinds.duration(Duration.ofMillis(100), Duration.ofMinutes(1)),
            "1s",
            "How stale a copy may be when changes can no longer be heard of.");
    static final Setting<List<String>> PREFIXES = TABLE.add(
            Group.CACHE,
            "prefixes",
            Kinds.PREFIXES,
            null,
            "Only keys that begin with one of these are kept in memory; all keys if not set.");
    static final Setting<List<String>> NAMESPACES = TABLE.add(
            Group.CACHE,
            "namespaces",
            Kinds.NAMES,
            null,
            "Names of caches of the library whose values clients may read and remove here, as NAME:KEY.");
    static final Setting<Integer> DATABASES =
            TABLE.add(Group.CACHE, "databases", Kinds.integer(1, 10_000), "16", "How many databases SELECT knows.");
    static final Setting<Duration> STALE_IF_DOWN = TABLE.add(
            Group.CACHE,
            "stale-if-down",
            Kinds.duration(Duration.ZERO, Duration.ofHours(1)),
            "5s",
            "How long copies in memory are served on while Redis does not answer; 0s for not at all.");
    static final Setting<Duration> LEASE_TIME = TABLE.add(
            Group.CACHE,
            "lease-time",
            Kinds.duration(Duration.ofMillis(100), Duration.ofMinutes(5)),
            "2s",
            "How long who got a lease from CACHE.LEASE has for CACHE.FILL before another gets it.");

    // ---- access

    static final Setting<Secret> PASSWORD = TABLE.add(
            Group.ACCESS,
            "password",
            Kinds.SECRET,
            null,
            Secrecy.WHOLE,
            "What clients give to AUTH. As a flag, other users of this machine can see it: better a file or a variable.");
    static final Setting<Secret> PASSWORD_FILE = TABLE.add(
            Group.ACCESS, "password-file", Kinds.SECRET_FILE, null, "A file with the password, instead of password.");
    static final Setting<List<User>> USERS = TABLE.add(
            Group.ACCESS,
            "users",
            Records.USERS,
            null,
            Secrecy.FIELDS,
            "Who else may log in: name, password or password-file, prefixes (their keys begin with one of these; all if"
                    + " not set), access (read, write which includes read, or all which adds commands on the whole; write"
                    + " if not set).");
    static final Setting<AdminToken> ADMIN_TOKEN_FILE = TABLE.add(
            Group.ACCESS,
            "admin-token-file",
            Records.ADMIN_TOKEN,
            null,
            "A file with the bearer token of admin-port, which may do everything. Without any token only this machine is"
                    + " let in.");
    static final Setting<List<AdminToken>> ADMIN_TOKENS = TABLE.add(
            Group.ACCESS,
            "admin-tokens",
            Records.ADMIN_TOKENS,
            null,
            Secrecy.FIELDS,
            "Further tokens: file, and role (read, operate or admin).");

    // ---- TLS

    static final Setting<Path> TLS_CERT = TABLE.add(
            Group.TLS,
            "tls-cert",
            Kinds.READABLE_FILE,
            null,
            "Certificate of resp-port with those above it, in PEM; with it, the port speaks TLS only.");
    static final Setting<Path> TLS_KEY =
            TABLE.add(Group.TLS, "tls-key", Kinds.READABLE_FILE, null, "Private key of tls-cert, in PEM.");
    static final Setting<Path> TLS_CLIENT_CA = TABLE.add(
            Group.TLS,
            "tls-client-ca",
            Kinds.READABLE_FILE,
            null,
            "Authorities, in PEM, one of which must have signed a client's certificate (mTLS).");
    static final Setting<Path> HTTP_TLS_CERT = TABLE.add(
            Group.TLS, "http-tls-cert", Kinds.READABLE_FILE, null, "As tls-cert, for http-port and admin-port.");
    static final Setting<Path> HTTP_TLS_KEY = TABLE.add(
            Group.TLS, "http-tls-key", Kinds.READABLE_FILE, null, "As tls-key, for http-port and admin-port.");
    static final Setting<Path> HTTP_TLS_CLIENT_CA = TABLE.add(
            Group.TLS,
            "http-tls-client-ca",
            Kinds.READABLE_FILE,
            null,
            "As tls-client-ca, for http-port and admin-port.");

    // ---- limits

    static final Setting<Integer> MAX_CONNECTIONS = TABLE.add(
            Group.LIMITS, "max-connections", Kinds.integer(1, 1_000_000), "1000", "Most Redis clients at once.");
    static final Setting<Long> MAX_VALUE_BYTES = TABLE.add(
            Group.LIMITS, "max-value-bytes", Kinds.size(1 << 10, MOST_BYTES), "1m", "Most bytes of a value or key.");
    static final Setting<Long> MAX_REQUEST_BYTES = TABLE.add(
            Group.LIMITS, "max-request-bytes", Kinds.size(64 << 10, MOST_BYTES), "8m", "Most bytes of a command.");
    static final Setting<Integer> MAX_ARGUMENTS = TABLE.add(
            Group.LIMITS, "max-arguments", Kinds.integer(16, 1 << 24), "1024", "Most arguments of a command.");
    static final Setting<Integer> MAX_WIDE_ARGUMENTS = TABLE.add(
            Group.LIMITS,
            "max-wide-arguments",
            Kinds.integer(16, 1 << 24),
            "131072",
            "Most arguments of a command that takes a list, such as MGET and DEL.");
    static final Setting<Integer> MAX_PIPELINE = TABLE.add(
            Group.LIMITS,
            "max-pipeline",
            Kinds.integer(1, 1_000_000),
            "1024",
            "Most unanswered commands of a client; it is not read from while it has more.");
    static final Setting<Long> MAX_OUTPUT_BYTES = TABLE.add(
            Group.LIMITS,
            "max-output-bytes",
            Kinds.size(64 << 10, 1 << 30),
            "16m",
            "Most bytes of answers that a client leaves unread before it is cut off.");
    static final Setting<Long> MAX_IN_FLIGHT_BYTES = TABLE.add(
            Group.LIMITS,
            "max-in-flight-bytes",
            Kinds.size(1 << 20, 64L << 30),
            "64m",
            "Most bytes of the commands of all clients at once.");
    static final Setting<Duration> IDLE_TIMEOUT = TABLE.add(
            Group.LIMITS,
            "idle-timeout",
            Kinds.duration(Duration.ZERO, Duration.ofDays(1)),
            "300s",
            "How long a client may send nothing before it is cut off; 0s for ever.");
    static final Setting<Duration> FIRST_BYTE_TIMEOUT = TABLE.add(
            Group.LIMITS,
            "first-byte-timeout",
            Kinds.duration(Duration.ofMillis(100), Duration.ofMinutes(10)),
            "10s",
            "How long a new client may take to send anything.");
    static final Setting<Duration> REQUEST_TIMEOUT = TABLE.add(
            Group.LIMITS,
            "request-timeout",
            Kinds.duration(Duration.ofMillis(100), Duration.ofMinutes(10)),
            "30s",
            "How long a client may take from the first byte of a command to its last.");

    // ---- overload

    static final Setting<Integer> MAX_IN_FLIGHT = TABLE.add(
            Group.OVERLOAD, "max-in-flight", Kinds.integer(1, 1_000_000), "10000", "Most commands under way to Redis.");
    static final Setting<Boolean> QUEUE_ENABLED = TABLE.add(
            Group.OVERLOAD,
            "queue-enabled",
            Kinds.BOOLEAN,
            "true",
            "Lets commands beyond max-in-flight wait; if not, they are refused at once.");
    static final Setting<Integer> QUEUE_MAX_SIZE = TABLE.add(
            Group.OVERLOAD, "queue-max-size", Kinds.integer(1, 1_000_000), "10000", "Most commands that wait.");
    static final Setting<Duration> QUEUE_TIMEOUT = TABLE.add(
            Group.OVERLOAD,
            "queue-timeout",
            Kinds.duration(Duration.ofMillis(1), Duration.ofMinutes(1)),
            "500ms",
            "How long a command waits before it is refused.");
    static final Setting<Integer> RATE_REQUESTS_PER_MINUTE = TABLE.add(
            Group.OVERLOAD,
            "rate-requests-per-minute",
            Kinds.integer(0, 1_000_000_000),
            "0",
            "How many commands a minute are let in, as a token bucket's refill; 0 for no limit.");
    static final Setting<Integer> RATE_BURST = TABLE.add(
            Group.OVERLOAD,
            "rate-burst",
            Kinds.integer(1, 1_000_000_000),
            "1000",
            "How many are let in at once after a pause: what the bucket holds.");
    static final Setting<RateScope> RATE_PER = TABLE.add(
            Group.OVERLOAD,
            "rate-per",
            Kinds.oneOf(RateScope.class),
            "fleet",
            "Who shares the bucket: all clients of this sidecar, all of the fleet's by way of Redis, or each client"
                    + " address has its own. Without Redis, fleet means pod.");

    // ---- scaling

    static final Setting<Integer> SCALING_MIN = TABLE.add(
            Group.SCALING, "scaling-min", Kinds.integer(1, 10_000), "2", "The fewest pods that are recommended.");
    static final Setting<Integer> SCALING_MAX = TABLE.add(
            Group.SCALING,
            "scaling-max",
            Kinds.integer(1, 10_000),
            "20",
            "The most pods that are recommended; not fewer than scaling-min.");
    static final Setting<List<String>> SCALING_TRIGGERS = TABLE.add(
            Group.SCALING,
            "scaling-triggers",
            Triggers.KIND,
            null,
            "What is not as usual: cpu=0.7/300s, memory=0.8/300s, p95=2/30s, queue_depth=1000/30s, db_connections=150/30s"
                    + " and error_rate=0.05/30s, each with a tolerance of 0.1. The same in all pods.");
    static final Setting<URI> APP_METRICS = TABLE.add(
            Group.SCALING,
            "app-metrics",
            Triggers.PAGE,
            null,
            "Page for Prometheus of the application beside this process, looked at every 15 seconds for its CPU, memory and"
                    + " connections to the database.");
    static final Setting<Double> PRICE_POD_HOUR = TABLE.add(
            Group.SCALING,
            "price-pod-hour",
            Prices.AMOUNT,
            null,
            "What a pod costs in an hour, for the scaling report's cost per request; the same in all pods.");
    static final Setting<String> PRICE_CURRENCY = TABLE.add(
            Group.SCALING,
            "price-currency",
            Prices.CURRENCY,
            null,
            "In what price-pod-hour is. Only shown: nothing is converted.");

    // ---- start and end

    static final Setting<Boolean> WARM_UP_ON_START = TABLE.add(
            Group.LIFE,
            "warm-up-on-start",
            Kinds.BOOLEAN,
            "true",
            "Reads the fleet's hot keys before it says that it is ready.");
    static final Setting<Integer> WARM_UP_MAX_KEYS =
            TABLE.add(Group.LIFE, "warm-up-max-keys", Kinds.integer(1, 1_000_000), "50000", "Most keys to read then.");
    static final Setting<Duration> WARM_UP_TIME_LIMIT = TABLE.add(
            Group.LIFE,
            "warm-up-time-limit",
            Kinds.duration(Duration.ofMillis(100), Duration.ofMinutes(10)),
            "20s",
            "After this it is ready with what it has; the rest may come behind for six times as long.");
    static final Setting<Integer> WARM_UP_RATE = TABLE.add(
            Group.LIFE,
            "warm-up-rate",
            Kinds.integer(1, 10_000_000),
            "20000",
            "Keys a second that all pods of the fleet together read from Redis to warm up, two commands each.");
    static final Setting<Integer> WARM_UP_CONCURRENCY = TABLE.add(
            Group.LIFE, "warm-up-concurrency", Kinds.integer(1, 64), "4", "Reads of up to 128 keys under way at once.");
    static final Setting<List<String>> WARM_UP_PEERS = TABLE.add(
            Group.LIFE,
            "warm-up-peers",
            Kinds.URLS,
            null,
            "Admin ports of other pods, one of which is asked for keys and values before Redis is.");
    static final Setting<Path> WARM_UP_PEER_TOKEN_FILE = TABLE.add(
            Group.LIFE,
            "warm-up-peer-token-file",
            Kinds.READABLE_FILE,
            null,
            "The token to show them, one that may operate.");
    static final Setting<Integer> HOT_LIST_KEYS = TABLE.add(
            Group.LIFE,
            "hot-list-keys",
            Kinds.integer(1, 100_000),
            "10000",
            "Most keys of the list that it publishes of what it reads most.");
    static final Setting<Duration> HOT_LIST_PERIOD = TABLE.add(
            Group.LIFE,
            "hot-list-period",
            Kinds.duration(Duration.ofSeconds(1), Duration.ofSeconds(60)),
            "30s",
            "How often it publishes that list; others use it for two minutes.");
    static final Setting<Duration> DRAIN_TIMEOUT = TABLE.add(
            Group.LIFE,
            "drain-timeout",
            Kinds.duration(Duration.ZERO, Duration.ofHours(1)),
            "25s",
            "How long after SIGTERM what was received may take to be answered. Shorter than what the orchestrator grants,"
                    + " 30 s in Kubernetes.");
    static final Setting<Boolean> MOVING_PUSH = TABLE.add(
            Group.LIFE,
            "moving-push",
            Kinds.BOOLEAN,
            "true",
            "Tells clients that asked for maintenance notifications (RESP3 MOVING) to go elsewhere when draining.");
    static final Setting<HostPort> MOVING_ENDPOINT = TABLE.add(
            Group.LIFE,
            "moving-endpoint",
            Kinds.HOST_PORT,
            null,
            "Where they should go; if not set, to the address that they connected to.");

    // ---- operation

    static final Setting<String> POD = TABLE.add(
            Group.OPERATION,
            "pod",
            Kinds.name(253),
            null,
            "Its name in the fleet; if not set, HOSTNAME or a random one.");
    static final Setting<String> FLEET =
            TABLE.add(Group.OPERATION, "fleet", Kinds.name(64), "tiercel", "The name of the fleet that it belongs to.");
    static final Setting<Integer> FLEET_EXPECTED = TABLE.add(
            Group.OPERATION,
            "fleet-expected",
            Kinds.integer(1, 1_000),
            "20",
            "How many pods to reckon with until Redis has told: the most that the autoscaler starts.");
    static final Setting<Integer> FLEET_REFERENCE = TABLE.add(
            Group.OPERATION,
            "fleet-reference",
            Kinds.integer(1, 1_000),
            "2",
            "How many pods ttl is meant for. With more of them copies are used longer in proportion, up to ttl-most, as"
                    + " otherwise each pod would find less in its memory.");
    static final Setting<Path> STATE_FILE = TABLE.add(
            Group.OPERATION,
            "state-file",
            Kinds.PATH,
            null,
            "File that keeps the fleet's last configuration for a start while Redis is away. Its directory must exist.");
    static final Setting<Boolean> HOT_KEYS = TABLE.add(
            Group.OPERATION,
            "hot-keys",
            Kinds.BOOLEAN,
            "false",
            "Shows the names of hot keys on the live page and in the API. They may tell of people.");
    static final Setting<Level> LOG_LEVEL = TABLE.add(
            Group.OPERATION,
            "log-level",
            Kinds.oneOf(Level.class),
            "info",
            "What is logged. Libraries log at info at the most, as below that they show values.");

    private Settings() {}
}
