package io.tiercel.cache;

import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.Section;
import io.tiercel.cache.tier.TierEntry;
import io.tiercel.cache.tier.TierException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Ends any number of entries with one write for each part of the first tier. Every frame carries the generation in which
 * its value was read from its source; a frame of another one than the present is none.
 *
 * <p>Generations are random numbers compared for equality, so no clock decides. A store that has lost the note gets it
 * back from whoever remembers it; only if nobody does, it begins as a cache does of which nothing was ever ended, and
 * what a deeper tier still holds from then counts again. Otherwise a first tier that comes back empty would take the
 * deeper ones with it, just when they are needed. There are two in one:
 * that of the whole cache, which {@code clear} moves, and the floor of the deeper tiers, which moves when one of them did
 * not take a removal: whatever it still holds of that part is then unreadable, for every process.
 *
 * <p>What is known of them is good as long as the key's section is, like an entry of L1. Thread-safe.
 */
final class Generations {
    private static final Duration KEPT = Duration.ofDays(1_000);
    private static final int BYTES = 4;
    private static final int FIRST = 1;
    private static final int NEVER = 0;

    private final Watch watch;
    private final TierGuard first;
    private final boolean deeper;
    private final TimeSource time;
    private final AtomicReferenceArray<@Nullable Known> known;
    private final AtomicIntegerArray rememberedCurrent;
    private final AtomicIntegerArray rememberedFloor;
    private final AtomicIntegerArray changes;

    Generations(Watch watch, TierGuard first, boolean deeper, TimeSource time) {
        this.watch = watch;
        this.first = first;
        this.deeper = deeper;
        this.time = time;
        this.known = new AtomicReferenceArray<>(watch.sections());
        this.rememberedCurrent = new AtomicIntegerArray(watch.sections());
        this.rememberedFloor = new AtomicIntegerArray(watch.sections());
        this.changes = new AtomicIntegerArray(watch.sections());
    }

    /**
     * The present generation of one part of the cache.
     *
     * @param graced the one before, whose entries may still be served while they are renewed; 0 for none
     * @param floor that of the deeper tiers
     * @param changes how many changes of the part's notes were known of before this was learned
     */
    record Known(int current, int graced, int floor, long epoch, long learned, int changes) {
        /** As a frame carries it. */
        long stamped() {
            return (long) current << 32 | (floor & 0xFFFF_FFFFL);
        }

        boolean isOf(long generation) {
            return (int) (generation >>> 32) == current;
        }

        boolean isGraced(long generation) {
            return graced != 0 && (int) (generation >>> 32) == graced;
        }

        boolean isAboveFloor(long generation) {
            return (int) generation == floor;
        }
    }

    /** What is known, if it may be used. */
    @Nullable
    Known good(int index) {
        Known now = known.get(index);
        return now != null
                        && now.changes() == changes.get(index)
                        && watch.isGood(watch.sectionAt(index), now.epoch(), now.learned(), time.nanos())
                ? now
                : null;
    }

    /** What was known last, however long ago; for when the store does not answer. */
    @Nullable
    Known last(int index) {
        int current = rememberedCurrent.get(index);
        return current == NEVER ? null : new Known(current, 0, orFirst(rememberedFloor.get(index)), 0, 0, 0);
    }

    private static int orFirst(int remembered) {
        return remembered == NEVER ? FIRST : remembered;
    }

    /** The present generation; asks the store if need be. Fails if it does not answer. */
    CompletableFuture<Known> current(int index) {
        Known good = good(index);
        return good != null ? CompletableFuture.completedFuture(good) : fresh(index);
    }

    /** The present generation, asked for now. */
    CompletableFuture<Known> fresh(int index) {
        Section section = watch.sectionAt(index);
        long epoch = section == null ? 0 : section.epoch();
        long asked = time.nanos();
        int changesBefore = changes.get(index);
        List<String> names = names(index);
        return first.getAll(names)
                .thenCompose(outcomes -> settled(index, names, outcomes))
                .thenApply(values -> {
                    int current = values.get(0).getInt();
                    ByteBuffer grace = values.get(1);
                    int graced = grace.remaining() == 2 * BYTES && grace.getInt() == current ? grace.getInt() : 0;
                    int floor = deeper ? values.get(2).getInt() : 0;
                    Known now = new Known(current, graced, floor, epoch, asked, changesBefore);
                    known.set(index, now);
                    remembered(rememberedCurrent, index, current, changesBefore);
                    remembered(rememberedFloor, index, floor, changesBefore);
                    return now;
                });
    }

    /** Unless what was read may have been replaced meanwhile. */
    private void remembered(AtomicIntegerArray numbers, int index, int number, int changesBefore) {
        numbers.updateAndGet(index, before -> changes.get(index) == changesBefore ? number : before);
    }

    private List<String> names(int index) {
        List<String> names = new ArrayList<>(3);
        names.add(watch.note(index, "g"));
        names.add(watch.note(index, "p"));
        if (deeper) {
            names.add(watch.note(index, "f"));
        }
        return names;
    }

    /** A note that is not there is made; that of the grace may be missing. */
    private CompletableFuture<List<ByteBuffer>> settled(int index, List<String> names, List<Outcome<byte[]>> outcomes) {
        CompletableFuture<List<ByteBuffer>> all = CompletableFuture.completedFuture(new ArrayList<>());
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            boolean optional = i == 1;
            if (!(outcomes.get(i) instanceof Outcome.Done<byte[]> done)) {
                return CompletableFuture.failedFuture(
                        new TierException(first.name() + ": the cache's generation could not be read"));
            }
            byte[] bytes = done.value();
            all = all.thenCompose(values -> {
                if (optional || (bytes != null && bytes.length == BYTES)) {
                    values.add(ByteBuffer.wrap(bytes == null ? new byte[0] : bytes));
                    return CompletableFuture.completedFuture(values);
                }
                byte[] mine = lost(index, name.equals(names.get(0)));
                CompletableFuture<byte @Nullable []> made = bytes == null
                        ? first.putIfAbsent(name, mine, KEPT)
                        : first.put(name, mine, KEPT).thenApply(put -> null);
                return made.thenApply(present -> {
                    values.add(ByteBuffer.wrap(present == null || present.length != BYTES ? mine : present));
                    return values;
                });
            });
        }
        return all;
    }

    private byte[] lost(int index, boolean current) {
        return bytes(orFirst((current ? rememberedCurrent : rememberedFloor).get(index)));
    }

    private static byte[] next() {
        int number;
        do {
            number = ThreadLocalRandom.current().nextInt();
        } while (number == NEVER || number == FIRST);
        return bytes(number);
    }

    private static byte[] bytes(int number) {
        return ByteBuffer.allocate(BYTES).putInt(number).array();
    }

    /**
     * Begins a new generation in every part. Two or three writes for each part, whatever the cache holds.
     *
     * @param grace for how long entries of the one before may be served while they are renewed; zero for not at all
     * @return the first failure, if some part did not take it, in which case it holds for the others
     */
    CompletableFuture<Void> advanceAll(Duration grace) {
        return advance(IntStream.range(0, watch.sections()).boxed().toList(), grace);
    }

    CompletableFuture<Void> advance(List<Integer> indexes, Duration grace) {
        List<TierEntry> entries = new ArrayList<>();
        indexes.forEach(index -> entries.add(new TierEntry(watch.note(index, "g"), next(), KEPT)));
        CompletableFuture<?> graced = grace.isZero()
                ? CompletableFuture.completedFuture(null)
                : first.getAll(entries.stream().map(TierEntry::key).toList())
                        .thenCompose(outcomes -> first.putAll(graces(indexes, entries, outcomes, grace)));
        return graced.thenCompose(done -> first.putAll(entries)).thenAccept(outcomes -> {
            for (int i = 0; i < indexes.size(); i++) {
                remember(rememberedCurrent, indexes.get(i), entries.get(i).value());
                forget(indexes.get(i));
            }
            for (Outcome<Void> outcome : outcomes) {
                if (outcome instanceof Outcome.Failed<Void> failed) {
                    throw failed.cause() instanceof RuntimeException unchecked
                            ? unchecked
                            : new TierException(String.valueOf(failed.cause().getMessage()));
                }
            }
        });
    }

    /** Also if the store did not confirm it: it may come to it yet, and what was to be ended is ended here. */
    private void remember(AtomicIntegerArray numbers, int index, byte[] next) {
        changes.incrementAndGet(index); // what is being asked for now is remembered no more
        numbers.set(index, ByteBuffer.wrap(next).getInt());
    }

    private List<TierEntry> graces(
            List<Integer> indexes, List<TierEntry> next, List<Outcome<byte[]>> before, Duration grace) {
        List<TierEntry> entries = new ArrayList<>();
        for (int i = 0; i < next.size(); i++) {
            if (before.get(i) instanceof Outcome.Done<byte[]> done
                    && done.value() != null
                    && done.value().length == BYTES) {
                byte[] both = ByteBuffer.allocate(2 * BYTES)
                        .put(next.get(i).value())
                        .put(done.value())
                        .array();
                entries.add(new TierEntry(watch.note(indexes.get(i), "p"), both, grace));
            }
        }
        return entries;
    }

    /** Makes whatever the deeper tiers hold of that part unreadable. */
    CompletableFuture<Void> raiseFloor(int index) {
        byte[] next = next();
        return first.put(watch.note(index, "f"), next, KEPT).thenRun(() -> {
            learnAgain(index);
            remember(rememberedFloor, index, next);
        });
    }

    /** A note was changed, here or elsewhere. */
    void changed(int index, char note) {
        if (note == 'f') {
            learnAgain(index);
        } else {
            forget(index);
        }
    }

    /** Nothing that is known of that part is good any more, L1's entries included. */
    private void forget(int index) {
        learnAgain(index);
        Section section = watch.sectionAt(index);
        if (section != null) {
            section.forget();
        }
    }

    private void learnAgain(int index) {
        changes.incrementAndGet(index);
    }
}
