package io.tiercel.sidecar.keyspace;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.redis.RedisPassage;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One load for all, for clients in any language: whoever finds no value gets a lease to load it, and everybody else is told
 * that somebody loads. A lease is a key of its own beside the user's, in the same slot, that lives for a short time; a
 * value is stored under it only if it is still there, in one step of Redis.
 *
 * <p>So that a value loaded before a write cannot land after it, each write through a sidecar removes the lease first.
 * That would cost every write a command although hardly anybody uses leases, so Redis holds a note that says whether
 * anybody does, each sidecar keeps a copy of it that the change feed vouches for, and who cannot know takes it that there
 * are some. Who is asked for a lease writes the note if there is none, and waits until the note that is there was there
 * for the feed's bound: by then every sidecar knows. The note's value is another one each time, so one that was lost and
 * written again is not taken for the one that everybody knew.
 *
 * <p>When the note goes, by FLUSHALL say, one sidecar hears of it before another and may give a lease meanwhile. So
 * whoever has heard of the note, of whatever change to it, removes leases for as long after that as one can live; and who
 * finds none waits for the bound and the usual life of a lease until he believes it.
 *
 * <p>A removal of a key that does not exist, by another client than a sidecar, changes nothing that could be seen, nor
 * does a value that came and went again between lease and fill.
 *
 * <p>After Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013, section 3.2.1. Thread-safe.
 */
public final class Leases {
    /** Leases are keys that begin so. */
    public static final String LEASE = RedisKeyspace.RESERVED + "lease:";

    private static final String STALE = RedisKeyspace.RESERVED + "stale:";
    private static final byte[] NOTE = (RedisKeyspace.RESERVED + "leases").getBytes(US_ASCII);
    private static final Duration NOTE_LIFE = Duration.ofDays(7);
    private static final String NOTE_LIFE_MILLIS = Long.toString(NOTE_LIFE.toMillis());
    /** The longest that a lease can live. */
    public static final Duration LONGEST = Duration.ofMinutes(10);

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

    // Both ages are counted from lives that Redis itself has counted down, so no clocks are compared.
    private static final String FILL = """
            if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
            local life = tonumber(string.match(ARGV[1], '%.(%d+)$') or 0)
            local age = life - redis.call('PTTL', KEYS[2])
            redis.call('UNLINK', KEYS[2])
            local invalidated = tonumber(ARGV[5])
            if invalidated >= 0 and age >= invalidated - 2 then return 0 end
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

    /** A note that was there. */
    private static final class Note {
        /** Its value as a bulk string. */
        final byte[] value;

        /** When every sidecar knows of it, in monotonic nanoseconds. */
        final long known;

        Note(byte[] value, long known) {
            this.value = value;
            this.known = known;
        }
    }

    private final RedisKeyspace keyspace;
    private final Key note = Key.of(NOTE);
    private final AtomicLong lookedAt = new AtomicLong(System.nanoTime() - LOOK_NANOS);
    private final AtomicReference<@Nullable Note> seen = new AtomicReference<>();
    /** Until then a lease may live that was given while there was a note. */
    private volatile long inUseUntil = System.nanoTime();

    Leases(RedisKeyspace keyspace) {
        this.keyspace = keyspace;
    }

    /** The prefixes of keys whose changes are to be told, so that those of the note are among them. */
    static List<String> withNote(List<String> prefixes) {
        String own = new String(NOTE, US_ASCII);
        if (prefixes.stream().anyMatch(own::startsWith)) {
            return prefixes;
        }
        return Stream.concat(Stream.of(own), prefixes.stream().filter(prefix -> !prefix.startsWith(own)))
                .toList();
    }

    /** A key has changed, whoever did it. */
    void changed(Key key) {
        if (key.equals(note)) {
            heardOf();
        }
    }

    private void heardOf() {
        inUseUntil =
                System.nanoTime() + LONGEST.plus(keyspace.settings().bound()).toNanos();
    }

    /** The key of what belongs to a key, in its slot. */
    static byte[] beside(String what, byte[] key) {
        String text = new String(key, ISO_8859_1);
        int brace = text.indexOf('{');
        int end = brace < 0 ? -1 : text.indexOf('}', brace + 1);
        boolean tagged = end > brace + 1;
        String tag = tagged ? "" : "{" + new String(Tags.BY_SLOT[RedisPassage.slot(key)], US_ASCII) + "}";
        return (what + tag + text).getBytes(ISO_8859_1);
    }

    /** Whether a key is the lease of a key that begins with these bytes. */
    public static boolean isLeaseOf(byte[] lease, byte[] prefix) {
        String text = new String(lease, ISO_8859_1);
        String wanted = new String(prefix, ISO_8859_1);
        int end = text.startsWith(LEASE + "{") ? text.indexOf('}') + 1 : 0;
        return text.startsWith(LEASE + wanted) || (end > 0 && text.startsWith(wanted, end));
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

    /** Whether there may be leases; true if that is not known. */
    public boolean mayBeInUse(LoopKeyspace loop) {
        long now = System.nanoTime();
        if (now - inUseUntil < 0) {
            return true;
        }
        Copy copy = keyspace.copies().fresh(note, now);
        if (copy == null) {
            look(loop, now);
            return true;
        }
        if (copy.framed() != null) {
            heardOf();
            return true;
        }
        KeyspaceSettings settings = keyspace.settings();
        return now - copy.readAt() < settings.bound().plus(settings.leaseTime()).toNanos();
    }

    private void look(LoopKeyspace loop, long now) {
        long last = lookedAt.get();
        if (now - last >= LOOK_NANOS && lookedAt.compareAndSet(last, now)) {
            loop.look(note);
        }
    }

    /** Makes sure that every sidecar knows of leases; {@code then} is told on the loop why that is not so, or null. */
    private void arm(LoopKeyspace loop, Consumer<byte @Nullable []> then) {
        long now = System.nanoTime();
        Copy copy = keyspace.copies().fresh(note, now);
        Note last = seen.get();
        if (copy != null && last != null && Arrays.equals(copy.framed(), last.value) && now - last.known >= 0) {
            if (copy.expires() - now < NOTE_LIFE.toNanos() / 2) {
                renew(loop, now);
            }
            then.accept(null);
            return;
        }
        byte[] value = random();
        loop.own(
                words("SET", NOTE, value, ascii("NX"), ascii("PX"), ascii(NOTE_LIFE_MILLIS)),
                1,
                new Reply(then, done -> read(loop, then)));
    }

    /** What is there now may have been written by this process or another one, at this moment or long ago. */
    private void read(LoopKeyspace loop, Consumer<byte @Nullable []> then) {
        long asked = System.nanoTime();
        loop.look(note);
        loop.own(words("GET", NOTE), 1, new Reply(then, value -> {
            if (LoopKeyspace.isNull(value)) {
                then.accept(Errors.of("TIERDOWN Redis has lost what it was just told of leases; try again"));
                return;
            }
            heardOf();
            long left = learn(value, asked).known - System.nanoTime();
            if (left <= 0) {
                then.accept(null);
            } else {
                loop.later(() -> then.accept(null), Duration.ofNanos(left));
            }
        }));
    }

    private Note learn(byte[] value, long asked) {
        Note found = new Note(value, asked + keyspace.settings().bound().toNanos());
        Note now = seen.updateAndGet(last -> last != null && Arrays.equals(last.value, value) ? last : found);
        return now == null ? found : now;
    }

    private void renew(LoopKeyspace loop, long now) {
        long last = lookedAt.get();
        if (now - last >= LOOK_NANOS && lookedAt.compareAndSet(last, now)) {
            loop.own(words("PEXPIRE", NOTE, ascii(NOTE_LIFE_MILLIS)), 1, LoopKeyspace.NOBODY);
        }
    }

    /** A reply of Redis that is no error, or the news that there is none. */
    private record Reply(Consumer<byte @Nullable []> error, Consumer<byte[]> then) implements RedisPassage.Answer {
        @Override
        public void replied(byte[] reply) {
            if (reply[0] == '-') {
                error.accept(reply);
            } else {
                then.accept(reply);
            }
        }

        @Override
        public void failed(TierException failure) {
            error.accept(LoopKeyspace.down(failure));
        }
    }

    private static byte[] random() {
        byte[] token = new byte[12];
        RANDOM.nextBytes(token);
        return Base64.getUrlEncoder().withoutPadding().encode(token);
    }

    private static byte[][] words(String name, byte[]... arguments) {
        byte[][] words = new byte[1 + arguments.length][];
        words[0] = ascii(name);
        System.arraycopy(arguments, 0, words, 1, arguments.length);
        return words;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
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
            // With its life, from which its age is known later.
            byte[] token = ascii(new String(random(), US_ASCII) + "." + life.toMillis());
            run(loop, GRANT, key, isResp3, List.of(token, millis(life)), false, new Granted(loop, key, slot));
        });
    }

    /** Counts a value that was found like one that was read, and keeps it in memory like that. */
    private final class Granted extends ReplySlot {
        private final LoopKeyspace loop;
        private final Key key;
        private final ReplySlot slot;

        Granted(LoopKeyspace loop, Key key, ReplySlot slot) {
            this.loop = loop;
            this.key = key;
            this.slot = slot;
        }

        @Override
        public void reply(byte[] encoded) {
            if (!slot.isDone() && encoded[0] == '*') {
                Counters counters = keyspace.counters();
                counters.reads.increment();
                boolean hit = encoded[5] == '3'; // *2, $3, HIT; the other words are longer
                (hit ? counters.l2Hits : counters.l2Misses).increment();
                if (!hit) {
                    counters.misses.increment();
                } else if (keyspace.isKept(key) && keyspace.doorkeeper().seen(key)) {
                    loop.warm(key);
                }
            }
            slot.reply(encoded);
        }

        @Override
        public boolean isDone() {
            return slot.isDone();
        }
    }

    /**
     * Stores a value under a lease; the reply is 1 if it was stored, 0 if the lease is gone: whoever fills has the value
     * for himself, and somebody has written or removed the key meanwhile.
     *
     * @param invalidated how many milliseconds ago one of the value's tags was invalidated, at least; -1 if none was
     */
    public void fill(
            LoopKeyspace loop,
            Key key,
            boolean isResp3,
            byte[] token,
            byte[] value,
            Duration ttl,
            Duration stale,
            long invalidated,
            ReplySlot slot) {
        List<byte[]> arguments = List.of(token, value, millis(ttl), millis(stale), ascii(Long.toString(invalidated)));
        run(loop, FILL, key, isResp3, arguments, true, slot);
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
        byte[] refusal = loop.refusal(true); // a lease is written too
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
