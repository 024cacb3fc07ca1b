package io.tiercel.sidecar.config;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations and sizes as people write them. */
final class Units {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,12})(ms|s|m|h|d)");
    private static final Pattern SIZE = Pattern.compile("(\\d{1,15})(|b|[kmg]b?|[kmg]ib)");
    private static final Map<String, Long> MILLIS =
            Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);

    private Units() {}

    static Duration duration(String text) throws BadValueException {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new BadValueException(whyNoDuration(text));
        }
        long millisPerUnit = MILLIS.getOrDefault(matcher.group(2), 1L);
        try {
            return Duration.ofMillis(Math.multiplyExact(Long.parseLong(matcher.group(1)), millisPerUnit));
        } catch (ArithmeticException e) {
            throw new BadValueException("too long");
        }
    }

    private static String whyNoDuration(String text) {
        if (text.matches("\\d{1,12}")) {
            return "a number needs a unit: " + text + "s for seconds, " + text + "ms for milliseconds";
        }
        if (text.matches("\\d+[.,]\\d+(ms|s|m|h|d)")) {
            return "only whole numbers, so 1500ms rather than 1.5s";
        }
        if (text.startsWith("-")) {
            return "must not be negative";
        }
        return "the units are ms, s, m, h and d, as in 200ms or 5s";
    }

    /** In bytes. */
    static long size(String text) throws BadValueException {
        Matcher matcher = SIZE.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new BadValueException(
                    text.startsWith("-") ? "must not be negative" : "the units are k, m and g, as in 512k or 64m");
        }
        String unit = matcher.group(2);
        int shift = unit.startsWith("k") ? 10 : unit.startsWith("m") ? 20 : unit.startsWith("g") ? 30 : 0;
        try {
            return Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << shift);
        } catch (ArithmeticException e) {
            throw new BadValueException("too large");
        }
    }

    /** In the largest unit in which it is a whole number. */
    static String text(Duration duration) {
        long millis = duration.toMillis();
        if (millis == 0) {
            return "0s";
        }
        for (String unit : new String[] {"d", "h", "m", "s"}) {
            long length = MILLIS.getOrDefault(unit, 1L);
            if (millis % length == 0) {
                return millis / length + unit;
            }
        }
        return millis + "ms";
    }

    /** In the largest unit in which it is a whole number. */
    static String size(long bytes) {
        if (bytes != 0 && bytes % (1L << 30) == 0) {
            return (bytes >> 30) + "g";
        }
        if (bytes != 0 && bytes % (1L << 20) == 0) {
            return (bytes >> 20) + "m";
        }
        return bytes != 0 && bytes % (1L << 10) == 0 ? (bytes >> 10) + "k" : Long.toString(bytes);
    }
}
