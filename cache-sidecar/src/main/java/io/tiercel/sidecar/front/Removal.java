package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.tiercel.sidecar.keyspace.Key;
import io.tiercel.sidecar.keyspace.LoopKeyspace;
import io.tiercel.sidecar.keyspace.Outbox;
import java.util.List;
import java.util.function.Consumer;

/** Removes many keys, page after page, so that Redis is never asked for more than one page at a time. */
final class Removal {
    private static final int PAGE = 1_000;
    private static final byte[] UNLINK = "UNLINK".getBytes(US_ASCII);

    private final LoopKeyspace redis;
    private final List<byte[]> keys;
    private final Consumer<byte[]> reply;
    private int next;
    private long removed;

    private Removal(LoopKeyspace redis, List<byte[]> keys, Consumer<byte[]> reply) {
        this.redis = redis;
        this.keys = keys;
        this.reply = reply;
    }

    /**
     * Begins.
     *
     * @param keys as Redis has them
     * @param reply told once, how many there were or the first error, as a reply
     */
    static void start(LoopKeyspace redis, List<byte[]> keys, Consumer<byte[]> reply) {
        new Removal(redis, keys, reply).page();
    }

    private void page() {
        if (next >= keys.size()) {
            reply.accept(Replies.integer(removed));
            return;
        }
        List<byte[]> page = keys.subList(next, Math.min(next + PAGE, keys.size()));
        next += page.size();
        Outbox out = new Outbox();
        Gather gather = new Gather(page.size(), this::answered);
        for (int i = 0; i < page.size(); i++) {
            byte[][] words = {UNLINK, page.get(i)};
            redis.pass(words, 1, List.of(Key.of(page.get(i))), true, gather.part(i), out, true);
        }
        redis.flush(out, true);
    }

    private void answered(List<byte[]> replies) {
        for (byte[] one : replies) {
            if (Replies.isError(one)) {
                reply.accept(one);
                return;
            }
            removed += LoopKeyspace.number(one);
        }
        page();
    }
}
