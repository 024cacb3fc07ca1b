package io.tiercel.cache.tier.memcached;

import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.TierException.Kind;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import net.spy.memcached.ops.DeleteOperation;
import net.spy.memcached.ops.GetOperation;
import net.spy.memcached.ops.GetsOperation;
import net.spy.memcached.ops.Operation;
import net.spy.memcached.ops.OperationStatus;
import net.spy.memcached.ops.StatusCode;
import net.spy.memcached.ops.StoreOperation;
import org.jspecify.annotations.Nullable;

/**
 * Hears what becomes of one operation and completes a future with it. spymemcached calls it under the operation's lock,
 * on its IO thread, on the thread that submits or on the timer's: whichever comes first is heard.
 */
final class Question
        implements GetOperation.Callback, GetsOperation.Callback, StoreOperation.Callback, DeleteOperation.Callback {
    private final String tier;
    private final String name;
    private final CompletableFuture<Reply> reply = new CompletableFuture<>();
    private final Map<String, byte[]> found = new HashMap<>();
    private final boolean many;
    private byte @Nullable [] data;
    private long cas;
    private @Nullable OperationStatus status;

    /** @param many whether it reads more than one key */
    Question(String tier, String name, boolean many) {
        this.tier = tier;
        this.name = name;
        this.many = many;
    }

    CompletableFuture<Reply> reply() {
        return reply;
    }

    /** What a read of many keys found before it failed. Only for whoever sees {@link #reply()} completed. */
    Map<String, byte[]> foundSoFar() {
        return found;
    }

    void fail(Kind kind, String why) {
        reply.completeExceptionally(new TierException(kind, tier + ": " + name + " failed: " + why));
    }

    @Override
    public void gotData(String key, int flags, byte[] bytes) {
        if (reply.isDone()) {
            return; // too late; others may be reading
        }
        if (many) {
            found.put(key, bytes);
        } else {
            data = bytes;
        }
    }

    @Override
    public void gotData(String key, int flags, long version, byte[] bytes) {
        cas = version;
        data = bytes;
    }

    @Override
    public void gotData(String key, long version) {
        cas = version;
    }

    @Override
    public void gotData(long version) {
        cas = version;
    }

    @Override
    public void receivedStatus(OperationStatus received) {
        if (!reply.isDone()) {
            status = received;
        }
    }

    @Override
    public void complete() {
        if (reply.isDone()) {
            return;
        }
        OperationStatus last = status;
        StatusCode code = last == null ? StatusCode.ERR_INTERNAL : last.getStatusCode();
        switch (code) {
            case SUCCESS, ERR_NOT_FOUND, ERR_EXISTS, ERR_NOT_STORED ->
                reply.complete(new Reply(code, data, cas, found));
            case CANCELLED -> fail(Kind.UNAVAILABLE, "not connected");
            case TIMEDOUT -> fail(Kind.TIMEOUT, "no answer in time");
            // Any operation would be answered so.
            case ERR_BUSY, ERR_TEMP_FAIL, ERR_INTERNAL -> fail(Kind.UNAVAILABLE, "the server answered " + code);
            default -> fail(Kind.REFUSED, "the server answered " + code);
        }
    }

    /** Lets spymemcached count the timeouts in a row, after which it opens the connection anew. */
    static void noteTimeout(Operation operation) {
        net.spy.memcached.MemcachedConnection.opTimedOut(operation);
    }
}
