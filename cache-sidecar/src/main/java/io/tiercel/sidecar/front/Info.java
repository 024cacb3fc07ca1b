package io.tiercel.sidecar.front;

import io.tiercel.sidecar.resp.Reply;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** What {@code INFO} says: enough for clients to be content, and the cache's own section. */
final class Info {
    private Info() {}

    static void write(Invocation invocation) {
        Set<String> wanted = new TreeSet<>();
        for (int i = 1; i < invocation.count(); i++) {
            wanted.add(invocation.request().text(i).toLowerCase(Locale.ROOT));
        }
        boolean all = wanted.isEmpty()
                || wanted.contains("all")
                || wanted.contains("everything")
                || wanted.contains("default");
        StringBuilder text = new StringBuilder();
        sections(invocation.loop().front()).forEach((name, lines) -> {
            if (all || wanted.contains(name.toLowerCase(Locale.ROOT))) {
                text.append(text.isEmpty() ? "" : "\r\n")
                        .append("# ")
                        .append(name)
                        .append("\r\n");
                lines.forEach((key, value) ->
                        text.append(key).append(':').append(value).append("\r\n"));
            }
        });
        Reply.verbatim(invocation.reply(), invocation.protocol(), text.toString());
    }

    private static Map<String, Map<String, Object>> sections(Front front) {
        Gauges gauges = front.gauges();
        CacheStatistics statistics = CacheStatistics.of(front);
        Map<String, Map<String, Object>> sections = new LinkedHashMap<>();
        long uptime = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - front.startedAt());
        sections.put(
                "Server",
                lines(
                        "redis_version",
                        ConnectionCommands.REDIS_VERSION,
                        "redis_git_sha1",
                        "00000000",
                        "redis_git_dirty",
                        0,
                        "redis_mode",
                        "standalone",
                        "os",
                        System.getProperty("os.name") + " " + System.getProperty("os.arch"),
                        "arch_bits",
                        64,
                        "process_id",
                        ProcessHandle.current().pid(),
                        "run_id",
                        front.runId(),
                        "tcp_port",
                        front.port(),
                        "uptime_in_seconds",
                        uptime,
                        "uptime_in_days",
                        uptime / 86_400,
                        "tiercel_version",
                        front.version()));
        sections.put(
                "Clients",
                lines(
                        "connected_clients", gauges.connections.get(),
                        "maxclients", front.settings().maxConnections(),
                        "blocked_clients", 0));
        Runtime runtime = Runtime.getRuntime();
        sections.put(
                "Memory",
                lines(
                        "used_memory",
                        runtime.totalMemory() - runtime.freeMemory(),
                        "mem_clients_normal",
                        gauges.heldBytes.get() + gauges.unreadBytes.get(),
                        "maxmemory",
                        0,
                        "maxmemory_policy",
                        "noeviction"));
        sections.put(
                "Persistence",
                lines(
                        "loading",
                        0,
                        "async_loading",
                        0,
                        "rdb_changes_since_last_save",
                        0,
                        "rdb_bgsave_in_progress",
                        0,
                        "aof_enabled",
                        0,
                        "aof_rewrite_in_progress",
                        0));
        sections.put(
                "Stats",
                lines(
                        "total_connections_received", gauges.connectionsOpened.sum(),
                        "total_commands_processed", gauges.commands.sum(),
                        "rejected_connections", gauges.connectionsRefused.sum(),
                        "keyspace_hits", statistics.hits(),
                        "keyspace_misses", statistics.misses()));
        long cpuMillis = ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .orElse(Duration.ZERO)
                .toMillis();
        sections.put("CPU", lines("used_cpu_sys", "0.000000", "used_cpu_user", cpuMillis / 1_000.0));
        sections.put("Replication", lines("role", "master", "connected_slaves", 0, "master_repl_offset", 0));
        sections.put("Cluster", lines("cluster_enabled", 0));
        sections.put("Tiercel", statistics.lines());
        sections.put("Keyspace", Map.of());
        return sections;
    }

    private static Map<String, Object> lines(Object... pairs) {
        Map<String, Object> lines = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            lines.put((String) pairs[i], pairs[i + 1]);
        }
        return lines;
    }
}
