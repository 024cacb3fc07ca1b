package io.tiercel.sidecar.keyspace;

import java.util.concurrent.atomic.LongAdder;

/** What has happened to keys since the start. Thread-safe. */
public final class Counters {
    public final LongAdder reads = new LongAdder();
    public final LongAdder l1Hits = new LongAdder();
    public final LongAdder l2Hits = new LongAdder();
    public final LongAdder l2Misses = new LongAdder();
    public final LongAdder l2Errors = new LongAdder();
    public final LongAdder l3Hits = new LongAdder();
    public final LongAdder l3Misses = new LongAdder();
    public final LongAdder l3Errors = new LongAdder();
    public final LongAdder negativeHits = new LongAdder();
    public final LongAdder staleHits = new LongAdder();
    public final LongAdder misses = new LongAdder();
    public final LongAdder readErrors = new LongAdder();
    public final LongAdder writes = new LongAdder();
    public final LongAdder writeErrors = new LongAdder();
    public final LongAdder passedThrough = new LongAdder();
}
