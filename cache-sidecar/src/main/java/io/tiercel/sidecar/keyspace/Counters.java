package io.tiercel.sidecar.keyspace;

import java.util.concurrent.atomic.LongAdder;

/** What has happened to keys since the start. Thread-safe. */
public final class Counters {
    /** Keys read, by whatever command. */
    public final LongAdder reads = new LongAdder();
    /** Reads answered from memory with a value. */
    public final LongAdder l1Hits = new LongAdder();
    /** Reads answered by Redis with a value. */
    public final LongAdder l2Hits = new LongAdder();
    /** Reads for which Redis had none. */
    public final LongAdder l2Misses = new LongAdder();
    /** Operations on Redis that failed. */
    public final LongAdder l2Errors = new LongAdder();
    /** Reads answered by Memcached. */
    public final LongAdder l3Hits = new LongAdder();
    /** Reads for which Memcached had none. */
    public final LongAdder l3Misses = new LongAdder();
    /** Operations on Memcached that failed. */
    public final LongAdder l3Errors = new LongAdder();
    /** Reads answered from memory: there is no value. */
    public final LongAdder negativeHits = new LongAdder();
    /** Reads answered from memory although nobody vouches for the value. */
    public final LongAdder staleHits = new LongAdder();
    /** Reads that found no value. */
    public final LongAdder misses = new LongAdder();
    /** Reads answered with an error. */
    public final LongAdder readErrors = new LongAdder();
    /** Commands that may change keys. */
    public final LongAdder writes = new LongAdder();
    /** Of these, answered with an error. */
    public final LongAdder writeErrors = new LongAdder();
    /** Commands handed on that are not the cache's own. */
    public final LongAdder passedThrough = new LongAdder();
}
