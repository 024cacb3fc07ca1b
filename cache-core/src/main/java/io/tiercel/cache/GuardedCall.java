package io.tiercel.cache;

import io.tiercel.cache.tier.TierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A call of a remote tier under way, and the future that its caller has. It ends once: with what the tier says, or at
 * its deadline, after which the tier may say what it likes.
 */
abstract class GuardedCall<T> extends CompletableFuture<T> implements BiConsumer<@Nullable T, @Nullable Throwable> {
    @SuppressWarnings("rawtypes") // there is no class literal of a generic type
    private static final AtomicIntegerFieldUpdater<GuardedCall> SETTLED =
            AtomicIntegerFieldUpdater.newUpdater(GuardedCall.class, "settled");

    final long start;

    private final Deadlines deadlines;
    private volatile int settled;
    private volatile boolean givenUp;

    /** @param start in nanoseconds */
    GuardedCall(long start, Deadlines deadlines) {
        this.start = start;
        this.deadlines = deadlines;
    }

    /** Follows the tier's future. */
    final void follow(CompletableFuture<T> answer) {
        var unused = answer.whenComplete(this);
        if (settled == 0) {
            deadlines.watch(this);
        }
    }

    @Override
    public final void accept(@Nullable T answer, @Nullable Throwable failure) {
        if (SETTLED.compareAndSet(this, 0, 1)) {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            ended(answer, cause);
        }
    }

    /** Ends it, as the tier does not. */
    final void giveUp(TierException late) {
        givenUp = true;
        accept(null, late);
    }

    /** Whether it ends so long after it should have that this process, and not the node, must have stood still. */
    final boolean wasStalled() {
        return deadlines.isStalled(start, givenUp);
    }

    final boolean isSettled() {
        return settled != 0;
    }

    /** Records how it ended and completes this; called once. */
    abstract void ended(@Nullable T answer, @Nullable Throwable failure);
}
