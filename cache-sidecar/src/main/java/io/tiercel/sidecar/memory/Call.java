package io.tiercel.sidecar.memory;

import io.netty.buffer.ByteBuf;
import io.tiercel.sidecar.memory.Entry.Form;
import io.tiercel.sidecar.resp.Protocol;
import org.jspecify.annotations.Nullable;

/** One command on its way: its arguments, where it reads and writes, and where its reply goes. Used by one thread. */
final class Call {
    private final Store store;
    private final int longestValue;
    private final Protocol protocol;
    private final int db;
    private final byte[][] arguments;
    private final ByteBuf out;

    /** @param longestValue bytes that a value may grow to */
    Call(Store store, int longestValue, Protocol protocol, int db, byte[][] arguments, ByteBuf out) {
        this.store = store;
        this.longestValue = longestValue;
        this.protocol = protocol;
        this.db = db;
        this.arguments = arguments;
        this.out = out;
    }

    Store store() {
        return store;
    }

    Protocol protocol() {
        return protocol;
    }

    int db() {
        return db;
    }

    ByteBuf out() {
        return out;
    }

    /** How many arguments there are, the command's name being the first. */
    int count() {
        return arguments.length;
    }

    byte[] argument(int index) {
        return arguments[index];
    }

    /** Whether an argument is this word, in any case. */
    boolean is(int index, String upperCase) {
        return Words.same(arguments[index], upperCase);
    }

    MemoryKey key(int index) {
        return store.key(db, arguments[index]);
    }

    @Nullable
    Entry find(int index) {
        return store.find(key(index));
    }

    void put(int index, byte[] value, long expiresAt, Form form) {
        store.put(key(index), value, expiresAt, form);
    }

    /**
     * The number of a database.
     *
     * @throws Refusal if it is none, or there is no such database
     */
    int database(int index) {
        int number = Numbers.int32(arguments[index]);
        if (number < 0 || number >= store.databases()) {
            throw new Refusal(Refusal.DATABASE);
        }
        return number;
    }

    boolean mayGrowTo(long length) {
        return length <= longestValue;
    }

    /** @throws Refusal if a value must not become so long */
    int grown(long length) {
        if (!mayGrowTo(length)) {
            throw new Refusal(Refusal.TOO_LONG);
        }
        return (int) length;
    }
}
