package io.tiercel.sidecar.http;

import org.jspecify.annotations.Nullable;

/**
 * A request that has been let in, with its body.
 *
 * @param parameter what the path has in place of its {@code {name}}, decoded; empty if it has none
 * @param options what the query says
 * @param ifVersion the version of the configuration that the caller has seen; null for any
 * @param by who is asking, for the audit
 */
record Exchange(
        String parameter,
        Body body,
        Options options,
        @Nullable Long ifVersion,
        String by) {
    /** Whether only to say what would change. */
    boolean dryRun() {
        return options.dryRun();
    }
}
