package io.tiercel.sidecar.memory;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.tiercel.sidecar.resp.Protocol;
import io.tiercel.sidecar.resp.Reply;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.locks.StampedLock;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Strings in this process' memory, with the commands, replies and errors of Redis 7.0, for a sidecar without Redis.
 *
 * <p>It is a cache: what does not fit is dropped, the least used first, and nobody is told. What has expired is not seen
 * any more from that millisecond on, and its memory is freed within about two seconds, whether anybody asks or not.
 *
 * <p>Each command is one step to all others: nobody sees half of an MSET, a RENAME or a transaction. Of those that look
 * through a whole database, KEYS, SCAN, DBSIZE and RANDOMKEY, this holds inside transactions only; outside, others go on
 * writing meanwhile, and keys that are there throughout are seen.
 *
 * <p>Keys and values are kept as the arrays that were given, so callers change neither those nor what they get. Safe for
 * use by any thread; nothing waits but for another command on the same keys.
 */
public final class MemoryKeyspace {
    /** Databases, as many as Redis has unless it is told otherwise: 0 to 15. */
    public static final int DATABASES = 16;

    /** What Redis allows a value to grow to unless it is told otherwise: 512 MB. */
    static final int LONGEST_VALUE = 512 << 20;

    private final Store store;
    private final int longestValue;
    private final Stripes stripes = new Stripes();

    /**
     * @param maximumBytes for keys, values and overhead together; the least used are dropped beyond that
     * @param clockMillis milliseconds since 1970
     */
    public MemoryKeyspace(long maximumBytes, LongSupplier clockMillis) {
        this(maximumBytes, LONGEST_VALUE, clockMillis);
    }

    /**
     * @param maximumBytes for keys, values and overhead together; the least used are dropped beyond that
     * @param longestValue bytes, up to 512 MB, that APPEND, SETRANGE and SETBIT may let a value grow to
     * @param clockMillis milliseconds since 1970
     */
    public MemoryKeyspace(long maximumBytes, int longestValue, LongSupplier clockMillis) {
        if (maximumBytes <= 0) {
            throw new IllegalArgumentException("maximumBytes must be positive: " + maximumBytes);
        }
        if (longestValue <= 0 || longestValue > LONGEST_VALUE) {
            throw new IllegalArgumentException("longestValue must be from 1 to " + LONGEST_VALUE + ": " + longestValue);
        }
        this.longestValue = longestValue;
        store = new Store(maximumBytes, DATABASES, requireNonNull(clockMillis, "clockMillis"));
    }

    /** Whether there is a command of this name, in capitals. */
    public boolean knows(String upperCaseName) {
        return Commands.knows(upperCaseName);
    }

    /** The error that a command would be refused with before it is queued: unknown, or with too many or few arguments. */
    public @Nullable String refusal(byte[][] command) {
        try {
            Commands.of(command);
            return null;
        } catch (Refusal refused) {
            return refused.text();
        }
    }

    /**
     * Carries out one command and writes its whole reply. Never throws for what a client sends.
     *
     * @param db from 0 to 15
     * @param command its name, in any case, and its arguments
     */
    public void execute(Protocol protocol, int db, byte[][] command, ByteBuf out) {
        int start = out.writerIndex();
        try {
            Command called = Commands.of(command);
            Call call = new Call(store, longestValue, protocol, db, command, out);
            switch (called.access()) {
                case READ -> read(called, call, command, start);
                case WRITE -> write(called, call, command);
                case WRITE_ALL -> stripes.writing(all(), () -> called.action().run(call));
                case LOOK_THROUGH -> called.action().run(call);
            }
        } catch (Refusal refused) {
            refuse(refused, start, out);
        }
    }

    private static void refuse(Refusal refused, int start, ByteBuf out) {
        out.writerIndex(start);
        Reply.error(out, refused.text());
    }

    private void read(Command called, Call call, byte[][] command, int start) {
        if (called.keys().isOne()) {
            called.action().run(call);
            int stripe = stripe(called, command);
            if (stripes.isWrittenJointly(stripe)) {
                call.out().writerIndex(start);
                readBehindWriter(stripes.lock(stripe), called, call);
            }
            return;
        }
        BitSet read = stripes(called, command);
        if (!stripes.readUndisturbed(read, () -> called.action().run(call))) {
            call.out().writerIndex(start);
            stripes.reading(read, () -> called.action().run(call));
        }
    }

    private static void readBehindWriter(StampedLock stripe, Command called, Call call) {
        long stamp = stripe.readLock();
        try {
            called.action().run(call);
        } finally {
            stripe.unlockRead(stamp);
        }
    }

    private void write(Command called, Call call, byte[][] command) {
        if (!called.keys().isOne()) {
            stripes.writing(stripes(called, command), () -> called.action().run(call));
            return;
        }
        StampedLock stripe = stripes.lock(stripe(called, command));
        long stamp = stripe.writeLock();
        try {
            called.action().run(call);
        } finally {
            stripe.unlockWrite(stamp);
        }
    }

    private int stripe(Command called, byte[][] command) {
        return Stripes.of(store.hash(command[called.keys().first()]));
    }

    private BitSet stripes(Command called, byte[][] command) {
        BitSet named = new BitSet(Stripes.COUNT);
        called.stripes(store, command, named);
        return named;
    }

    private static BitSet all() {
        BitSet all = new BitSet(Stripes.COUNT);
        all.set(0, Stripes.COUNT);
        return all;
    }

    /**
     * The value of a string, null if there is none: a GET without a reply. Takes no lock unless several keys are being
     * written at that moment.
     *
     * @param db from 0 to 15
     * @return the array as it is stored, which callers do not change
     */
    public byte @Nullable [] get(int db, byte[] key) {
        MemoryKey wanted = store.key(db, key);
        Entry entry = store.find(wanted);
        int stripe = Stripes.of(wanted.hash());
        if (stripes.isWrittenJointly(stripe)) {
            entry = getBehindWriter(db, key, stripes.lock(stripe));
        }
        return entry == null ? null : entry.value();
    }

    private @Nullable Entry getBehindWriter(int db, byte[] key, StampedLock stripe) {
        long stamp = stripe.readLock();
        try {
            return store.find(store.key(db, key));
        } finally {
            stripe.unlockRead(stamp);
        }
    }

    /** A number that is another one whenever the key was set, changed or removed, or has expired, since. For WATCH. */
    public long version(int db, byte[] key) {
        return store.version(store.key(db, key));
    }

    /** What carries out commands inside a transaction that this class does not know, such as PING. */
    @FunctionalInterface
    public interface OtherCommands {
        /**
         * Carries out one command and writes its whole reply. Nothing that takes time, nor that uses this keyspace: other
         * commands wait meanwhile.
         */
        void execute(byte[][] command, ByteBuf out);
    }

    /**
     * Carries out all commands as one step that nobody sees half of; writes an array of their replies. If a watched key
     * has changed since, it does nothing and writes EXEC's null reply.
     *
     * @param db from 0 to 15, for all of them
     * @param watched the keys with the versions seen
     */
    public void transaction(Protocol protocol, int db, List<byte[][]> commands, List<WatchedKey> watched, ByteBuf out) {
        transaction(protocol, () -> db, commands, watched, (command, to) -> execute(protocol, db, command, to), out);
    }

    /**
     * Carries out all commands as one step, with some that are not this class' among them.
     *
     * @param db asked before each command, so that one of the others may be SELECT
     * @param others for commands that {@link #knows} does not
     */
    public void transaction(
            Protocol protocol,
            IntSupplier db,
            List<byte[][]> commands,
            List<WatchedKey> watched,
            OtherCommands others,
            ByteBuf out) {
        BitSet used = new BitSet(Stripes.COUNT);
        for (WatchedKey key : watched) {
            used.set(Stripes.of(store.hash(key.key())));
        }
        for (byte[][] command : commands) {
            stripes(command, used);
        }
        stripes.writing(used, () -> {
            for (WatchedKey key : watched) {
                if (version(key.db(), key.key()) != key.version()) {
                    Reply.nilArray(out, protocol);
                    return;
                }
            }
            Reply.array(out, commands.size());
            for (byte[][] command : commands) {
                step(protocol, db.getAsInt(), command, others, out);
            }
        });
    }

    private void stripes(byte[][] arguments, BitSet into) {
        try {
            Command command = Commands.of(arguments);
            if (command.isWholeSpace()) {
                into.set(0, Stripes.COUNT);
            } else {
                command.stripes(store, arguments, into);
            }
        } catch (Refusal refused) {
            // It names no keys then; when its turn comes, it is refused or carried out by others.
            return;
        }
    }

    private void step(Protocol protocol, int db, byte[][] arguments, OtherCommands others, ByteBuf out) {
        int start = out.writerIndex();
        if (arguments.length > 0 && !knows(Words.upperCase(arguments[0]))) {
            others.execute(arguments, out);
            return;
        }
        try {
            Command command = Commands.of(arguments);
            command.action().run(new Call(store, longestValue, protocol, db, arguments, out));
        } catch (Refusal refused) {
            refuse(refused, start, out);
        }
    }

    /** How many keys there are in all databases; those that have expired count until their memory is freed. */
    public long entries() {
        return store.entries();
    }

    /** Bytes that keys, values and overhead take, as they are counted against the maximum. */
    public long bytes() {
        return store.bytes();
    }

    /** How many keys were dropped because there was no room, since the start. */
    public long evictions() {
        return store.evictions();
    }
}
