package io.tiercel.sidecar.front;

import io.tiercel.sidecar.control.WarmUpRun.Progress;
import io.tiercel.sidecar.control.WarmUpRun.Skipped;
import io.tiercel.sidecar.control.WarmUpRun.State;
import io.tiercel.sidecar.keyspace.Bringing;

/** What a warm-up has brought so far. Confined to its event loop. */
final class WarmUpTally {
    private final double hitRatio;
    double total;
    double held;
    long read;
    long brought;
    long bytes;
    long memory;
    long ending;
    long large;
    long gone;
    long changed;
    long errors;

    WarmUpTally(double hitRatio) {
        this.hitRatio = hitRatio;
    }

    void add(Bringing.Result result, double weight, int length, long taken) {
        read++;
        switch (result) {
            case KEPT -> {
                brought++;
                held += weight;
                bytes += length;
                memory += taken;
            }
            // Nobody holds these for much longer: they are not missing.
            case GONE -> {
                gone++;
                total -= weight;
            }
            case ENDING -> {
                ending++;
                total -= weight;
            }
            case LARGE -> large++;
            case CHANGED -> changed++;
            case FAILED -> errors++;
        }
    }

    Progress progress(State state, String source, long planned, long elapsed, long eta, String reason) {
        double weight = total <= 1e-9 ? (state == State.RUNNING && planned == 0 ? 0 : 1) : Math.min(1, held / total);
        return new Progress(
                state,
                source,
                planned,
                read,
                brought,
                bytes,
                weight,
                weight * hitRatio,
                elapsed == 0 ? 0 : read * 1_000.0 / elapsed,
                eta,
                elapsed,
                new Skipped(ending, large, gone, changed),
                errors,
                reason);
    }
}
