package io.tiercel.cache;

import io.tiercel.cache.tier.Frame;
import io.tiercel.cache.tier.MalformedFrameException;
import io.tiercel.cache.tier.Placeholder;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Compares some hits of L1 with what the first tier holds, behind, and where they differ measures how long L1 goes on to
 * serve the old value: not less than readers see, since it was old before the comparison, and not more than that by the
 * time between two hits. Few at a time, so that it costs what one wants it to. Thread-safe.
 */
final class Probe<K, V> {
    private static final int MOST_AT_ONCE = 16;
    private static final long LOOK_MILLIS = 20;
    private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(1);

    final LongAdder checked = new LongAdder();
    final LongAdder stale = new LongAdder();

    private final Engine<K, V> engine;
    private final TierGuard first;
    private final Alarm alarm;
    private final int every;
    private final AtomicInteger underWay = new AtomicInteger();

    Probe(Engine<K, V> engine, TierGuard first, Alarm alarm, int every) {
        this.engine = engine;
        this.first = first;
        this.alarm = alarm;
        this.every = every;
    }

    /** Called for each hit; costs a random number, and now and then a look. */
    void hit(K key, Entry<V> entry) {
        if (ThreadLocalRandom.current().nextInt(every) != 0) {
            return;
        }
        if (underWay.incrementAndGet() > MOST_AT_ONCE) {
            underWay.decrementAndGet();
            return;
        }
        String stored = engine.stored(key);
        var unused = first.get(stored).whenComplete((bytes, error) -> {
            if (error != null) {
                underWay.decrementAndGet();
                return;
            }
            checked.increment();
            if (bytes != null && isOf(stored, bytes, entry)) {
                underWay.decrementAndGet();
                return;
            }
            stale.increment();
            watch(key, entry, engine.time().nanos());
        });
    }

    private static <V> boolean isOf(String stored, byte[] bytes, Entry<V> entry) {
        if (Placeholder.is(bytes)) {
            return false;
        }
        try {
            return entry.isOf(Frame.read(stored, bytes));
        } catch (MalformedFrameException e) {
            return false; // a reader's to count
        }
    }

    private void watch(K key, Entry<V> entry, long since) {
        long now = engine.time().nanos();
        boolean served = engine.freshLocalEntry(key, now) == entry;
        if (!served || now - since > LONGEST_NANOS) {
            underWay.decrementAndGet();
            engine.events().staleness(now - since);
            return;
        }
        if (alarm.in(LOOK_MILLIS, () -> watch(key, entry, since)) == null) {
            underWay.decrementAndGet(); // closing
        }
    }
}
