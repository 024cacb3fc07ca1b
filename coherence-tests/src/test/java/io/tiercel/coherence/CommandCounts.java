package io.tiercel.coherence;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.tiercel.embedded.RedisNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Function;

/**
 * How many commands the primaries were given, by {@code INFO commandstats}, over connections round the proxies. What
 * clients send whether anything happens or not (heartbeats, topology, connecting) is left out. Not thread-safe.
 */
final class CommandCounts implements AutoCloseable {
    private static final List<String> ALWAYS =
            List.of("cluster", "client", "hello", "info", "config", "ping", "command");

    private final RedisClient client = RedisClient.create();
    private final List<StatefulRedisConnection<String, String>> primaries = new ArrayList<>();

    CommandCounts(Collection<RedisNode> nodes) {
        for (RedisNode node : nodes) {
            primaries.add(client.connect(RedisURI.builder()
                    .withHost("127.0.0.1")
                    .withPort(node.directPort())
                    .withClientName("nemesis")
                    .build()));
        }
    }

    /** {@code CONFIG RESETSTAT}: begins at nought. */
    void reset() {
        all(connection -> connection.async().configResetstat());
    }

    /** The commands since, by name and number, of all primaries together. */
    Map<String, Long> counts() {
        Map<String, Long> counts = new TreeMap<>();
        for (String info : all(connection -> connection.async().info("commandstats"))) {
            info.lines().filter(line -> line.startsWith("cmdstat_")).forEach(line -> {
                String name = line.substring("cmdstat_".length(), line.indexOf(':'));
                long calls = Long.parseLong(line.replaceAll(".*:calls=(\\d+).*", "$1"));
                if (ALWAYS.stream().noneMatch(name::startsWith)) {
                    counts.merge(name, calls, Long::sum);
                }
            });
        }
        return counts;
    }

    /** Sent to all before any answer is waited for. */
    private <T> List<T> all(Function<StatefulRedisConnection<String, String>, RedisFuture<T>> question) {
        List<Future<T>> asked = new ArrayList<>();
        primaries.forEach(connection -> asked.add(question.apply(connection)));
        List<T> answers = new ArrayList<>();
        try {
            for (Future<T> one : asked) {
                answers.add(one.get());
            }
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException("a primary does not answer", e);
        }
        return answers;
    }

    @Override
    public void close() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
}
