package io.tiercel.sidecar.http;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Numbers for people. Stateless. */
final class Units {
    private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB"};

    private Units() {}

    static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    static String percent(@Nullable Double share) {
        return share == null ? "–" : String.format(Locale.ROOT, "%.1f %%", share * 100);
    }

    static String bytes(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1_024 && unit < BINARY.length - 1) {
            value /= 1_024;
            unit++;
        }
        return digits(value) + " " + BINARY[unit];
    }

    static String micros(long micros) {
        if (micros < 1_000) {
            return micros + " µs";
        }
        return micros < 1_000_000 ? digits(micros / 1e3) + " ms" : digits(micros / 1e6) + " s";
    }

    static String duration(long millis) {
        long seconds = millis / 1_000;
        if (seconds < 60) {
            return digits(millis / 1e3) + " s";
        }
        if (seconds < 3_600) {
            return seconds / 60 + " min " + seconds % 60 + " s";
        }
        return seconds < 86_400
                ? seconds / 3_600 + " h " + seconds % 3_600 / 60 + " min"
                : seconds / 86_400 + " d " + seconds % 86_400 / 3_600 + " h";
    }

    /** One behind the point where it tells something. */
    private static String digits(double value) {
        return value == Math.rint(value) || value >= 100
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.format(Locale.ROOT, "%.1f", value);
    }
}
