package io.tiercel.cache.tier.memcached;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;

/**
 * How to reach Memcached. Start with {@link #of} and change what differs; each method returns a new value. Immutable.
 *
 * @param name the tier's name in metrics, logs and messages
 * @param servers each {@code host:port}; keys are spread over them by consistent hashing, so that a server more or less
 *     moves only its share of the keys
 * @param timeout how long an operation may take
 * @param queueSize how many operations may wait to be sent to one server, and as many for its answer; more fail at
 *     once
 * @param maximumValueBytes the longest value that is sent; the server's own limit is 1 MiB with key and header
 * @param maxReconnectDelay the pause before a lost connection is opened again, in whole seconds
 */
public record MemcachedConfig(
        String name,
        List<String> servers,
        Duration timeout,
        int queueSize,
        int maximumValueBytes,
        Duration maxReconnectDelay) {
    /** Refuses, by name, what cannot be. */
    public MemcachedConfig {
        if (requireNonNull(name, "name").isEmpty()) {
            throw new IllegalArgumentException("name must not be empty");
        }
        servers = List.copyOf(servers);
        if (servers.isEmpty()) {
            throw new IllegalArgumentException("servers must name at least one host:port, such as cache-1:11211");
        }
        servers.forEach(Address::parse);
        if (timeout.compareTo(Duration.ofMillis(1)) < 0) {
            throw new IllegalArgumentException("timeout must be at least 1 ms: " + timeout);
        }
        if (queueSize < 1) {
            throw new IllegalArgumentException("queueSize must be positive: " + queueSize);
        }
        if (maximumValueBytes < 1) {
            throw new IllegalArgumentException("maximumValueBytes must be positive: " + maximumValueBytes);
        }
        if (maxReconnectDelay.toSeconds() < 1) {
            throw new IllegalArgumentException("maxReconnectDelay must be at least 1 s: " + maxReconnectDelay);
        }
    }

    /** The defaults: 200 ms, 2,000 operations, values up to 1,000,000 bytes, reconnect after 1 s. */
    public static MemcachedConfig of(String... servers) {
        return new MemcachedConfig(
                "memcached", List.of(servers), Duration.ofMillis(200), 2_000, 1_000_000, Duration.ofSeconds(1));
    }

    /** The same with this name in metrics, logs and messages; {@code memcached} unless set. */
    public MemcachedConfig name(String name) {
        return new MemcachedConfig(name, servers, timeout, queueSize, maximumValueBytes, maxReconnectDelay);
    }

    /** The same with these servers, each {@code host:port}. */
    public MemcachedConfig servers(List<String> servers) {
        return new MemcachedConfig(name, servers, timeout, queueSize, maximumValueBytes, maxReconnectDelay);
    }

    /** The same with this longest duration of an operation, at least 1 ms; 200 ms unless set. */
    public MemcachedConfig timeout(Duration timeout) {
        return new MemcachedConfig(name, servers, timeout, queueSize, maximumValueBytes, maxReconnectDelay);
    }

    /** The same with this many operations that may wait for one server, positive; 2,000 unless set. */
    public MemcachedConfig queueSize(int queueSize) {
        return new MemcachedConfig(name, servers, timeout, queueSize, maximumValueBytes, maxReconnectDelay);
    }

    /** The same with this longest value, in bytes, positive; 1,000,000 unless set. */
    public MemcachedConfig maximumValueBytes(int maximumValueBytes) {
        return new MemcachedConfig(name, servers, timeout, queueSize, maximumValueBytes, maxReconnectDelay);
    }

    /** The same with this pause before a lost connection is opened again, at least 1 s; 1 s unless set. */
    public MemcachedConfig maxReconnectDelay(Duration maxReconnectDelay) {
        return new MemcachedConfig(name, servers, timeout, queueSize, maximumValueBytes, maxReconnectDelay);
    }

    /** One of {@link #servers}. */
    record Address(String host, int port) {
        static Address parse(String text) {
            int colon = text.lastIndexOf(':');
            String host = colon < 0 ? "" : text.substring(0, colon);
            if (host.startsWith("[") && host.endsWith("]")) {
                host = host.substring(1, host.length() - 1);
            } else if (host.indexOf(':') >= 0) {
                throw wrong(text);
            }
            String port = text.substring(colon + 1);
            boolean digits = port.length() <= 5 && port.matches("[0-9]+");
            if (host.isEmpty() || host.chars().anyMatch(c -> c <= ' ' || c == '/' || c == '@') || !digits) {
                throw wrong(text);
            }
            int number = Integer.parseInt(port);
            if (number < 1 || number > 65_535) {
                throw wrong(text);
            }
            return new Address(host, number);
        }

        private static IllegalArgumentException wrong(String text) {
            return new IllegalArgumentException(
                    "servers: expected host:port, such as cache-1:11211 or [::1]:11211: '" + text + "'");
        }
    }
}
