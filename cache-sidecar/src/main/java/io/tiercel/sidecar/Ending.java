package io.tiercel.sidecar;

import static java.util.Objects.requireNonNull;

import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ends the process in order, also on SIGTERM and Ctrl-C. The virtual machine would then exit with 143 or 130, whatever its
 * hooks do, which orchestrators report as a failure; so the hook itself halts it with the right code.
 */
final class Ending {
    /** How much longer than it should a drain may take before it is given up. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final Running running;
    private final Duration drainTimeout;
    private final PrintStream err;
    private final AtomicInteger code = new AtomicInteger(Main.ENDED);

    Ending(Running running, Duration drainTimeout, PrintStream err) {
        this.running = requireNonNull(running, "running");
        this.drainTimeout = requireNonNull(drainTimeout, "drainTimeout");
        this.err = requireNonNull(err, "err");
    }

    void listen() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::end, "end"));
    }

    /** What the process will exit with if it ends by itself. */
    void code(int value) {
        code.set(value);
    }

    private void end() {
        try {
            if (!drained()) {
                err.println("tiercel sidecar: not drained " + GRACE.toSeconds() + " s after the drain-timeout of "
                        + drainTimeout.toMillis() + " ms; giving up");
                code.set(Main.FAILED);
            }
            running.close();
        } catch (RuntimeException e) {
            err.println("tiercel sidecar: it could not end in order: " + e);
            code.set(Main.FAILED);
        } finally {
            Logs.stop();
            Runtime.getRuntime().halt(code.get());
        }
    }

    /** In a thread of its own, as a drain that hangs must not keep the process. */
    private boolean drained() {
        AtomicInteger failed = new AtomicInteger();
        Thread drain = new Thread(running::drain, "drain");
        drain.setUncaughtExceptionHandler((thread, e) -> {
            err.println("tiercel sidecar: draining failed: " + e);
            failed.set(1);
        });
        drain.setDaemon(true);
        drain.start();
        try {
            drain.join(TimeUnit.NANOSECONDS.toMillis(drainTimeout.plus(GRACE).toNanos()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (failed.get() != 0) {
            code.set(Main.FAILED);
        }
        return !drain.isAlive();
    }
}
