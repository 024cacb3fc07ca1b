package io.tiercel.cache.fleet;

/** A change was meant for another version of what the operators have set, and was not made. */
public final class FleetVersionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long current;

    FleetVersionException(long current, long wanted) {
        super("the configuration of the fleet is at version " + current + ", not " + wanted);
        this.current = current;
    }

    /** The version that there is. */
    public long current() {
        return current;
    }
}
