package io.tiercel.cache;

import java.util.concurrent.atomic.LongAdder;

/** What the engine counts beside its tiers. Thread-safe. */
final class Counters {
    final LongAdder localHits = new LongAdder();
    final LongAdder localMisses = new LongAdder();
    final LongAdder distrusted = new LongAdder();
    final LongAdder waited = new LongAdder();
    final LongAdder localPuts = new LongAdder();
    final LongAdder localRemovals = new LongAdder();
    final LongAdder localOversized = new LongAdder();
    final LongAdder localPromotions = new LongAdder();
    final LongAdder loads = new LongAdder();
    final LongAdder loadFailures = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder loadsQueued = new LongAdder();
    final LongAdder loadsShed = new LongAdder();
    final LongAdder loadsBackedOff = new LongAdder();
    final LongAdder softTimeouts = new LongAdder();
    final LongAdder hardTimeouts = new LongAdder();
    final LongAdder refreshes = new LongAdder();
    final LongAdder shared = new LongAdder();
    final LongAdder absent = new LongAdder();
    final LongAdder stale = new LongAdder();
    final LongAdder fillsRefused = new LongAdder();
    final LongAdder loadNanos = new LongAdder();
}
