package io.tiercel.sidecar.keyspace;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.redis.RedisPassage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Which keys were filled with which tag. A tag is a sorted set of keys, each with the number of times it was filled, and
 * beside it stands for how long ago it was invalidated.
 *
 * <p>A key is put into its tags before its value is stored, or a value could outlive its tags' invalidation. An
 * invalidation first leaves its mark, then removes the keys, then takes out those that were not filled again meanwhile. So
 * a fill either has its key found, or finds the mark and is refused if its lease is older: then it has a value that was
 * loaded before the invalidation.
 *
 * <p>Everything is called on the loop that is given.
 */
public final class Tags {
    private static final String MARK = RedisKeyspace.RESERVED + "tagged:";
    private static final byte[] MARK_MILLIS =
            ascii(Long.toString(Leases.LONGEST.plusMinutes(1).toMillis()));
    private static final int PAGE = 1_000;

    private static final String JOIN = """
            redis.call('ZINCRBY', KEYS[1], 1, ARGV[1])
            local left = redis.call('PTTL', KEYS[2])
            if left < 0 then return -1 end
            return ARGV[2] - left
            """;

    private static final String MEMBERS = """
            redis.call('SET', KEYS[2], 1, 'PX', ARGV[1])
            return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
            """;

    private static final String LEAVE = """
            for i = 1, #ARGV, 2 do
              if redis.call('ZSCORE', KEYS[1], ARGV[i]) == ARGV[i + 1] then redis.call('ZREM', KEYS[1], ARGV[i]) end
            end
            return 1
            """;

    private Tags() {}

    /**
     * Puts a key into a tag.
     *
     * @param tag the tag's key
     * @param reply an integer: how many milliseconds ago the tag was invalidated, -1 if not lately; or an error
     */
    public static void join(LoopKeyspace loop, byte[] tag, byte[] key, Consumer<byte[]> reply) {
        run(loop, JOIN, tag, List.of(key, MARK_MILLIS), reply);
    }

    /**
     * Begins to invalidate a tag.
     *
     * @param reply an array in which keys and how often they were filled take turns, as bulk strings; or an error
     */
    public static void invalidate(LoopKeyspace loop, byte[] tag, Consumer<byte[]> reply) {
        run(loop, MEMBERS, tag, List.of(MARK_MILLIS), reply);
    }

    /**
     * Takes removed keys out of the tag.
     *
     * @param members as {@link #invalidate} gave them, without their frames
     * @param done an error reply, or any other
     */
    public static void leave(LoopKeyspace loop, byte[] tag, List<byte[]> members, Consumer<byte[]> done) {
        List<byte[]> page = members.subList(0, Math.min(PAGE, members.size()));
        List<byte[]> rest = members.subList(page.size(), members.size());
        run(loop, LEAVE, tag, page, reply -> {
            if (reply[0] == '-' || rest.isEmpty()) {
                done.accept(reply);
            } else {
                leave(loop, tag, rest, done);
            }
        });
    }

    private static void run(
            LoopKeyspace loop, String script, byte[] tag, List<byte[]> arguments, Consumer<byte[]> reply) {
        byte[] refusal = loop.refusal(true);
        if (refusal != null) {
            reply.accept(refusal);
            return;
        }
        List<byte[]> words =
                new ArrayList<>(List.of(ascii("EVAL"), ascii(script), ascii("2"), tag, Leases.beside(MARK, tag)));
        words.addAll(arguments);
        loop.own(words.toArray(byte[][]::new), 3, new RedisPassage.Answer() {
            @Override
            public void replied(byte[] answer) {
                reply.accept(answer);
            }

            @Override
            public void failed(TierException failure) {
                reply.accept(LoopKeyspace.down(failure));
            }
        });
    }

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }
}
