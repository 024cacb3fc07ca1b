package io.tiercel.cache.tier.redis;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.protocol.AsyncCommand;
import io.netty.util.Timeout;
import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.TierException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One bulk operation: one write on the wire for each node, one deadline for all, and an outcome for each element.
 * Lettuce's own bulk commands write once for each slot, a thousand times for a thousand keys.
 *
 * <p>What is written to a node's own connection follows no redirect. So an element whose slot has moved, or whose node
 * is not connected, is asked once more on the routed connection; so is one that the node would take in other words.
 *
 * <p>Thread-safe: answers come from the connections of all nodes.
 *
 * @param <R> what Redis answers for one element
 * @param <T> what that means
 */
final class RedisBulk<R, T> {
    private static final int TRIES = 3;

    private final RedisTier tier;
    private final RedisLink link;
    private final String operation;
    private final List<byte[]> keys;
    private final IntFunction<AsyncCommand<byte[], byte[], R>> command;
    private final Function<@Nullable R, @Nullable T> meaning;
    private final @Nullable Otherwise<R> otherwise;
    private final int mostAtOnce;

    private final AtomicReferenceArray<@Nullable Outcome<T>> outcomes;
    private final AtomicReferenceArray<@Nullable AsyncCommand<byte[], byte[], R>> underWay;
    private final AtomicInteger left;
    private final CompletableFuture<List<Outcome<T>>> result = new CompletableFuture<>();

    /**
     * @param command makes the command for the element at that position
     * @param otherwise what to say to a node that does not understand that
     * @param mostAtOnce how many commands go to one node before their answers are awaited
     */
    RedisBulk(
            RedisTier tier,
            RedisLink link,
            String operation,
            List<byte[]> keys,
            IntFunction<AsyncCommand<byte[], byte[], R>> command,
            Function<@Nullable R, @Nullable T> meaning,
            @Nullable Otherwise<R> otherwise,
            int mostAtOnce) {
        this.tier = tier;
        this.link = link;
        this.operation = operation;
        this.keys = keys;
        this.command = command;
        this.meaning = meaning;
        this.otherwise = otherwise;
        this.mostAtOnce = mostAtOnce;
        this.outcomes = new AtomicReferenceArray<>(keys.size());
        this.underWay = new AtomicReferenceArray<>(keys.size());
        this.left = new AtomicInteger(keys.size());
    }

    CompletableFuture<List<Outcome<T>>> run() {
        Timeout deadline =
                tier.runtime().timer().newTimeout(t -> giveUp(), tier.timeoutMillis(), TimeUnit.MILLISECONDS);
        var unused = result.whenComplete((done, failure) -> deadline.cancel());
        link.split(keys).forEach(this::start);
        return result;
    }

    private void start(RedisLink.Share share) {
        var unused = share.connection().whenComplete((connection, failure) -> {
            if (failure == null) {
                write(connection, share.elements(), 0);
            } else {
                share.elements().forEach(element -> failed(element, failure, TRIES - 1));
            }
        });
    }

    private void write(StatefulConnection<byte[], byte[]> connection, List<Integer> elements, int from) {
        int to = Math.min(from + mostAtOnce, elements.size());
        List<AsyncCommand<byte[], byte[], R>> commands = new ArrayList<>(to - from);
        AtomicInteger unanswered = new AtomicInteger(to - from);
        for (int element : elements.subList(from, to)) {
            AsyncCommand<byte[], byte[], R> next = new Commands.InBulk<>(command.apply(element));
            underWay.set(element, next);
            commands.add(next);
            var unused = next.whenComplete((answer, failure) -> {
                if (failure == null) {
                    answered(element, answer);
                } else {
                    failed(element, failure, TRIES - 1);
                }
                if (unanswered.decrementAndGet() == 0 && to < elements.size() && !result.isDone()) {
                    write(connection, elements, to);
                }
            });
        }
        try {
            connection.dispatch(commands);
        } catch (RuntimeException e) {
            commands.forEach(each -> each.completeExceptionally(e));
        }
    }

    private void answered(int element, @Nullable R answer) {
        link.answered(keys.get(element));
        settle(element, Outcome.done(meaning.apply(answer)));
    }

    private void failed(int element, Throwable failure, int triesLeft) {
        if (outcomes.get(element) != null) {
            return; // given up
        }
        IntFunction<AsyncCommand<byte[], byte[], R>> next = triesLeft == 0 ? null : next(failure);
        if (next == null) {
            settle(element, Outcome.failed(tier.failures().of(operation, failure)));
            return;
        }
        AsyncCommand<byte[], byte[], R> again = next.apply(element);
        underWay.set(element, again);
        var unused = again.whenComplete((answer, secondFailure) -> {
            if (secondFailure == null) {
                answered(element, answer);
            } else {
                failed(element, secondFailure, triesLeft - 1);
            }
        });
        try {
            link.routed().dispatch(again);
        } catch (RuntimeException e) {
            again.completeExceptionally(e);
        }
    }

    /** What may succeed after that failure, on the routed connection. */
    private @Nullable IntFunction<AsyncCommand<byte[], byte[], R>> next(Throwable failure) {
        if (otherwise != null && otherwise.after().test(failure)) {
            return otherwise.command();
        }
        return link instanceof ClusterLink && RedisFailures.mayAnswerElsewhere(failure) ? command : null;
    }

    private void settle(int element, Outcome<T> outcome) {
        if (outcomes.compareAndSet(element, null, outcome) && left.decrementAndGet() == 0) {
            Outcome<T>[] all = newArray(outcomes.length());
            for (int i = 0; i < all.length; i++) {
                all[i] = outcomes.get(i);
            }
            result.complete(Arrays.asList(all));
        }
    }

    /** Completes the future on a thread that may be kept longer than the timer's. */
    private void giveUp() {
        tier.runtime().execute(() -> {
            TierException late = tier.failures().late(operation, tier.timeoutMillis());
            for (int i = 0; i < outcomes.length(); i++) {
                if (outcomes.get(i) != null) {
                    continue;
                }
                link.timedOut(keys.get(i));
                settle(i, Outcome.failed(late));
                AsyncCommand<byte[], byte[], R> pending = underWay.get(i);
                if (pending != null) {
                    pending.cancel();
                }
            }
        });
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    private static <T> Outcome<T>[] newArray(int length) {
        return new Outcome[length];
    }

    /**
     * Other words for the same thing.
     *
     * @param after the failures that call for them
     */
    record Otherwise<R>(Predicate<Throwable> after, IntFunction<AsyncCommand<byte[], byte[], R>> command) {}
}
