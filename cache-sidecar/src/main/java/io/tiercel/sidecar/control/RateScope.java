package io.tiercel.sidecar.control;

/** Who shares a token bucket. */
public enum RateScope {
    /** All clients of this sidecar: each sidecar has a bucket of its own. */
    POD,
    /** All clients of all sidecars of the fleet: one bucket in Redis. Without Redis as {@link #POD}. */
    FLEET,
    /** One address that clients connect from, at this sidecar. All clients of the Unix socket are one. */
    CLIENT
}
