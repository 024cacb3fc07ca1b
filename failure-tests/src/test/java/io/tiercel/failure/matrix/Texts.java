package io.tiercel.failure.matrix;

import java.time.Duration;
import java.util.Locale;

/** Numbers for people. */
final class Texts {
    private Texts() {}

    static String of(Duration time) {
        if (time.toNanos() > 0 && time.toNanos() < 1_000_000) {
            return Math.max(1, time.toNanos() / 1_000) + " µs";
        }
        double millis = time.toNanos() / 1e6;
        if (millis >= 1_000) {
            return String.format(Locale.ROOT, millis % 1_000 == 0 ? "%.0f s" : "%.1f s", millis / 1_000);
        }
        return String.format(Locale.ROOT, millis >= 10 || millis == Math.rint(millis) ? "%.0f ms" : "%.2f ms", millis);
    }

    static String ofNanos(long nanos) {
        return of(Duration.ofNanos(nanos));
    }
}
