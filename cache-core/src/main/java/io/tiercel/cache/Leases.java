package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.tier.Frame;
import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.Placeholder;
import io.tiercel.cache.tier.Replacement;
import io.tiercel.cache.tier.TierEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledFuture;
import org.jspecify.annotations.Nullable;

/**
 * One load for all processes, and no value that is older than what has happened to its key since.
 *
 * <p>Who finds nothing in the first tier puts a {@link Placeholder} there and thereby has the lease; who finds another's
 * waits. Only then are the deeper tiers read, and what they have takes the placeholder's place; where they have nothing
 * they get a placeholder too, and only then is the source asked. What was loaded takes the places of the placeholders,
 * where they still are. A removal goes through the tiers in the other direction, so that whatever it did not find in a
 * deeper tier was put there by somebody whose place in the first one it then takes away.
 *
 * <p>A stale value stays where it is while it is renewed, so that others can be served: it is itself the place, and a
 * note beside it keeps others from renewing it too. All of this is done for many keys with one write for each node.
 *
 * <p>Nothing here waits. Thread-safe.
 *
 * @see "Nishtala et al., Scaling Memcache at Facebook, NSDI 2013, section 3.2.1"
 */
final class Leases<V> {
    private final RemoteTiers<V> remotes;
    private final RemoteWrites writes;
    private final @Nullable Generations generations;
    private final Tags tags;
    private final Watch watch;
    private final Coherence coherence;
    private final Set<Guard> without;
    private final Alarm alarm;
    private final BackgroundWrites background;
    private final Counters counters;
    private final TimeSource time;

    Leases(
            RemoteTiers<V> remotes,
            RemoteWrites writes,
            @Nullable Generations generations,
            Tags tags,
            Watch watch,
            Coherence coherence,
            Set<Guard> without,
            Alarm alarm,
            BackgroundWrites background,
            Counters counters,
            TimeSource time) {
        this.remotes = remotes;
        this.writes = writes;
        this.generations = generations;
        this.tags = tags;
        this.watch = watch;
        this.coherence = coherence;
        this.without = without;
        this.alarm = alarm;
        this.background = background;
        this.counters = counters;
        this.time = time;
    }

    /** A key that the first tier has no fresh value of, and what it has. */
    record Ask<V>(Sought sought, Finding<V> finding) {}

    /** What a reader has to do about a key. */
    sealed interface Verdict<V> {
        /**
         * A deeper tier has it.
         *
         * @param backed whether the first tier has it now too
         */
        record Found<V>(Finding<V> finding, boolean backed) implements Verdict<V> {}

        /** It is this reader's to load. */
        record Load<V>(Lease lease, Finding<V> finding) implements Verdict<V> {}

        /**
         * Somebody else loads it, or has just done something with it.
         *
         * @param now whether to look again at once
         */
        record Wait<V>(Finding<V> finding, boolean now) implements Verdict<V> {}
    }

    boolean on() {
        return coherence.leases();
    }

    /** How long a reader waits for others, in nanoseconds. */
    long longestWait() {
        return coherence.leaseWait().toNanos();
    }

    // ---- asking

    /** A key on its way to a verdict. */
    private static final class Case<V> {
        final Sought sought;
        Finding<V> finding;
        final Lease lease;

        @Nullable
        Verdict<V> verdict;

        Case(Sought sought, Finding<V> finding, Lease lease) {
            this.sought = sought;
            this.finding = finding;
            this.lease = lease;
        }
    }

    /** Verdicts for some keys, in order. Fails only for defects. */
    CompletableFuture<List<Verdict<V>>> ask(List<Ask<V>> asks, Executor executor) {
        return ask(asks, false, executor);
    }

    /** @param renew whether they are to be loaded whatever the tiers have */
    CompletableFuture<List<Verdict<V>>> ask(List<Ask<V>> asks, boolean renew, Executor executor) {
        int tiers = remotes.guards().size();
        long stamp = tags.stamp();
        List<Case<V>> cases = asks.stream()
                .map(ask -> new Case<V>(
                        ask.sought(),
                        ask.finding(),
                        on() ? Lease.of(ask.sought(), tiers, stamp) : Lease.plain(ask.sought(), tiers, stamp)))
                .toList();
        CompletableFuture<Void> first = on()
                ? CompletableFuture.allOf(takeEmpty(cases), takeOver(cases))
                : CompletableFuture.completedFuture(null);
        return first.thenComposeAsync(done -> learnGenerations(open(cases)), executor)
                .thenCompose(
                        done -> renew ? CompletableFuture.completedFuture(null) : lookDeeper(open(cases), executor))
                .thenCompose(done -> on() ? takeDeeper(open(cases)) : CompletableFuture.completedFuture(null))
                .thenApply(done -> {
                    for (Case<V> one : open(cases)) {
                        one.verdict = new Verdict.Load<>(one.lease, one.finding);
                    }
                    return cases.stream()
                            .map(one -> requireNonNull(one.verdict, "verdict"))
                            .toList();
                });
    }

    private static <V> List<Case<V>> open(List<Case<V>> cases) {
        return cases.stream().filter(one -> one.verdict == null).toList();
    }

    /** Puts placeholders where there is nothing, and notes beside stale values that somebody is on them. */
    private CompletableFuture<Void> takeEmpty(List<Case<V>> cases) {
        List<Case<V>> taken = new ArrayList<>();
        List<TierEntry> entries = new ArrayList<>();
        for (Case<V> one : cases) {
            Finding<V> finding = one.finding;
            if (finding.failedAt(0)) {
                continue;
            }
            if (finding.kind() == Finding.Kind.LEASED && finding.depth() == 0) {
                one.verdict = new Verdict.Wait<>(finding, false);
            } else if (finding.kind() == Finding.Kind.ABSENT) {
                taken.add(one);
                entries.add(new TierEntry(one.sought.key(), Placeholder.next(), coherence.leaseTime()));
            } else if (finding.kind() == Finding.Kind.VALUE && finding.depth() == 0) {
                taken.add(one);
                entries.add(new TierEntry(sideKey(one.sought), Placeholder.next(), coherence.leaseTime()));
            }
        }
        if (taken.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        return remotes.guards().get(0).putAllIfAbsent(entries).thenAccept(outcomes -> {
            for (int i = 0; i < taken.size(); i++) {
                Case<V> one = taken.get(i);
                Frame stale = one.finding.frame();
                if (!(outcomes.get(i) instanceof Outcome.Done<byte[]> done)) {
                    one.finding = one.finding.withFailed(1);
                } else if (done.value() != null) {
                    boolean loaded = Placeholder.is(done.value());
                    one.verdict = new Verdict.Wait<>(
                            stale != null || !loaded ? one.finding : Finding.leased(0, one.finding.failed()), !loaded);
                } else if (stale == null) {
                    one.lease.places[0] = entries.get(i).value();
                } else {
                    one.lease.places[0] = stale.header();
                    one.lease.side = entries.get(i).value();
                }
            }
        });
    }

    private String sideKey(Sought sought) {
        return watch.note("l" + sought.key());
    }

    /** Puts placeholders in the place of what has ended. */
    private CompletableFuture<Void> takeOver(List<Case<V>> cases) {
        List<Case<V>> taken = new ArrayList<>();
        List<Replacement> replacements = new ArrayList<>();
        for (Case<V> one : cases) {
            byte[] occupied = one.finding.occupied();
            if (!one.finding.failedAt(0) && occupied != null && one.finding.depth() == 0) {
                taken.add(one);
                replacements.add(
                        new Replacement(one.sought.key(), occupied, Placeholder.next(), coherence.leaseTime()));
            }
        }
        if (taken.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        return remotes.guards().get(0).replaceAll(replacements).thenAccept(outcomes -> {
            for (int i = 0; i < taken.size(); i++) {
                Case<V> one = taken.get(i);
                if (!(outcomes.get(i) instanceof Outcome.Done<Boolean> done)) {
                    one.finding = one.finding.withFailed(1);
                } else if (Boolean.TRUE.equals(done.value())) {
                    one.lease.places[0] = replacements.get(i).value();
                } else {
                    one.verdict = new Verdict.Wait<>(one.finding, true);
                }
            }
        });
    }

    /** Before anything else is read: what is loaded in this generation must not pass for one of the next. */
    private CompletableFuture<Void> learnGenerations(List<Case<V>> cases) {
        Generations known = generations;
        if (known == null || cases.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        Map<Integer, CompletableFuture<Generations.@Nullable Known>> byPart = new LinkedHashMap<>();
        List<CompletableFuture<?>> all = new ArrayList<>();
        for (Case<V> one : cases) {
            all.add(byPart.computeIfAbsent(
                            one.sought.index(),
                            index -> one.finding.failedAt(0)
                                    ? CompletableFuture.completedFuture(known.last(index))
                                    : known.current(index).exceptionally(error -> null))
                    .thenAccept(now -> one.lease.generation = now));
        }
        return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new));
    }

    private CompletableFuture<Void> lookDeeper(List<Case<V>> cases, Executor executor) {
        if (cases.isEmpty() || remotes.guards().size() < 2) {
            return CompletableFuture.completedFuture(null);
        }
        return remotes.findDeeper(
                        cases.stream().map(one -> one.sought).toList(),
                        cases.stream().map(one -> one.finding).toList(),
                        on(),
                        executor)
                .thenCompose(findings -> {
                    List<Case<V>> found = new ArrayList<>();
                    for (int i = 0; i < cases.size(); i++) {
                        Case<V> one = cases.get(i);
                        Finding<V> below = findings.get(i);
                        one.finding = below;
                        if (below.isFreshAt(time.nanos())) {
                            found.add(one);
                        }
                    }
                    return bringUp(found);
                });
    }

    /** What a deeper tier has takes the places above it, with the life that it has left. */
    private CompletableFuture<Void> bringUp(List<Case<V>> found) {
        List<CompletableFuture<?>> all = new ArrayList<>();
        List<Lease> leases = new ArrayList<>();
        Map<String, Frame> frames = new LinkedHashMap<>();
        Map<String, Case<V>> byKey = new LinkedHashMap<>();
        for (Case<V> one : found) {
            if (one.lease.places[0] == null) {
                one.verdict = new Verdict.Found<>(one.finding, false);
                continue;
            }
            leases.add(one.lease);
            frames.put(one.sought.key(), requireNonNull(one.finding.frame(), "frame"));
            byKey.put(one.sought.key(), one);
        }
        all.add(fillOne(0, leases, frames)
                .thenAccept(taken -> byKey.forEach((key, one) -> {
                    Boolean stored = taken.get(key);
                    if (Boolean.FALSE.equals(stored)) {
                        one.verdict = new Verdict.Wait<>(Finding.nothing(one.finding.failed()), true);
                    } else {
                        one.verdict = new Verdict.Found<>(one.finding, stored != null);
                        remotes.guards().get(0).promotions.increment();
                    }
                    releaseSide(one.lease);
                })));
        return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new));
    }

    /** Places for the value in the deeper tiers, before the source is asked. */
    private CompletableFuture<Void> takeDeeper(List<Case<V>> cases) {
        List<CompletableFuture<?>> all = new ArrayList<>();
        for (int depth = 1; depth < remotes.guards().size() && !cases.isEmpty(); depth++) {
            int at = depth;
            List<Case<V>> asked =
                    cases.stream().filter(one -> !one.finding.failedAt(at)).toList();
            List<TierEntry> entries = asked.stream()
                    .map(one -> new TierEntry(one.sought.key(), Placeholder.next(), coherence.leaseTime()))
                    .toList();
            if (entries.isEmpty()) {
                continue;
            }
            all.add(remotes.guards().get(at).putAllIfAbsent(entries).thenAccept(outcomes -> {
                for (int i = 0; i < asked.size(); i++) {
                    if (outcomes.get(i) instanceof Outcome.Done<byte[]> done) {
                        asked.get(i).lease.places[at] = place(entries.get(i).value(), done.value());
                    }
                }
            }));
        }
        return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new));
    }

    /** An ended or stale value is a place too; another's placeholder is none. */
    private static byte @Nullable [] place(byte[] mine, byte @Nullable [] present) {
        if (present == null) {
            return mine;
        }
        if (Placeholder.is(present) || present.length < Frame.HEADER) {
            return null;
        }
        return Arrays.copyOf(present, Frame.HEADER);
    }

    // ---- while it is loaded

    /** Keeps the places for as long as the load takes. */
    void keep(Lease lease) {
        if (!lease.plain && (lease.places.length > 0)) {
            scheduleRenewal(lease);
        }
    }

    private void scheduleRenewal(Lease lease) {
        long third = Math.max(1, coherence.leaseTime().toMillis() / 3);
        lease.renewal = alarm.in(third, () -> {
            if (!lease.ended) {
                renew(lease);
                scheduleRenewal(lease);
            }
        });
    }

    /** What does not work is noticed by the fill. */
    private void renew(Lease lease) {
        Duration life = coherence.leaseTime();
        for (int depth = 0; depth < lease.places.length; depth++) {
            byte[] place = lease.places[depth];
            if (place != null && lease.holdsPlaceholder(depth)) {
                var unused = remotes.guards().get(depth).replace(lease.key(), place, place, life);
            }
        }
        byte[] side = lease.side;
        if (side != null) {
            var unused = remotes.guards().get(0).replace(sideKey(lease.sought), side, side, life);
        }
    }

    // ---- storing what was loaded

    /**
     * Stores what was loaded. The future ends when the first tier has answered, and never fails.
     *
     * @param frames the loaded values by key; a lease without one is given up
     * @return for each key that was sent to the first tier and answered for, whether it took the value. Where it did not,
     *     its place was lost: what was loaded may be old, and is kept nowhere
     */
    CompletableFuture<Map<String, Boolean>> fill(List<Lease> leases, Map<String, Frame> frames) {
        leases.forEach(this::end);
        List<Lease> filled = new ArrayList<>();
        for (Lease lease : leases) {
            if (frames.containsKey(lease.key())) {
                filled.add(lease);
            } else {
                release(lease);
            }
        }
        if (filled.isEmpty()) {
            return CompletableFuture.completedFuture(Map.of());
        }
        CompletableFuture<Map<String, Boolean>> first = fillOne(0, filled, frames);
        background.start(() -> first.thenCompose(taken -> {
            filled.forEach(this::releaseSide);
            List<Lease> rest = new ArrayList<>();
            for (Lease lease : filled) {
                if (Boolean.FALSE.equals(taken.get(lease.key()))) {
                    release(lease);
                } else {
                    rest.add(lease);
                }
            }
            return fillDeeper(1, rest, frames);
        }));
        return first;
    }

    private CompletableFuture<Void> fillDeeper(int depth, List<Lease> leases, Map<String, Frame> frames) {
        return depth >= remotes.guards().size() || leases.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : fillOne(depth, leases, frames).thenCompose(done -> fillDeeper(depth + 1, leases, frames));
    }

    /** Puts values into their places in one tier; as {@link #fill} for that tier. */
    private CompletableFuture<Map<String, Boolean>> fillOne(int depth, List<Lease> leases, Map<String, Frame> frames) {
        TierGuard guard = remotes.guards().get(depth);
        List<Replacement> replacements = new ArrayList<>();
        for (Lease lease : leases) {
            byte[] place = lease.places[depth];
            Frame frame = frames.get(lease.key());
            if (place == null || frame == null) {
                continue;
            }
            Duration life = writes.lifeLeft(guard, frame);
            if (life == null || !guard.takes(frame.bytes())) {
                var unused = guard.removeIfStill(lease.key(), place);
                continue;
            }
            replacements.add(new Replacement(lease.key(), place, frame.bytes(), life));
        }
        if (replacements.isEmpty()) {
            return CompletableFuture.completedFuture(Map.of());
        }
        Guard check = depth == 0 ? Guard.LEASE_CHECK : Guard.DEEP_CHECK;
        CompletableFuture<List<Outcome<Boolean>>> replaced =
                without.contains(check) ? unchecked(guard, replacements) : guard.replaceAll(replacements);
        return replaced.thenApply(outcomes -> {
            Map<String, Boolean> taken = new LinkedHashMap<>();
            for (int i = 0; i < replacements.size(); i++) {
                if (outcomes.get(i) instanceof Outcome.Done<Boolean> done) {
                    boolean stored = Boolean.TRUE.equals(done.value());
                    taken.put(replacements.get(i).key(), stored);
                    if (!stored) {
                        counters.fillsRefused.increment();
                    }
                }
            }
            return taken;
        });
    }

    private static CompletableFuture<List<Outcome<Boolean>>> unchecked(
            TierGuard guard, List<Replacement> replacements) {
        return guard.putAll(replacements.stream()
                        .map(one -> new TierEntry(one.key(), one.value(), one.ttl()))
                        .toList())
                .thenApply(outcomes -> Collections.nCopies(outcomes.size(), Outcome.done(true)));
    }

    /** Gives up what is held: others may load at once. */
    void release(Lease lease) {
        end(lease);
        for (int depth = 0; depth < lease.places.length; depth++) {
            byte[] place = lease.places[depth];
            if (place != null && lease.holdsPlaceholder(depth)) {
                TierGuard guard = remotes.guards().get(depth);
                background.start(() -> guard.removeIfStill(lease.key(), place));
            }
        }
        releaseSide(lease);
    }

    private void releaseSide(Lease lease) {
        byte[] side = lease.side;
        if (side != null) {
            TierGuard guard = remotes.guards().get(0);
            background.start(() -> guard.removeIfStill(sideKey(lease.sought), side));
        }
    }

    private void end(Lease lease) {
        lease.ended = true;
        ScheduledFuture<?> renewal = lease.renewal;
        if (renewal != null) {
            renewal.cancel(false);
        }
    }
}
