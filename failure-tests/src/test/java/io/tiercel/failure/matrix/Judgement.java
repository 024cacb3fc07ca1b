package io.tiercel.failure.matrix;

import io.tiercel.failure.matrix.Limits.Writes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which promises of a row what was measured breaks.
 *
 * @param slack by how much a busy machine may miss a limit of latency, 1 for none
 */
record Judgement(double slack) {
    /** A pause of the scheduler or of the collector that has nothing to do with any limit. */
    private static final long HICCUP_NANOS = Duration.ofMillis(25).toNanos();

    static Judgement exact() {
        return new Judgement(1);
    }

    List<String> broken(Row row, Measured measured) {
        Limits limits = row.limits();
        List<String> broken = new ArrayList<>(measured.broken());
        if (measured.failedReads() > 0) {
            broken.add("reads failed: " + measured.readErrors());
        }
        if (measured.foreign() > 0) {
            broken.add(measured.foreign() + " values of other keys");
        }
        if (measured.monotonic() > 0 && limits.stale() != null) {
            broken.add(measured.monotonic() + " reads of something older than was read before");
        }
        if (!measured.hung().isEmpty()) {
            broken.add("hung: " + measured.hung());
        }
        late(
                broken,
                "first p99",
                limits.first(),
                measured.first().p99(),
                measured.healthy().p99());
        late(
                broken,
                "later p99",
                limits.later(),
                measured.later().p99(),
                measured.healthy().p99());
        late(broken, "hot p99", limits.hot(), measured.hot().p99(), 0);
        if (limits.stale() != null && measured.oldestNanos() > limits.stale().toNanos() * Math.min(slack, 1.2)) {
            broken.add("oldest answer " + Texts.ofNanos(measured.oldestNanos()));
        }
        writes(broken, limits.writes(), measured);
        recovery(broken, limits, measured);
        return broken;
    }

    /** A machine that is slow when all is well may be as slow in a fault, and twice that. */
    private void late(List<String> broken, String what, @Nullable Duration limit, long nanos, long healthy) {
        if (limit == null) {
            return;
        }
        long allowed =
                slack == 1 ? limit.toNanos() : Math.max((long) (limit.toNanos() * slack) + HICCUP_NANOS, 2 * healthy);
        if (nanos > allowed) {
            broken.add(what + " " + Texts.ofNanos(nanos));
        }
    }

    private void recovery(List<String> broken, Limits limits, Measured measured) {
        if (measured.recoveryNanos() < 0) {
            broken.add("did not recover: " + measured.missing());
        } else if (limits.recovery() != null
                && measured.recoveryNanos() > limits.recovery().toNanos() * Math.min(slack, 2)) {
            broken.add("recovered after " + Texts.ofNanos(measured.recoveryNanos()));
        }
    }

    private static void writes(List<String> broken, Writes expected, Measured measured) {
        measured.writeErrors().keySet().stream()
                .filter(error -> !error.equals("CacheWriteException"))
                .forEach(error -> broken.add("a write failed with " + error));
        Measured.Writes puts = measured.puts();
        Measured.Writes removals = measured.removals();
        switch (expected) {
            case ACCEPTED -> {
                accepted(broken, "puts", puts);
                accepted(broken, "removals", removals);
            }
            case REFUSED -> {
                refused(broken, "puts", puts);
                refused(broken, "removals", removals);
            }
            case PUTS_REFUSED -> {
                refused(broken, "puts", puts);
                accepted(broken, "removals", removals);
            }
            case MAY_FAIL, NONE -> {}
        }
    }

    private static void accepted(List<String> broken, String what, Measured.Writes writes) {
        if (writes.failed() * 50 > writes.accepted() + 50) {
            broken.add(writes.failed() + " " + what + " failed");
        }
    }

    private static void refused(List<String> broken, String what, Measured.Writes writes) {
        if (writes.accepted() > 0) {
            broken.add(writes.accepted() + " " + what + " were accepted");
        }
    }
}
