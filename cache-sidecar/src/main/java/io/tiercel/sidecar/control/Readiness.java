package io.tiercel.sidecar.control;

import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Whether clients should be sent here. Thread-safe. */
public final class Readiness {
    private final BooleanSupplier draining;
    private final BooleanSupplier warming;
    private volatile boolean started;
    private volatile boolean configured = true;
    private volatile @Nullable String unable;

    Readiness(BooleanSupplier draining, BooleanSupplier warming) {
        this.draining = draining;
        this.warming = warming;
    }

    /** Says that clients can connect from now on. */
    public void started() {
        started = true;
    }

    /** Says whether it is known what was set for the fleet, or known that it cannot be found out. */
    public void configured(boolean configured) {
        this.configured = configured;
    }

    /** Whether clients can connect. */
    public boolean isStarted() {
        return started;
    }

    /**
     * Says that the process cannot serve anybody any more and should be restarted, whatever Redis does.
     *
     * @param reason null when it can serve again
     */
    public void unable(@Nullable String reason) {
        unable = reason;
    }

    /** Why the process cannot serve anybody, null if it can. */
    public @Nullable String unable() {
        return unable;
    }

    /** Whether clients are being sent away. */
    public boolean draining() {
        return draining.getAsBoolean();
    }

    /** Whether clients should be sent here. */
    public boolean ready() {
        return obstacle().isEmpty();
    }

    /** Why clients should not be sent here, empty if they should. */
    public String obstacle() {
        String reason = unable;
        if (reason != null) {
            return reason;
        }
        if (!started) {
            return "starting";
        }
        if (draining()) {
            return "draining";
        }
        if (!configured) {
            return "reading the fleet's configuration";
        }
        return warming.getAsBoolean() ? "warming up" : "";
    }
}
