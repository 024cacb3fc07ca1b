package io.tiercel.sidecar.keyspace;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.redis.RedisPassage;
import io.tiercel.sidecar.control.RateSettings;
import io.tiercel.sidecar.control.TierMode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * The token bucket that all sidecars of a fleet share, in Redis and by Redis' clock. What is stored is how many tokens are
 * missing from a full bucket and when that was so; how large the bucket is and how fast it fills comes with each question.
 * So a change of the settings needs nobody who tells Redis, and a debt of the old settings is one bucket of the new ones
 * at most. No key is a full bucket.
 *
 * <p>The bucket is the leaky bucket of ITU-T I.371, appendix, counted in tokens: one that is given back, or has to be paid
 * later, is a plain sum then. Thread-safe; answers come on the loop.
 */
public final class RateBucket {
    private static final String KEY = RedisKeyspace.RESERVED + "rate:";

    // Nothing is written when nothing was taken: the refusals of an overload are no writes, and nobody is told of them.
    private static final byte[] SCRIPT = """
            local time = redis.call('TIME')
            local now = time[1] * 1000000 + time[2]
            local rate = ARGV[1] / 60000000
            local burst = tonumber(ARGV[2])
            local wanted = tonumber(ARGV[3])
            local returned = tonumber(ARGV[4])
            local debt, at = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+%.?%d*) (%d+)$')
            debt = tonumber(debt or 0)
            at = tonumber(at or now)
            debt = math.max(0, debt - math.max(0, now - at) * rate)
            debt = math.min(burst, math.max(0, math.min(burst, debt) - returned))
            local granted = math.min(wanted, math.floor(burst - debt + 0.000001))
            debt = debt + granted
            if granted > 0 or returned ~= 0 or at > now then
                local life = string.format('%.0f', math.ceil(debt / rate / 1000) + 1000)
                redis.call('SET', KEYS[1], string.format('%.9f %.0f', debt, now), 'PX', life)
            end
            local wait = math.max(0, math.ceil((debt + 1 - burst) / rate))
            return {granted, wait, math.floor(burst - debt + 0.000001)}
            """.getBytes(US_ASCII);

    private static final byte[] EVAL = "EVAL".getBytes(US_ASCII);
    private static final byte[] EVALSHA = "EVALSHA".getBytes(US_ASCII);
    private static final byte[] ONE = {'1'};
    private static final byte[] DIGEST = digest();

    private final RedisKeyspace keyspace;
    private final byte[] key;

    RateBucket(RedisKeyspace keyspace) {
        this.keyspace = keyspace;
        this.key = (KEY + keyspace.settings().fleet()).getBytes(US_ASCII);
    }

    /** Told once what became of a question; may be told before the question returns. */
    public interface Answer {
        /**
         * Tokens were taken from the bucket.
         *
         * @param granted how many, at most as many as were wanted
         * @param waitMicros after how many microseconds there will be one more; 0 if there is one
         * @param left how many are left
         */
        void granted(long granted, long waitMicros, long left);

        /**
         * Redis could not be asked or did not know; tokens may have been taken all the same.
         *
         * @param why some words for operators, without keys and values
         */
        void failed(String why);
    }

    /**
     * Takes tokens, as many as there are of those that are wanted.
     *
     * @param settings with a limit
     * @param wanted 0 or more
     * @param returned tokens that were taken and not used, which go back first; below 0 for such as were used and not taken
     */
    public void ask(LoopKeyspace loop, RateSettings settings, long wanted, long returned, Answer answer) {
        if (keyspace.l2Mode() != TierMode.NORMAL) {
            answer.failed("l2_mode is not normal");
            return;
        }
        byte[][] words = {
            EVALSHA,
            DIGEST,
            ONE,
            key,
            number(settings.requestsPerMinute()),
            number(settings.burst()),
            number(wanted),
            number(returned)
        };
        loop.own(words, 3, new Reply(answer) {
            @Override
            public void replied(byte[] reply) {
                if (code(reply).equals("NOSCRIPT")) {
                    words[0] = EVAL;
                    words[1] = SCRIPT;
                    loop.own(words, 3, new Reply(answer));
                } else {
                    super.replied(reply);
                }
            }
        });
    }

    private static class Reply implements RedisPassage.Answer {
        private final Answer answer;

        Reply(Answer answer) {
            this.answer = answer;
        }

        @Override
        public void replied(byte[] reply) {
            if (reply[0] != '*') {
                answer.failed("Redis refuses the script: " + code(reply));
                return;
            }
            List<byte[]> numbers = RespArrays.elements(reply);
            answer.granted(
                    LoopKeyspace.number(numbers.get(0)),
                    LoopKeyspace.number(numbers.get(1)),
                    LoopKeyspace.number(numbers.get(2)));
        }

        @Override
        public void failed(TierException failure) {
            answer.failed("Redis cannot be asked: " + failure.kind());
        }
    }

    /** The first word of an error reply, which says what kind it is; empty for another reply. */
    private static String code(byte[] reply) {
        return reply[0] == '-' ? LoopKeyspace.errorText(reply).split(" ", 2)[0] : "";
    }

    private static byte[] number(long number) {
        return Long.toString(number).getBytes(US_ASCII);
    }

    private static byte[] digest() {
        try {
            byte[] sha1 = MessageDigest.getInstance("SHA-1").digest(SCRIPT);
            return HexFormat.of().formatHex(sha1).getBytes(StandardCharsets.US_ASCII);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-1", e);
        }
    }
}
