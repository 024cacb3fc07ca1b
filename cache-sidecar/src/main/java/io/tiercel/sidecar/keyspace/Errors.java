package io.tiercel.sidecar.keyspace;

import java.nio.charset.StandardCharsets;

/**
 * Error replies of the cache's own. Their first words are none of Redis' own: clients try again, and some of them with
 * ten new connections, when they read LOADING, TRYAGAIN or CLUSTERDOWN.
 */
public final class Errors {
    /** Redis did not answer in time. */
    public static final byte[] TIMEOUT = of(
            "TIMEOUT Redis did not answer in time; a write may have been done. See redis-timeout, and /api/health for its state");

    static final byte[] BYPASSED = of("TIERDOWN Redis is bypassed by an operator, see POST /admin/tiers/l2");
    static final byte[] READ_ONLY = of("TIERDOWN Redis is read-only by an operator, see POST /admin/tiers/l2");

    private Errors() {}

    /** An error reply; the text begins with its code and has no line ends. */
    public static byte[] of(String text) {
        return ("-" + text.replace('\r', ' ').replace('\n', ' ') + "\r\n").getBytes(StandardCharsets.UTF_8);
    }
}
