package io.tiercel.cache.fleet.scaling;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What this process' control group uses of the processors and the memory that it may use; versions 1 and 2 (Linux kernel
 * documentation, "Control Group v2" and "Control Groups version 1"). It is the group's, so a container's, not the process'.
 * A file that is not there or says something else makes its number unknown, never an error.
 *
 * <p>Not thread-safe: for one scheduler thread. Reads a few small files.
 */
public final class CgroupReader {
    /** From here on a limit of version 1 is none: the kernel writes the largest multiple of a page. */
    private static final long NO_LIMIT = Long.MAX_VALUE / 2;

    private static final int LARGEST_FILE = 64 * 1024;

    private final Path root;
    private final int machineCpus;
    private long lastCpuNanos = -1;
    private long lastNanos;

    /** Of this process. */
    public static CgroupReader ofThisProcess() {
        return new CgroupReader(Path.of("/"), Runtime.getRuntime().availableProcessors());
    }

    /**
     * Of the process to which {@code proc/self/cgroup} below the root belongs.
     *
     * @param root has {@code proc} and {@code sys/fs/cgroup}
     * @param machineCpus the processors if none are allotted; 1 at least
     */
    public CgroupReader(Path root, int machineCpus) {
        Fields.between("machineCpus", machineCpus, 1, 1_000_000);
        this.root = root;
        this.machineCpus = machineCpus;
    }

    /**
     * Looks now.
     *
     * @param nanos the time as {@link System#nanoTime()} tells it
     */
    public CgroupUse read(long nanos) {
        Path mount = root.resolve("sys/fs/cgroup");
        boolean unified = Files.exists(mount.resolve("cgroup.controllers"));
        OptionalLong used =
                unified ? unifiedCpuNanos(mount) : number(own(mount, "cpuacct").resolve("cpuacct.usage"));
        double cpus = unified ? unifiedCpus(mount) : legacyCpus(mount);
        OptionalLong limit = unified ? unifiedMemoryLimit(mount) : legacyMemoryLimit(mount);
        return new CgroupUse(share(used, cpus, nanos), memory(unified, mount, limit), limit);
    }

    private OptionalDouble share(OptionalLong usedNanos, double cpus, long nanos) {
        if (usedNanos.isEmpty()) {
            lastCpuNanos = -1;
            return OptionalDouble.empty();
        }
        long used = usedNanos.getAsLong();
        long spent = used - lastCpuNanos;
        long passed = nanos - lastNanos;
        boolean first = lastCpuNanos < 0;
        lastCpuNanos = used;
        lastNanos = nanos;
        // A group that has been moved begins anew.
        return first || spent < 0 || passed <= 0 ? OptionalDouble.empty() : OptionalDouble.of(spent / (passed * cpus));
    }

    private OptionalDouble memory(boolean unified, Path mount, OptionalLong limit) {
        Path own = unified ? own(mount, "") : own(mount, "memory");
        OptionalLong used = number(own.resolve(unified ? "memory.current" : "memory.usage_in_bytes"));
        OptionalLong of = limit.isPresent() ? limit : machineMemory();
        if (used.isEmpty() || of.isEmpty() || of.getAsLong() <= 0) {
            return OptionalDouble.empty();
        }
        long untouched = named(own.resolve("memory.stat"), unified ? "inactive_file" : "total_inactive_file")
                .orElse(0);
        long working = Math.max(0, used.getAsLong() - Math.max(0, untouched));
        return OptionalDouble.of((double) working / of.getAsLong());
    }

    // ---- version 2

    private OptionalLong unifiedCpuNanos(Path mount) {
        OptionalLong micros = named(own(mount, "").resolve("cpu.stat"), "usage_usec");
        return micros.isPresent() ? OptionalLong.of(micros.getAsLong() * 1_000) : micros;
    }

    /** The least that the group or one above it may have. */
    private double unifiedCpus(Path mount) {
        double cpus = machineCpus;
        for (Path at = own(mount, "");
                at.startsWith(mount);
                at = at.resolve("..").normalize()) {
            String[] parts = text(at.resolve("cpu.max")).split(" ", 3);
            if (parts.length == 2) {
                cpus = Math.min(cpus, quota(whole(parts[0]), whole(parts[1])));
            }
        }
        return cpus;
    }

    private OptionalLong unifiedMemoryLimit(Path mount) {
        long limit = Long.MAX_VALUE;
        for (Path at = own(mount, "");
                at.startsWith(mount);
                at = at.resolve("..").normalize()) {
            limit = Math.min(limit, number(at.resolve("memory.max")).orElse(Long.MAX_VALUE));
        }
        return limit >= NO_LIMIT ? OptionalLong.empty() : OptionalLong.of(limit);
    }

    // ---- version 1

    private double legacyCpus(Path mount) {
        Path own = own(mount, "cpu");
        return Math.min(
                machineCpus, quota(number(own.resolve("cpu.cfs_quota_us")), number(own.resolve("cpu.cfs_period_us"))));
    }

    private OptionalLong legacyMemoryLimit(Path mount) {
        OptionalLong limit = number(own(mount, "memory").resolve("memory.limit_in_bytes"));
        return limit.orElse(NO_LIMIT) >= NO_LIMIT ? OptionalLong.empty() : limit;
    }

    private static double quota(OptionalLong quota, OptionalLong period) {
        boolean limited = quota.orElse(-1) > 0 && period.orElse(0) > 0;
        return limited ? (double) quota.getAsLong() / period.getAsLong() : Double.MAX_VALUE;
    }

    // ---- files

    /**
     * The process' group below the mount. In a container the path may be the machine's while the mount shows the group alone:
     * then it is the mount itself.
     *
     * @param controller of version 1; empty for version 2
     */
    private Path own(Path mount, String controller) {
        Path base = controller.isEmpty() ? mount : mount.resolve(controller);
        for (String line : text(root.resolve("proc/self/cgroup")).split("\n", 100)) {
            String[] parts = line.split(":", 3);
            if (parts.length == 3 && List.of(parts[1].split(",", 20)).contains(controller)) {
                Path own = base.resolve(parts[2].replaceFirst("^/+", "")).normalize();
                return own.startsWith(base) && Files.isDirectory(own) ? own : base;
            }
        }
        return base;
    }

    private OptionalLong machineMemory() {
        OptionalLong kilobytes = named(root.resolve("proc/meminfo"), "MemTotal:");
        return kilobytes.isPresent() ? OptionalLong.of(kilobytes.getAsLong() * 1_024) : kilobytes;
    }

    private static OptionalLong named(Path file, String name) {
        for (String line : text(file).split("\n", 1_000)) {
            String[] parts = line.split("\\s+", 3);
            if (parts.length >= 2 && parts[0].equals(name)) {
                return whole(parts[1]);
            }
        }
        return OptionalLong.empty();
    }

    private static OptionalLong number(Path file) {
        return whole(text(file));
    }

    private static OptionalLong whole(String text) {
        try {
            return OptionalLong.of(Long.parseLong(text));
        } catch (NumberFormatException e) {
            // "max", or no such file: no number either way.
            return OptionalLong.empty();
        }
    }

    private static String text(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(LARGEST_FILE), US_ASCII).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
