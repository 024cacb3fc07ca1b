package io.tiercel.cache.fleet;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntSupplier;

/**
 * This instance's share of something of which there is so much for all together, such as calls to a database at once.
 * What all instances use never adds up to more, also while their number changes: who comes late waits until the others
 * have let go. While Redis cannot be asked each keeps what it has.
 *
 * <p>Until Redis has been asked for the first time there is no share, and if it cannot be asked that of one of
 * {@link FleetSettings#expected} instances.
 *
 * <p>Thread-safe.
 */
public final class FleetBudget {
    private final String name;
    private final int limit;
    private final int alone;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile IntSupplier inUse = () -> 0;
    private volatile boolean heard;
    private volatile int share;
    private volatile int target;

    FleetBudget(String name, int limit, int expected) {
        this.name = name;
        this.limit = limit;
        this.alone = Math.max(1, limit / expected);
        this.target = alone;
    }

    /** Its name, the same in all instances. */
    public String name() {
        return name;
    }

    /** What there is for all together. */
    public int limit() {
        return limit;
    }

    /** How much this instance may use now; 0 or more. */
    public int share() {
        return share;
    }

    /** How much it will be when the others have let go; 0 or more. */
    public int target() {
        return target;
    }

    /** Says how much of it is in use, which may be more than the share when that has just become smaller. */
    public void inUse(IntSupplier inUse) {
        this.inUse = requireNonNull(inUse, "inUse");
    }

    /** Told when the share has changed, on a thread that must not be kept. */
    public void onChange(Runnable listener) {
        listeners.add(requireNonNull(listener, "listener"));
    }

    Heartbeat.Claim claim() {
        return new Heartbeat.Claim(limit, Math.max(share, inUse.getAsInt()));
    }

    /** Whether it changes what this instance says it holds, so that the others should know soon. */
    boolean granted(Heartbeat.Grant grant) {
        heard = true;
        int before = share;
        target = grant.target();
        share = Math.min(grant.target(), grant.granted());
        if (share != before) {
            listeners.forEach(Runnable::run);
        }
        return share < before;
    }

    /** Redis could not be asked; if it never was, this instance takes what it would have of a full fleet. */
    void unheard() {
        if (!heard) {
            boolean unused = granted(new Heartbeat.Grant(alone, alone));
        }
    }

    /** Whether the others have not let go of all that this instance shall have. */
    boolean isShort() {
        return share < target;
    }
}
