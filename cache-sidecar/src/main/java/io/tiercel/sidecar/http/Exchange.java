package io.tiercel.sidecar.http;

import org.jspecify.annotations.Nullable;

/**
 * A request that has been let in, with its body.
 *
 * @param parameter what the path has in place of its {@code {name}}, decoded; empty if it has none
 * @param dryRun whether only to say what would change
 * @param ifVersion the version of the configuration that the caller has seen; null for any
 */
record Exchange(
        String parameter,
        Body body,
        boolean dryRun,
        @Nullable Long ifVersion) {}
