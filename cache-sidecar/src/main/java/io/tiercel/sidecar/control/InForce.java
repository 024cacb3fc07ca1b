package io.tiercel.sidecar.control;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a setting is now.
 *
 * @param field null for one that cannot be changed while the sidecar runs
 * @param name {@link LiveField#label()}, or the name on the command line
 * @param value as in JSON
 * @param text for people, with its unit
 * @param source {@code default}, {@code file}, {@code environment}, {@code flag} or {@code override}
 * @param since when it was overridden, null if it is not
 * @param expiresAt when it goes back by itself, null for never
 */
public record InForce(
        @Nullable LiveField field,
        String name,
        Object value,
        String text,
        String source,
        @Nullable Instant since,
        @Nullable Instant expiresAt) {}
