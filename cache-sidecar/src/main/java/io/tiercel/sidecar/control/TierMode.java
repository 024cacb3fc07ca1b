package io.tiercel.sidecar.control;

/** What an operator lets a remote tier be used for. */
public enum TierMode {
    /** Reads and writes. */
    NORMAL,
    /** Reads only: writes are refused (L2) or left out (L3). */
    READ_ONLY,
    /** Not used at all. With L2 bypassed only what is in memory can be served. */
    BYPASS
}
