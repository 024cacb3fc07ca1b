package io.tiercel.cache.tier;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What became of one key of a bulk operation: a node that fails takes only its own keys with it.
 *
 * <p>Immutable, if the value is.
 *
 * @param <T> the result of the operation for one key
 */
public sealed interface Outcome<T> {
    /**
     * The store answered for this key.
     *
     * @param value the answer; {@code null} for a read says that the store has no such key
     */
    record Done<T>(@Nullable T value) implements Outcome<T> {
        private static final Done<?> NOTHING = new Done<>(null);
    }

    /**
     * The store did not answer for this key, refused it, or answered too late: nothing is known about the key.
     *
     * @param cause why
     */
    record Failed<T>(Throwable cause) implements Outcome<T> {
        /** Refuses null. */
        public Failed {
            Objects.requireNonNull(cause, "cause");
        }
    }

    /** The store answered; {@code null} is the same as {@link #nothing}. */
    static <T> Outcome<T> done(@Nullable T value) {
        return value == null ? nothing() : new Done<>(value);
    }

    /** A miss, or the answer of an operation that has none. */
    @SuppressWarnings("unchecked") // it holds no value
    static <T> Outcome<T> nothing() {
        return (Outcome<T>) Done.NOTHING;
    }

    /** The store did not answer for this key. */
    static <T> Outcome<T> failed(Throwable cause) {
        return new Failed<>(cause);
    }
}
