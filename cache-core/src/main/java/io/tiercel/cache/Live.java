package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * A setting that may change while the cache runs. It is always swapped as a whole: a reader that calls {@link #get()}
 * once works with one consistent value, and a change that is refused leaves the old one in force.
 *
 * <p>Thread-safe.
 *
 * @param <T> an immutable value
 */
public final class Live<T> {
    private final T initial;
    private final Consumer<T> check;
    private final BiConsumer<T, T> changed;
    private final ReentrantLock changing = new ReentrantLock();
    private volatile T current;

    /**
     * A setting.
     *
     * @param check throws if a value contradicts itself
     * @param changed is told the old value and the new one
     */
    Live(T initial, Consumer<T> check, BiConsumer<T, T> changed) {
        this.initial = initial;
        this.check = check;
        this.changed = changed;
        this.current = initial;
    }

    /** The value in force. */
    public T get() {
        return current;
    }

    /** The value that the cache was built with, to which {@link #reset()} goes back. */
    public T initial() {
        return initial;
    }

    /**
     * Replaces the value by what {@code change} makes of it. Two changes at the same time are both applied, one after
     * the other.
     *
     * @param change whatever it throws reaches the caller and nothing changes
     * @return the new value
     */
    public T update(UnaryOperator<T> change) {
        changing.lock();
        try {
            T before = current;
            T after = requireNonNull(change.apply(before), "the changed value");
            check.accept(after);
            current = after;
            if (!after.equals(before)) {
                changed.accept(before, after);
            }
            return after;
        } finally {
            changing.unlock();
        }
    }

    /** Goes back to {@link #initial()}. */
    public T reset() {
        return update(now -> initial);
    }

    @Override
    public String toString() {
        return get().toString();
    }
}
