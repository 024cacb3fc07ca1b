package io.tiercel.cache;

import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.TierException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One call of a tier for many keys. Those of nodes that may not be asked fail at once, and the others go in one call.
 * Each node has then failed or answered once, however many of the keys were its: as the most of them did.
 *
 * @param <T> the result for one key
 */
final class BulkCall<T> extends GuardedCall<List<Outcome<T>>> {
    private final String tier;
    private final String operation;
    private final Part[] partOf;
    private final IdentityHashMap<NodeGuard, Part> parts = new IdentityHashMap<>(4);
    private final BiConsumer<BulkCall<T>, List<Outcome<T>>> told;
    private final int asked;

    /** The keys of one node. */
    private static final class Part {
        final NodeGuard node;
        final @Nullable TierException refusal;
        final boolean probe;
        int answered;
        int failed;

        @Nullable
        Throwable failure;

        Part(NodeGuard node, long now) {
            this.node = node;
            this.refusal = node.enter(now);
            this.probe = refusal == null && node.isProbe();
        }

        void count(Outcome<?> outcome) {
            if (outcome instanceof Outcome.Failed<?> one) {
                failed++;
                failure = one.cause();
            } else {
                answered++;
            }
        }
    }

    /** @param told of the outcomes, before whoever waits for them is */
    <E> BulkCall(
            String tier,
            String operation,
            List<E> elements,
            Function<E, NodeGuard> node,
            long start,
            Deadlines deadlines,
            BiConsumer<BulkCall<T>, List<Outcome<T>>> told) {
        super(start, deadlines);
        this.tier = tier;
        this.operation = operation;
        this.partOf = new Part[elements.size()];
        this.told = told;
        int let = 0;
        NodeGuard last = null;
        for (int i = 0; i < partOf.length; i++) {
            NodeGuard its = node.apply(elements.get(i));
            partOf[i] = its == last ? partOf[i - 1] : parts.computeIfAbsent(its, one -> new Part(one, start));
            last = its;
            let += partOf[i].refusal == null ? 1 : 0;
        }
        this.asked = let;
    }

    /** Whether no node may be asked. */
    boolean isRefused() {
        return asked == 0;
    }

    /** What may be asked for. */
    <E> List<E> allowed(List<E> elements) {
        if (asked == elements.size()) {
            return elements;
        }
        List<E> allowed = new ArrayList<>(asked);
        for (int i = 0; i < partOf.length; i++) {
            if (partOf[i].refusal == null) {
                allowed.add(elements.get(i));
            }
        }
        return allowed;
    }

    @Override
    void ended(@Nullable List<Outcome<T>> answers, @Nullable Throwable failure) {
        Throwable trouble = failure;
        if (trouble == null && (answers == null || answers.size() != asked)) {
            trouble = new TierException(
                    tier + ": answered with " + (answers == null ? 0 : answers.size()) + " outcomes of " + asked);
        }
        Outcome<T> failed = trouble == null ? null : Outcome.failed(trouble);
        Outcome<T>[] outcomes = newArray(partOf.length);
        int next = 0;
        for (int i = 0; i < outcomes.length; i++) {
            Part part = partOf[i];
            if (part.refusal != null) {
                outcomes[i] = Outcome.failed(part.refusal);
                continue;
            }
            outcomes[i] = failed != null || answers == null ? failed : answers.get(next++);
            part.count(outcomes[i]);
        }
        for (Part part : parts.values()) {
            if (part.refusal == null) {
                part.node.exit(this, part.probe, operation, part.failed > part.answered ? part.failure : null);
            }
        }
        List<Outcome<T>> all = Arrays.asList(outcomes);
        told.accept(this, all);
        complete(all);
    }

    /** Whether any of the keys that were asked for failed. */
    boolean hasFailure() {
        for (Part part : parts.values()) {
            if (part.failed > 0) {
                return true;
            }
        }
        return false;
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    private static <T> Outcome<T>[] newArray(int length) {
        return new Outcome[length];
    }
}
