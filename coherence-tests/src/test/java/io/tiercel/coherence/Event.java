package io.tiercel.coherence;

import java.nio.ByteBuffer;

/**
 * What one thread of an instance did to one key. Reads in a row that gave the same version are one event.
 *
 * @param version what a read returned or a write wrote; 0 for none
 * @param count how many reads
 * @param start {@code System.nanoTime()} when the first began
 * @param lastStart when the last began
 * @param end when the last ended
 */
record Event(
        Op op,
        Outcome outcome,
        int instance,
        int thread,
        int key,
        int version,
        int count,
        long start,
        long lastStart,
        long end) {
    /** Of one event in a log. */
    static final int BYTES = 4 + 4 + 4 + 4 + 8 + 8 + 8;

    enum Op {
        GET,
        GET_IF_PRESENT,
        GET_ALL,
        REFRESH,
        PUT,
        INVALIDATE,
        EXPIRE,
        /** At rest, without a loader. */
        FINAL_LOOK,
        /** At rest, with one. */
        FINAL_GET;

        boolean isWrite() {
            return this == PUT || this == INVALIDATE;
        }

        boolean isRead() {
            return !isWrite() && this != EXPIRE;
        }

        /** Whether a loader stands by. */
        boolean loads() {
            return isRead() && this != GET_IF_PRESENT && this != FINAL_LOOK;
        }

        boolean isFinal() {
            return this == FINAL_LOOK || this == FINAL_GET;
        }
    }

    enum Outcome {
        /** A read's value, or a write that was acknowledged. */
        OK,
        MISS,
        /** An exception; of a write nobody knows whether it happened. */
        FAILED,
        /** Something that was not written for this key, or not whole. */
        FOREIGN
    }

    boolean isValue() {
        return op.isRead() && outcome == Outcome.OK;
    }

    boolean isAcknowledgedWrite() {
        return op.isWrite() && outcome == Outcome.OK;
    }

    @SuppressWarnings("EnumOrdinal") // who writes and who reads are of one build
    void write(ByteBuffer log) {
        log.put((byte) op.ordinal())
                .put((byte) outcome.ordinal())
                .put((byte) instance)
                .put((byte) thread);
        log.putInt(key).putInt(version).putInt(count);
        log.putLong(start).putLong(lastStart).putLong(end);
    }

    static Event read(ByteBuffer log) {
        Op op = Op.values()[log.get()];
        Outcome outcome = Outcome.values()[log.get()];
        return new Event(
                op,
                outcome,
                log.get(),
                log.get(),
                log.getInt(),
                log.getInt(),
                log.getInt(),
                log.getLong(),
                log.getLong(),
                log.getLong());
    }
}
