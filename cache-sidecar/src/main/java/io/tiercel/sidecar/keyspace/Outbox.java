package io.tiercel.sidecar.keyspace;

import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.redis.RedisPassage;
import java.util.ArrayList;
import java.util.List;

/**
 * Commands of one connection that are to be sent to Redis together. Confined to the connection's event loop.
 */
public final class Outbox {
    private List<RedisPassage.Call> calls = new ArrayList<>();
    private List<RedisPassage.Answer> answers = new ArrayList<>();
    private long bytes;

    /** @param answer told if the command is not sent */
    void add(RedisPassage.Call call, RedisPassage.Answer answer, long size) {
        calls.add(call);
        answers.add(answer);
        bytes += size;
    }

    /** How many commands there are. */
    public int size() {
        return calls.size();
    }

    /** How many bytes their words have. */
    public long bytes() {
        return bytes;
    }

    /** Takes all of them out. */
    List<RedisPassage.Call> take() {
        List<RedisPassage.Call> all = calls;
        calls = new ArrayList<>();
        answers = new ArrayList<>();
        bytes = 0;
        return all;
    }

    /** Sends none of them. */
    public void refuse(TierException why) {
        List<RedisPassage.Answer> all = answers;
        var unused = take();
        all.forEach(answer -> answer.failed(why));
    }
}
