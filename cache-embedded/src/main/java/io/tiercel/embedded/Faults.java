package io.tiercel.embedded;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.function.Predicate;

/**
 * What a {@link FaultProxy} does to some of its connections. Faults add up until {@link #pass} ends them all. Safe for
 * use by any thread.
 */
public final class Faults {

    /** Which way the bytes go. */
    public enum Direction {
        /** From the client to the server. */
        TO_SERVER,
        /** From the server to the client. */
        TO_CLIENT
    }

    private static final Duration LONGEST_DELAY = Duration.ofMinutes(1);

    private final FaultProxy proxy;
    private final Predicate<ProxyLink> which;
    private volatile boolean frozenToServer;
    private volatile boolean frozenToClient;
    private volatile long delayToServer;
    private volatile long delayToClient;
    private volatile boolean refusing;

    Faults(FaultProxy proxy, Predicate<ProxyLink> which) {
        this.proxy = proxy;
        this.which = which;
    }

    /** Ends every fault; what was held is forwarded. */
    public void pass() {
        frozenToServer = false;
        frozenToClient = false;
        delayToServer = 0;
        delayToClient = 0;
        refusing = false;
        proxy.settle();
    }

    /** Keeps the connections and forwards nothing; new ones are taken and frozen too. */
    public void freeze() {
        frozenToServer = true;
        frozenToClient = true;
        proxy.settle();
    }

    /** Forwards nothing in one direction: half-open connections. */
    public void freeze(Direction direction) {
        if (requireNonNull(direction, "direction") == Direction.TO_SERVER) {
            frozenToServer = true;
        } else {
            frozenToClient = true;
        }
        proxy.settle();
    }

    /** Forwards everything in that direction so much later. Zero to one minute. */
    public void delay(Direction direction, Duration delay) {
        if (delay.isNegative() || delay.compareTo(LONGEST_DELAY) > 0) {
            throw new IllegalArgumentException("delay must be from zero to " + LONGEST_DELAY + ": " + delay);
        }
        if (requireNonNull(direction, "direction") == Direction.TO_SERVER) {
            delayToServer = delay.toNanos();
        } else {
            delayToClient = delay.toNanos();
        }
        proxy.settle();
    }

    /** Drops the connections that there are, at both ends, with a TCP reset; what was under way is lost. */
    public void reset() {
        proxy.reset(which);
    }

    /**
     * Forwards nothing any more over the connections that there are, and closes none of them, as a firewall does that has
     * forgotten them. New ones are not concerned; {@link #pass} does not end it.
     */
    public void abandon() {
        proxy.abandon(which);
    }

    /** Resets each new connection at once; with a client's name, as soon as it says that name. */
    public void refuse() {
        refusing = true;
        proxy.settle();
    }

    boolean isFrozen(Direction direction) {
        return direction == Direction.TO_SERVER ? frozenToServer : frozenToClient;
    }

    long delayNanos(Direction direction) {
        return direction == Direction.TO_SERVER ? delayToServer : delayToClient;
    }

    boolean isRefusing() {
        return refusing;
    }
}
