package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Which of an application's metrics are read.
 *
 * @param cpu a share of the processors; the first sample counts
 * @param memoryUsed bytes in use; samples with the memory label are summed
 * @param memoryMax bytes at most; samples with the memory label that are positive are summed, as pools without a limit say -1
 * @param memoryLabel {@code name=value}, what samples of memory need to have; empty for none
 * @param connections to the database, in order of preference, 1 to 8: the samples of the first name that is there are summed
 */
public record ScrapeNames(
        String cpu, String memoryUsed, String memoryMax, String memoryLabel, List<String> connections) {
    /**
     * Micrometer's: {@code process_cpu_usage}, {@code jvm_memory_used_bytes} and {@code jvm_memory_max_bytes} of the heap,
     * {@code hikaricp_connections} (open ones, which is what a database counts), else {@code hikaricp_connections_active}.
     */
    public static final ScrapeNames MICROMETER = new ScrapeNames(
            "process_cpu_usage",
            "jvm_memory_used_bytes",
            "jvm_memory_max_bytes",
            "area=heap",
            List.of("hikaricp_connections", "hikaricp_connections_active"));

    /** Refuses, by name, what is no name of a metric. */
    public ScrapeNames {
        name("cpu", cpu);
        name("memoryUsed", memoryUsed);
        name("memoryMax", memoryMax);
        requireNonNull(memoryLabel, "memoryLabel");
        if (!memoryLabel.isEmpty() && !memoryLabel.matches("[a-zA-Z_][a-zA-Z0-9_]{0,99}=[^\"\\\\\\p{Cntrl}]{0,200}")) {
            throw new IllegalArgumentException("memoryLabel must be name=value: " + Fields.shown(memoryLabel));
        }
        connections = List.copyOf(connections);
        Fields.between("connections", connections.size(), 1, 8);
        connections.forEach(name -> name("connections", name));
    }

    private static void name(String field, String name) {
        if (!name.matches("[a-zA-Z_:][a-zA-Z0-9_:]{0,199}")) {
            throw new IllegalArgumentException(field + " must be the name of a metric: " + Fields.shown(name));
        }
    }
}
