package io.tiercel.sidecar.keyspace;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.redis.RedisPassage;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One load for all, for clients in any language: whoever finds no value gets a lease to load it, and everybody else is told
 * that somebody loads. A lease is a key of its own beside the user's, in the same slot, that lives for a short time; a
 * value is stored under it only if it is still there, in one step of Redis.
 *
 * <p>So that a value loaded before a write cannot land after it, each write through a sidecar removes the lease first.
 * That would cost every write a command although hardly anybody uses leases, so Redis holds a note that says whether
 * anybody does, each sidecar keeps a copy of it that the change feed vouches for, and who cannot know takes it that there
 * are some. The first to ask for a lease writes the note and waits for the feed's bound: by then every sidecar knows. A
 * removal of a key that does not exist, by another client than a sidecar, changes nothing that could be seen.
 *
 * <p>After Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013, section 3.2.1. Thread-safe.
 */
public final class Leases {
    private static final String LEASE = RedisKeyspace.RESERVED + "lease:";
    private static final String STALE = RedisKeyspace.RESERVED + "stale:";
    private static final byte[] NOTE = (RedisKeyspace.RESERVED + "leases").getBytes(US_ASCII);
    private static final Duration NOTE_LIFE = Duration.ofDays(7);
    private static final int SLOTS = 16_384;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final SecureRandom RANDOM = new SecureRandom();

    private static final String GRANT = """
            local value = redis.call('GET', KEYS[1])
            if value then return {'HIT', value} end
            local granted = redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2])
            local stale = redis.call('GET', KEYS[3])
            if granted then return {'LEASE', ARGV[1], stale} end
            return {'WAIT', redis.call('PTTL', KEYS[2]), stale}
            """;

    private static final String FILL = """
            if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
            redis.call('UNLINK', KEYS[2])
            if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
            redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
            if tonumber(ARGV[4]) > 0 then redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3] + ARGV[4]) end
            return 1
            """;

    private static final String RELEASE = """
            if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
            return redis.call('UNLINK', KEYS[2])
            """;

    private static final class Tags {
        /** By slot a short hash tag of it. */
        static final byte[][] BY_SLOT = find();

        private static byte[][] find() {
            byte[][] tags = new byte[SLOTS][];
            int found = 0;
            for (int i = 0; found < SLOTS; i++) {
                byte[] tag = Integer.toString(i, Character.MAX_RADIX).getBytes(US_ASCII);
                int slot = RedisPassage.slot(tag);
                if (tags[slot] == null) {
                    tags[slot] = tag;
                    found++;
                }
            }
            return tags;
        }
    }

    private final RedisKeyspace keyspace;
    private final Key note = Key.of(NOTE);
    private final AtomicLong lookedAt = new AtomicLong(System.nanoTime() - LOOK_NANOS);
    /** Whether every sidecar has had time to learn that there are leases. */
    private volatile boolean known;

    Leases(RedisKeyspace keyspace) {
        this.keyspace = keyspace;
    }

    /** The key of what belongs to a key, in its slot. */
    private static byte[] beside(String what, byte[] key) {
        String text = new String(key, ISO_8859_1);
        int brace = text.indexOf('{');
        int end = brace < 0 ? -1 : text.indexOf('}', brace + 1);
        boolean tagged = end > brace + 1;
        String tag = tagged ? "" : "{" + new String(Tags.BY_SLOT[RedisPassage.slot(key)], US_ASCII) + "}";
        return (what + tag + text).getBytes(ISO_8859_1);
    }

    /** What a write of these keys has to send before it; null if there is nothing to remove. */
    byte @Nullable [][] removal(LoopKeyspace loop, List<Key> keys) {
        if (!mayBeInUse(loop)) {
            return null;
        }
        List<byte[]> words = new ArrayList<>(2 * keys.size() + 1);
        words.add("UNLINK".getBytes(US_ASCII));
        for (Key key : new LinkedHashSet<>(keys)) {
            byte[] bytes = key.bytes();
            words.add(beside(LEASE, bytes));
            words.add(beside(STALE, bytes));
        }
        return words.toArray(byte[][]::new);
    }

    private boolean mayBeInUse(LoopKeyspace loop) {
        long now = System.nanoTime();
        Copy copy = keyspace.copies().fresh(note, now);
        if (copy != null) {
            return copy.framed() != null;
        }
        long last = lookedAt.get();
        if (now - last >= LOOK_NANOS && lookedAt.compareAndSet(last, now)) {
            loop.look(note);
        }
        return true;
    }

    /** Makes sure that every sidecar knows of leases; {@code then} is told on the loop whether that is so. */
    void arm(LoopKeyspace loop, Consumer<byte @Nullable []> then) {
        Copy copy = keyspace.copies().fresh(note, System.nanoTime());
        if (known && copy != null && copy.framed() != null) {
            then.accept(null);
            return;
        }
        loop.look(note);
        byte[][] words = {
            "SET".getBytes(US_ASCII),
            NOTE,
            {'1'},
            "PX".getBytes(US_ASCII),
            Long.toString(NOTE_LIFE.toMillis()).getBytes(US_ASCII)
        };
        loop.own(words, 1, new RedisPassage.Answer() {
            @Override
            public void replied(byte[] reply) {
                if (reply[0] == '-') {
                    then.accept(reply);
                    return;
                }
                loop.look(note);
                loop.later(
                        () -> {
                            known = true;
                            then.accept(null);
                        },
                        keyspace.settings().bound());
            }

            @Override
            public void failed(TierException failure) {
                then.accept(LoopKeyspace.down(failure));
            }
        });
    }

    /**
     * The value, or a lease, or the news that somebody has it: an array that begins with {@code HIT}, {@code LEASE} or
     * {@code WAIT}.
     */
    public void grant(LoopKeyspace loop, Key key, boolean isResp3, Duration life, ReplySlot slot) {
        arm(loop, refusal -> {
            if (refusal != null) {
                slot.reply(refusal);
                return;
            }
            byte[] token = new byte[12];
            RANDOM.nextBytes(token);
            byte[] text = Base64.getUrlEncoder().withoutPadding().encode(token);
            run(loop, GRANT, key, isResp3, List.of(text, millis(life)), false, slot);
        });
    }

    /**
     * Stores a value under a lease; the reply is 1 if it was stored, 0 if the lease is gone: whoever fills has the value
     * for himself, and somebody has written or removed the key meanwhile.
     */
    public void fill(
            LoopKeyspace loop,
            Key key,
            boolean isResp3,
            byte[] token,
            byte[] value,
            Duration ttl,
            Duration stale,
            ReplySlot slot) {
        run(loop, FILL, key, isResp3, List.of(token, value, millis(ttl), millis(stale)), true, slot);
    }

    /** Gives a lease back, for somebody else to load; the reply is 1, or 0 if it was gone. */
    public void release(LoopKeyspace loop, Key key, boolean isResp3, byte[] token, ReplySlot slot) {
        run(loop, RELEASE, key, isResp3, List.of(token), false, slot);
    }

    private void run(
            LoopKeyspace loop,
            String script,
            Key key,
            boolean isResp3,
            List<byte[]> arguments,
            boolean changes,
            ReplySlot slot) {
        byte[] bytes = key.bytes();
        byte[][] words = new byte[6 + arguments.size()][];
        words[0] = "EVAL".getBytes(US_ASCII);
        words[1] = script.getBytes(US_ASCII);
        words[2] = new byte[] {'3'};
        words[3] = bytes;
        words[4] = beside(LEASE, bytes);
        words[5] = beside(STALE, bytes);
        for (int i = 0; i < arguments.size(); i++) {
            words[6 + i] = arguments.get(i);
        }
        byte[] refusal = loop.refusal(changes);
        if (refusal != null) {
            slot.reply(refusal);
            return;
        }
        List<Key> changed = changes ? List.of(key) : List.of();
        changed.forEach(one -> keyspace.changing(one, true));
        loop.sent(1);
        loop.passage(isResp3).send(List.of(loop.call(words, 3, loop.answer(changed, changes, slot))));
    }

    private static byte[] millis(Duration duration) {
        return Long.toString(duration.toMillis()).getBytes(US_ASCII);
    }
}
