package io.tiercel.cache.chaos;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.Replacement;
import io.tiercel.cache.tier.TierEntry;
import io.tiercel.cache.tier.TierException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A remote tier that does what the one below it does, until it is told to do it badly: to fail, to hang, to be late, to
 * answer with wrong bytes or for some keys only. Faults are switched on and off while a cache uses it, each for some
 * operations or for all, always or with a chance; several can be on at once.
 *
 * <pre>{@code
 * FaultyTier redis = FaultyTier.over(new MemoryTier("redis"));
 * ...
 * redis.inject(Fault.ERROR, 0.3, Operation.GET);
 * redis.latency(Duration.ofMillis(5), Duration.ofMillis(50));
 * ...
 * redis.heal();
 * }</pre>
 *
 * <p>A cache that takes a lease or fills a tier uses other operations than {@code GET} and {@code PUT}; see
 * {@link Operation}. The tier's change feed is passed on as it is: no fault touches it.
 *
 * <p>Thread-safe. Chance comes from the {@link #seed}, which {@link #toString} says: on one thread, the same seed gives
 * the same faults.
 */
public final class FaultyTier implements RemoteTier {
    private static final int REMEMBERED = 64;

    private final RemoteTier tier;
    private final Map<Switch, Double> switches = new ConcurrentHashMap<>();
    private final Map<Operation, Latency> latencies = new ConcurrentHashMap<>();
    private final Set<Gate> hung = ConcurrentHashMap.newKeySet();
    private final Map<Operation, LongAdder> calls = new ConcurrentHashMap<>();
    private final Map<Fault, LongAdder> faults = new ConcurrentHashMap<>();
    private final Lately lately = new Lately(REMEMBERED);
    private volatile Chance chance = new Chance(System.nanoTime());

    /** Where a call that hangs waits; one is like no other. */
    private static final class Gate {
        final CompletableFuture<Void> opened = new CompletableFuture<>();
    }

    private record Switch(Operation operation, Fault fault) {}

    private record Chance(long seed, Random random) {
        Chance(long seed) {
            this(seed, new Random(seed));
        }
    }

    private record Latency(Duration least, Duration most) {
        long nanos(Random random) {
            long range = most.toNanos() - least.toNanos();
            return least.toNanos() + (long) (range * random.nextDouble());
        }
    }

    private FaultyTier(RemoteTier tier) {
        this.tier = requireNonNull(tier, "tier");
    }

    /** A tier that does what that one does, and closes it when it is closed. */
    public static FaultyTier over(RemoteTier tier) {
        return new FaultyTier(tier);
    }

    // ---- what goes wrong

    /** Begins chance anew from this seed. */
    public FaultyTier seed(long seed) {
        chance = new Chance(seed);
        return this;
    }

    /** From now on the fault happens every time it can. */
    public FaultyTier inject(Fault fault) {
        return inject(fault, 1);
    }

    /**
     * From now on the fault happens with that chance: to a call, to a value that is read, to an element of a bulk
     * operation, whatever it is that the fault hits.
     *
     * @param probability from 0 to 1; 0 switches it off
     * @param operations what it happens to; none given, all to which it can
     * @throws IllegalArgumentException if it cannot happen to one of the operations
     */
    public FaultyTier inject(Fault fault, double probability, Operation... operations) {
        requireNonNull(fault, "fault");
        if (!(probability >= 0 && probability <= 1)) {
            throw new IllegalArgumentException("probability must be between 0 and 1: " + probability);
        }
        for (Operation operation : operations) {
            if (!fault.isPossible(operation)) {
                throw new IllegalArgumentException(fault + " cannot happen to " + operation);
            }
        }
        some(operations)
                .filter(fault::isPossible)
                .forEach(operation -> switches.put(new Switch(operation, fault), probability));
        return this;
    }

    /** From now on operations take so much longer; see {@link #latency(Duration, Duration, Operation...)}. */
    public FaultyTier latency(Duration latency, Operation... operations) {
        return latency(latency, latency, operations);
    }

    /**
     * From now on operations take longer by a time drawn between these, and are done after it. The tier's own timeout
     * does not cut it: what takes longer than {@link #timeout} is as good as {@link Fault#HANG}.
     *
     * @param least zero or more
     * @param operations what is late; none given, everything
     */
    public FaultyTier latency(Duration least, Duration most, Operation... operations) {
        if (least.isNegative() || most.compareTo(least) < 0) {
            throw new IllegalArgumentException(
                    "latency must be zero or more, and the most not below the least: " + least + ", " + most);
        }
        some(operations).forEach(operation -> latencies.put(operation, new Latency(least, most)));
        return this;
    }

    /** Ends one fault; what hangs is done now, on this thread. */
    public FaultyTier heal(Fault fault) {
        requireNonNull(fault, "fault");
        switches.keySet().removeIf(one -> one.fault() == fault);
        if (fault == Fault.HANG) {
            goOn();
        }
        return this;
    }

    /** Ends all faults and all latency; what hangs is done now, on this thread. */
    public FaultyTier heal() {
        switches.clear();
        latencies.clear();
        goOn();
        return this;
    }

    private void goOn() {
        for (Gate gate : hung) {
            gate.opened.complete(null);
        }
    }

    private static Stream<Operation> some(Operation[] operations) {
        return Stream.of(operations.length == 0 ? Operation.values() : operations);
    }

    // ---- what went wrong

    /** How often it was asked to do this. */
    public long count(Operation operation) {
        return sum(calls.get(operation));
    }

    /** How often the fault has happened: to calls, to values or to elements, whatever it hits. */
    public long count(Fault fault) {
        return sum(faults.get(fault));
    }

    private static long sum(@Nullable LongAdder counted) {
        return counted == null ? 0 : counted.sum();
    }

    /** How many calls hang at the moment. */
    public int hanging() {
        return hung.size();
    }

    // ---- doing it

    private boolean strikes(Operation operation, Fault fault) {
        Double probability = switches.get(new Switch(operation, fault));
        if (probability == null || chance.random().nextDouble() >= probability) {
            return false;
        }
        faults.computeIfAbsent(fault, first -> new LongAdder()).increment();
        return true;
    }

    private TierException failure(Operation operation, String what) {
        return new TierException(name() + ": " + operation + " " + what + " on purpose");
    }

    private <T> CompletableFuture<T> call(Operation operation, Supplier<CompletableFuture<T>> work) {
        calls.computeIfAbsent(operation, first -> new LongAdder()).increment();
        if (strikes(operation, Fault.THROW)) {
            throw failure(operation, "thrown");
        }
        boolean fails = strikes(operation, Fault.ERROR);
        boolean loses = strikes(operation, Fault.LOST_ANSWER);
        CompletableFuture<Void> turn = turn(operation);
        if (fails) {
            return turn.thenCompose(now -> CompletableFuture.failedFuture(failure(operation, "failed")));
        }
        // Without a detour misuse is thrown here, as the tier below does it.
        boolean atOnce = turn.isDone() && !turn.isCompletedExceptionally();
        CompletableFuture<T> answer = atOnce ? work.get() : turn.thenCompose(now -> work.get());
        return loses
                ? answer.thenCompose(lost -> CompletableFuture.failedFuture(failure(operation, "lost its answer")))
                : answer;
    }

    /** When it is done, it is this call's turn. */
    private CompletableFuture<Void> turn(Operation operation) {
        Latency latency = latencies.get(operation);
        CompletableFuture<Void> late = latency == null ? CompletableFuture.completedFuture(null) : after(latency);
        if (!strikes(operation, Fault.HANG)) {
            return late;
        }
        Gate gate = new Gate();
        hung.add(gate);
        var unused = gate.opened.whenComplete((open, closed) -> hung.remove(gate));
        if (!switches.containsKey(new Switch(operation, Fault.HANG))) {
            gate.opened.complete(null); // healed meanwhile, by somebody who did not see the gate
        }
        return gate.opened.thenCompose(open -> late);
    }

    private CompletableFuture<Void> after(Latency latency) {
        long nanos = latency.nanos(chance.random());
        return CompletableFuture.runAsync(() -> {}, CompletableFuture.delayedExecutor(nanos, TimeUnit.NANOSECONDS));
    }

    private byte @Nullable [] read(Operation operation, String key, byte @Nullable [] bytes) {
        if (bytes == null) {
            return null;
        }
        lately.note(key, bytes);
        byte[] given = bytes;
        if (given.length > 0 && strikes(operation, Fault.BIT_FLIP)) {
            int bit = chance.random().nextInt(given.length * Byte.SIZE);
            given = given.clone();
            given[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
        }
        if (given.length > 0 && strikes(operation, Fault.TRUNCATION)) {
            given = Arrays.copyOf(given, chance.random().nextInt(given.length));
        }
        byte[] other = switches.containsKey(new Switch(operation, Fault.OTHER_VALUE))
                ? lately.other(key, chance.random())
                : null;
        return other != null && strikes(operation, Fault.OTHER_VALUE) ? other : given;
    }

    /** Asks the tier below for those elements that are not made to fail, and puts the outcomes together. */
    private <E, T> CompletableFuture<List<Outcome<T>>> all(
            Operation operation, List<E> elements, Function<List<E>, CompletableFuture<List<Outcome<T>>>> work) {
        return call(operation, () -> {
            boolean tooFew = strikes(operation, Fault.TOO_FEW_OUTCOMES);
            List<E> asked = new ArrayList<>(elements.size());
            List<Boolean> failed = new ArrayList<>(elements.size());
            for (E element : elements) {
                boolean fails = strikes(operation, Fault.FAILED_ELEMENTS);
                failed.add(fails);
                if (!fails) {
                    asked.add(element);
                }
            }
            return work.apply(asked).thenApply(answered -> {
                List<Outcome<T>> outcomes = new ArrayList<>(elements.size());
                int next = 0;
                for (boolean fails : failed) {
                    outcomes.add(
                            fails ? Outcome.failed(failure(operation, "failed an element")) : answered.get(next++));
                }
                return tooFew && !outcomes.isEmpty() ? outcomes.subList(0, outcomes.size() - 1) : outcomes;
            });
        });
    }

    private List<Outcome<byte[]>> readAll(Operation operation, List<String> keys, List<Outcome<byte[]>> outcomes) {
        List<Outcome<byte[]>> read = new ArrayList<>(outcomes.size());
        for (int i = 0; i < outcomes.size(); i++) {
            Outcome<byte[]> outcome = outcomes.get(i);
            read.add(
                    outcome instanceof Outcome.Done<byte[]> done
                            ? Outcome.done(read(operation, keys.get(i), done.value()))
                            : outcome);
        }
        return read;
    }

    // ---- as a tier

    @Override
    public String name() {
        return tier.name();
    }

    @Override
    public Duration timeout() {
        return tier.timeout();
    }

    @Override
    public int maximumValueBytes() {
        return tier.maximumValueBytes();
    }

    @Override
    public CompletableFuture<byte @Nullable []> get(String key) {
        return call(Operation.GET, () -> tier.get(key).thenApply(bytes -> read(Operation.GET, key, bytes)));
    }

    @Override
    public CompletableFuture<List<Outcome<byte[]>>> getAll(List<String> keys) {
        return all(
                Operation.GET_ALL,
                keys,
                asked -> tier.getAll(asked).thenApply(outcomes -> readAll(Operation.GET_ALL, asked, outcomes)));
    }

    @Override
    public CompletableFuture<Void> put(String key, byte[] value, Duration ttl) {
        lately.note(key, value);
        return call(Operation.PUT, () -> tier.put(key, value, ttl));
    }

    @Override
    public CompletableFuture<List<Outcome<Void>>> putAll(List<TierEntry> entries) {
        entries.forEach(entry -> lately.note(entry.key(), entry.value()));
        return all(Operation.PUT_ALL, entries, tier::putAll);
    }

    @Override
    public CompletableFuture<byte @Nullable []> putIfAbsent(String key, byte[] value, Duration ttl) {
        return call(
                Operation.PUT_IF_ABSENT,
                () -> tier.putIfAbsent(key, value, ttl).thenApply(there -> read(Operation.PUT_IF_ABSENT, key, there)));
    }

    @Override
    public CompletableFuture<List<Outcome<byte[]>>> putAllIfAbsent(List<TierEntry> entries) {
        return all(
                Operation.PUT_ALL_IF_ABSENT,
                entries,
                asked -> tier.putAllIfAbsent(asked)
                        .thenApply(outcomes -> readAll(
                                Operation.PUT_ALL_IF_ABSENT,
                                asked.stream().map(TierEntry::key).toList(),
                                outcomes)));
    }

    @Override
    public CompletableFuture<Boolean> replaceIfStartsWith(String key, byte[] prefix, byte[] value, Duration ttl) {
        lately.note(key, value);
        return call(Operation.REPLACE, () -> tier.replaceIfStartsWith(key, prefix, value, ttl));
    }

    @Override
    public CompletableFuture<List<Outcome<Boolean>>> replaceAllIfStartsWith(List<Replacement> replacements) {
        replacements.forEach(one -> lately.note(one.key(), one.value()));
        return all(Operation.REPLACE_ALL, replacements, tier::replaceAllIfStartsWith);
    }

    @Override
    public CompletableFuture<Boolean> remove(String key) {
        return call(Operation.REMOVE, () -> tier.remove(key));
    }

    @Override
    public CompletableFuture<List<Outcome<Boolean>>> removeAll(List<String> keys) {
        return all(Operation.REMOVE_ALL, keys, tier::removeAll);
    }

    @Override
    public CompletableFuture<Boolean> removeIfStartsWith(String key, byte[] prefix) {
        return call(Operation.REMOVE_IF, () -> tier.removeIfStartsWith(key, prefix));
    }

    @Override
    public @Nullable ChangeFeed changes(List<String> prefixes, Duration bound, ChangeFeed.Listener listener) {
        return tier.changes(prefixes, bound, listener);
    }

    /** Closes the tier below; what hangs fails. */
    @Override
    public void close() {
        tier.close();
        for (Gate gate : hung) {
            gate.opened.completeExceptionally(new TierException(name() + ": closed"));
        }
    }

    @Override
    public String toString() {
        return "FaultyTier[" + tier + ", seed " + chance.seed() + "]";
    }
}
