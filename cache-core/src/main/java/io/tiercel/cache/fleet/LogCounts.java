package io.tiercel.cache.fleet;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Counts by name, of one instance or of several together.
 *
 * @param sums what is added up, 0 or more each; 40 names at most, each 1 to 32 of {@code a-z 0-9 _}
 * @param highest of which the highest counts; likewise
 */
public record LogCounts(Map<String, Long> sums, Map<String, Long> highest) {
    /** Of nobody. */
    public static final LogCounts NONE = new LogCounts(Map.of(), Map.of());

    private static final Pattern NAME = Pattern.compile("[a-z0-9_]{1,32}");
    private static final int MOST = 40;
    private static final int LONGEST = 4_096;

    /**
     * Copies both.
     *
     * @throws IllegalArgumentException that names what is out of range
     */
    public LogCounts {
        sums = checked("sums", sums);
        highest = checked("highest", highest);
    }

    private static Map<String, Long> checked(String what, Map<String, Long> counts) {
        if (counts.size() > MOST) {
            throw new IllegalArgumentException(what + " must be " + MOST + " at most: " + counts.size());
        }
        counts.forEach((name, count) -> {
            if (!NAME.matcher(name).matches() || count < 0) {
                throw new IllegalArgumentException(
                        what + " must have names of 1 to 32 of a-z 0-9 _ and counts of 0 or more");
            }
        });
        return Map.copyOf(counts);
    }

    /** How many there are of that name; 0 if there are none. */
    public long sum(String name) {
        return sums.getOrDefault(name, 0L);
    }

    /** Both together. */
    public LogCounts plus(LogCounts other) {
        Map<String, Long> added = new HashMap<>(sums);
        other.sums.forEach((name, count) -> added.merge(name, count, LogCounts::added));
        Map<String, Long> higher = new HashMap<>(highest);
        other.highest.forEach((name, value) -> higher.merge(name, value, Math::max));
        return new LogCounts(added, higher);
    }

    /** What others say may be anything: a sum stays a number that is not negative. */
    private static long added(long one, long other) {
        long sum = one + other;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }

    /** As {@code hits=12,reads=20/p99=1350}. */
    String encode() {
        return text(sums) + "/" + text(highest);
    }

    private static String text(Map<String, Long> counts) {
        return new TreeMap<>(counts)
                .entrySet().stream()
                        .map(each -> each.getKey() + "=" + each.getValue())
                        .collect(Collectors.joining(","));
    }

    /** @throws IllegalArgumentException if it was not encoded so */
    static LogCounts decode(String text) {
        int slash = text.indexOf('/');
        if (slash < 0 || text.length() > LONGEST) {
            throw new IllegalArgumentException(
                    "counts are sums, a slash, and what is highest, 4096 characters at most");
        }
        return new LogCounts(counts(text.substring(0, slash)), counts(text.substring(slash + 1)));
    }

    private static Map<String, Long> counts(String text) {
        Map<String, Long> counts = new HashMap<>();
        if (text.isEmpty()) {
            return counts;
        }
        for (String part : text.split(",", MOST + 2)) {
            int equals = part.indexOf('=');
            if (equals < 1 || counts.put(part.substring(0, equals), Long.valueOf(part.substring(equals + 1))) != null) {
                throw new IllegalArgumentException("counts are written as different names, each with = and a number");
            }
        }
        return counts;
    }
}
