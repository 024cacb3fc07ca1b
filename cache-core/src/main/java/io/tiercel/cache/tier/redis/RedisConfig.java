package io.tiercel.cache.tier.redis;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How to reach Redis: one server or a cluster. Start with {@link #of} and change what differs; each method returns a
 * new value.
 *
 * <p>Immutable. {@link #toString()} shows no secrets.
 */
public final class RedisConfig {
    private static final int LAST_DATABASE = 1 << 20;

    private final Values values;

    private RedisConfig(Values values) {
        this.values = values;
    }

    /** What kind of Redis the servers are. */
    public enum Mode {
        /** Ask the first server that answers. */
        AUTO,
        /** One server; of several addresses the first that answers is taken, for good. */
        STANDALONE,
        /** Redis Cluster; the addresses are seeds, the other nodes are discovered. */
        CLUSTER
    }

    /**
     * The forms are {@code redis://[user:password@]host:port[/database]}, {@code rediss://…} for TLS, several servers
     * with commas between ({@code redis://a:7000,b:7001}), and {@code host:port} alone. The port may be left out when
     * it is 6379. Reserved characters in user and password are percent-encoded, the comma too.
     *
     * @throws IllegalArgumentException if the text is none of these; the message doesn't repeat a password
     */
    public static RedisConfig of(String uri) {
        RedisUri parsed = RedisUri.parse(requireNonNull(uri, "uri"));
        Values values = new Values();
        values.servers = parsed.servers();
        values.tls = parsed.tls();
        values.username = parsed.username();
        values.password = parsed.password();
        values.database = parsed.database();
        return new RedisConfig(values);
    }

    /** The name of the tier in metrics, logs and messages; {@code redis} unless set. */
    public RedisConfig name(String name) {
        Values next = values.copy();
        next.name = text("name", name);
        return new RedisConfig(next);
    }

    /** How long an operation may take, 200 ms unless set. */
    public RedisConfig timeout(Duration timeout) {
        Values next = values.copy();
        next.timeout = positive("timeout", timeout);
        return new RedisConfig(next);
    }

    /** How long opening a connection may take, 300 ms unless set. */
    public RedisConfig connectTimeout(Duration connectTimeout) {
        Values next = values.copy();
        next.connectTimeout = positive("connectTimeout", connectTimeout);
        return new RedisConfig(next);
    }

    /**
     * How many commands may wait for the answer of one node, 10,000 unless set; more fail at once. With a node that
     * hangs this many values are held until the connection is given up, some seconds later.
     */
    public RedisConfig requestQueueSize(int requestQueueSize) {
        if (requestQueueSize < 1) {
            throw new IllegalArgumentException("requestQueueSize must be positive: " + requestQueueSize);
        }
        Values next = values.copy();
        next.requestQueueSize = requestQueueSize;
        return new RedisConfig(next);
    }

    /** The ACL user; without it Redis takes the default user. */
    public RedisConfig username(String username) {
        Values next = values.copy();
        next.username = text("username", username);
        return new RedisConfig(next);
    }

    /** The password, of {@link #username} or of the default user; never shown in messages. */
    public RedisConfig password(String password) {
        Values next = values.copy();
        next.password = text("password", password);
        return new RedisConfig(next);
    }

    /** Both {@link #username} and {@link #password}. */
    public RedisConfig credentials(String username, String password) {
        return username(username).password(password);
    }

    /** The database of a single server, 0 unless set; a cluster has no other. */
    public RedisConfig database(int database) {
        if (database < 0 || database > LAST_DATABASE) {
            throw new IllegalArgumentException("database must be 0 or more, such as 3: " + database);
        }
        Values next = values.copy();
        next.database = database;
        return new RedisConfig(next);
    }

    /** {@link Mode#AUTO} unless set. */
    public RedisConfig mode(Mode mode) {
        Values next = values.copy();
        next.mode = requireNonNull(mode, "mode");
        return new RedisConfig(next);
    }

    /** How often the nodes of a cluster are asked who serves what, 2 s unless set. Failures ask on top of that. */
    public RedisConfig topologyRefresh(Duration topologyRefresh) {
        Values next = values.copy();
        next.topologyRefresh = positive("topologyRefresh", topologyRefresh);
        return new RedisConfig(next);
    }

    /** What {@code CLIENT LIST} shows, {@code tiercel} unless set. */
    public RedisConfig clientName(String clientName) {
        if (text("clientName", clientName).chars().anyMatch(c -> c <= ' ' || c > '~')) {
            throw new IllegalArgumentException(
                    "clientName must be printable ASCII without spaces, such as orders-api: " + clientName);
        }
        Values next = values.copy();
        next.clientName = clientName;
        return new RedisConfig(next);
    }

    /** Encrypts, as {@code rediss://} does. */
    public RedisConfig tls(boolean tls) {
        Values next = values.copy();
        next.tls = tls;
        return new RedisConfig(next);
    }

    /** The certificates to trust, as a JKS or PKCS#12 file; the JDK's own unless set. */
    public RedisConfig trustStore(Path file, String password) {
        Values next = values.copy();
        next.trustStore = requireNonNull(file, "file");
        next.trustStorePassword = requireNonNull(password, "password");
        return new RedisConfig(next);
    }

    /** Whether the server's certificate and host name are checked; true unless set. */
    public RedisConfig verifyPeer(boolean verifyPeer) {
        Values next = values.copy();
        next.verifyPeer = verifyPeer;
        return new RedisConfig(next);
    }

    /**
     * With true {@link RedisTier#connect(RedisConfig)} also returns when no server answers; the tier's operations fail
     * until one does. False unless set: a wrong address is then found at start.
     */
    public RedisConfig startWithoutServer(boolean startWithoutServer) {
        Values next = values.copy();
        next.startWithoutServer = startWithoutServer;
        return new RedisConfig(next);
    }

    /** The name of the tier in metrics, logs and messages. */
    public String name() {
        return values.name;
    }

    /** How long an operation may take. */
    public Duration timeout() {
        return values.timeout;
    }

    Duration connectTimeout() {
        return values.connectTimeout;
    }

    int requestQueueSize() {
        return values.requestQueueSize;
    }

    List<RedisUri.Server> servers() {
        return values.servers;
    }

    @Nullable
    String username() {
        return values.username;
    }

    @Nullable
    String password() {
        return values.password;
    }

    int database() {
        return values.database;
    }

    Mode mode() {
        return values.mode;
    }

    Duration topologyRefresh() {
        return values.topologyRefresh;
    }

    String clientName() {
        return values.clientName;
    }

    boolean tls() {
        return values.tls;
    }

    @Nullable
    Path trustStore() {
        return values.trustStore;
    }

    String trustStorePassword() {
        return values.trustStorePassword;
    }

    boolean verifyPeer() {
        return values.verifyPeer;
    }

    boolean startWithoutServer() {
        return values.startWithoutServer;
    }

    @Override
    public String toString() {
        return "RedisConfig[name=" + values.name
                + ", servers=" + values.servers
                + ", tls=" + values.tls
                + ", username=" + values.username
                + ", password=" + (values.password == null ? "none" : "***")
                + ", database=" + values.database
                + ", mode=" + values.mode
                + ", timeout=" + values.timeout
                + ", connectTimeout=" + values.connectTimeout
                + ", requestQueueSize=" + values.requestQueueSize
                + ", topologyRefresh=" + values.topologyRefresh
                + ", clientName=" + values.clientName
                + ", trustStore=" + values.trustStore
                + ", verifyPeer=" + values.verifyPeer
                + ", startWithoutServer=" + values.startWithoutServer + "]";
    }

    private static String text(String option, String value) {
        if (requireNonNull(value, option).isEmpty()) {
            throw new IllegalArgumentException(option + " must not be empty");
        }
        return value;
    }

    private static Duration positive(String option, Duration value) {
        if (value.compareTo(Duration.ofMillis(1)) < 0) {
            throw new IllegalArgumentException(option + " must be at least 1 ms: " + value);
        }
        return value;
    }

    /** Never changed once it is in a {@code RedisConfig}. */
    private static final class Values {
        String name = "redis";
        List<RedisUri.Server> servers = List.of();
        boolean tls;

        @Nullable
        String username;

        @Nullable
        String password;

        int database;
        Mode mode = Mode.AUTO;
        Duration timeout = Duration.ofMillis(200);
        Duration connectTimeout = Duration.ofMillis(300);
        int requestQueueSize = 10_000;
        Duration topologyRefresh = Duration.ofSeconds(2);
        String clientName = "tiercel";

        @Nullable
        Path trustStore;

        String trustStorePassword = "";
        boolean verifyPeer = true;
        boolean startWithoutServer;

        Values copy() {
            Values copy = new Values();
            copy.name = name;
            copy.servers = servers;
            copy.tls = tls;
            copy.username = username;
            copy.password = password;
            copy.database = database;
            copy.mode = mode;
            copy.timeout = timeout;
            copy.connectTimeout = connectTimeout;
            copy.requestQueueSize = requestQueueSize;
            copy.topologyRefresh = topologyRefresh;
            copy.clientName = clientName;
            copy.trustStore = trustStore;
            copy.trustStorePassword = trustStorePassword;
            copy.verifyPeer = verifyPeer;
            copy.startWithoutServer = startWithoutServer;
            return copy;
        }
    }
}
