package io.tiercel.sidecar.keyspace;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.tiercel.cache.tier.Section;
import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.redis.RedisPassage;
import io.tiercel.sidecar.control.TierMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The keyspace as one event loop uses it: with connections to Redis of its own, so that a command and its reply never
 * change threads. Everything is called on that loop.
 */
public final class LoopKeyspace implements AutoCloseable {
    private static final byte[] GET = ascii("GET");
    private static final byte[] MGET = ascii("MGET");
    private static final byte[] PTTL = ascii("PTTL");
    private static final byte[] NULL_2 = ascii("$-1\r\n");
    private static final byte[] NULL_3 = ascii("_\r\n");
    private static final int MOST_TOGETHER = 32;
    private static final long TOPOLOGY_LOOK_MS = 500;

    private final RedisKeyspace keyspace;
    private final EventLoop loop;
    private final RedisPassage resp2;
    private final RedisPassage resp3;
    /** Written by the loop alone, read by others. */
    private final AtomicLong inFlight = new AtomicLong();

    private long bytesInFlight;
    private Runnable whenAnswered = () -> {};

    LoopKeyspace(RedisKeyspace keyspace, EventLoop loop, Class<? extends SocketChannel> channels) {
        this.keyspace = keyspace;
        this.loop = loop;
        this.resp2 = keyspace.tier().passage(loop, channels, false);
        this.resp3 = keyspace.tier().passage(loop, channels, true);
        var unused = loop.scheduleWithFixedDelay(this::openAll, 0, TOPOLOGY_LOOK_MS, TimeUnit.MILLISECONDS);
    }

    private void openAll() {
        resp2.openAll();
        resp3.openAll();
    }

    /** What all loops share. */
    public RedisKeyspace shared() {
        return keyspace;
    }

    /** The connections for that version of the protocol. */
    public RedisPassage passage(boolean isResp3) {
        return isResp3 ? resp3 : resp2;
    }

    /** Commands sent from this loop that Redis has not answered. */
    public long inFlight() {
        return inFlight.get();
    }

    /** Bytes of the commands in {@link #inFlight} that came through an outbox. */
    public long bytesInFlight() {
        return bytesInFlight;
    }

    // ---- reads

    /** The copy of the key in memory, if it is what Redis holds; it may say that there is none. Counted. */
    public @Nullable Copy hit(Key key) {
        Copy copy = keyspace.copies().fresh(key, System.nanoTime());
        if (copy == null) {
            return null;
        }
        Counters counters = keyspace.counters();
        counters.reads.increment();
        if (copy.framed() == null) {
            counters.negativeHits.increment();
            counters.misses.increment();
        } else {
            counters.l1Hits.increment();
        }
        return copy;
    }

    /**
     * Reads a key from Redis, and keeps a copy if it was read lately.
     *
     * @param probe may be changed as soon as this returns
     * @param wrongTypeIsNull as in MGET; else it is an error
     */
    public void get(Key probe, ReplySlot slot, Outbox out, boolean isResp3, boolean wrongTypeIsNull) {
        Key key = probe.kept();
        keyspace.counters().reads.increment();
        boolean hot = keyspace.isKept(key) && keyspace.doorkeeper().seen(key);
        read(key, slot, out, isResp3, wrongTypeIsNull, hot);
    }

    /**
     * Reads many keys as {@link #get} does each, a wrong type as nothing. A single server is asked for those that are not
     * kept with one command.
     */
    public void getAll(List<Key> keys, List<ReplySlot> slots, Outbox out, boolean isResp3) {
        List<Integer> together = new ArrayList<>();
        boolean oneServer = !passage(isResp3).isCluster() && keyspace.l2Mode() != TierMode.BYPASS;
        keyspace.counters().reads.add(keys.size());
        for (int i = 0; i < keys.size(); i++) {
            Key key = keys.get(i);
            boolean hot = keyspace.isKept(key) && keyspace.doorkeeper().seen(key);
            if (oneServer && !hot) {
                together.add(i);
            } else {
                read(key, slots.get(i), out, isResp3, true, hot);
            }
        }
        // Not all at once: a reply is held as a whole, and values may be large.
        for (int from = 0; from < together.size(); from += MOST_TOGETHER) {
            List<Integer> some = together.subList(from, Math.min(together.size(), from + MOST_TOGETHER));
            readTogether(
                    some.stream().map(keys::get).toList(),
                    some.stream().map(slots::get).toList(),
                    out);
        }
    }

    private void readTogether(List<Key> keys, List<ReplySlot> slots, Outbox out) {
        byte[][] words = new byte[keys.size() + 1][];
        words[0] = MGET;
        for (int i = 0; i < keys.size(); i++) {
            int index = i;
            words[i + 1] = keys.get(i).bytes();
            slots.get(i).whenLate(() -> fallBack(keys.get(index), slots.get(index), Errors.TIMEOUT));
        }
        queue(
                words,
                1,
                new RedisPassage.Answer() {
                    @Override
                    public void replied(byte[] reply) {
                        List<byte[]> values = reply[0] == '*' ? RespArrays.elements(reply) : null;
                        for (int i = 0; i < slots.size(); i++) {
                            byte[] value = values == null ? reply : values.get(i);
                            keyspace.giving(keys.get(i), value);
                            count(value, slots.get(i));
                            slots.get(i).reply(value);
                        }
                    }

                    @Override
                    public void failed(TierException failure) {
                        keyspace.counters().l2Errors.increment();
                        for (int i = 0; i < slots.size(); i++) {
                            fallBack(keys.get(i), slots.get(i), down(failure));
                        }
                    }
                },
                out);
    }

    private void read(Key key, ReplySlot slot, Outbox out, boolean isResp3, boolean wrongTypeIsNull, boolean keep) {
        if (keyspace.l2Mode() == TierMode.BYPASS) {
            fallBack(key, slot, Errors.BYPASSED);
            return;
        }
        slot.whenLate(() -> {
            passage(isResp3).suspect(key.bytes());
            fallBack(key, slot, Errors.TIMEOUT);
        });
        Fill fill = keep ? new Fill(key) : null;
        queue(
                new byte[][] {GET, key.bytes()},
                1,
                new RedisPassage.Answer() {
                    @Override
                    public void replied(byte[] reply) {
                        byte[] given = wrongTypeIsNull && isWrongType(reply) ? nothing(isResp3) : reply;
                        keyspace.giving(key, reply);
                        count(given, slot);
                        slot.reply(given);
                        if (fill != null) {
                            fill.value(reply);
                        }
                    }

                    @Override
                    public void failed(TierException failure) {
                        keyspace.counters().l2Errors.increment();
                        if (fill != null) {
                            fill.giveUp();
                        }
                        fallBack(key, slot, down(failure));
                    }
                },
                out);
        if (fill != null) {
            queue(new byte[][] {PTTL, key.bytes()}, 1, fill, out);
        }
    }

    private void count(byte[] reply, ReplySlot slot) {
        if (slot.isDone()) {
            return; // it was too late
        }
        Counters counters = keyspace.counters();
        if (reply[0] == '-') {
            counters.readErrors.increment();
        } else if (isNull(reply)) {
            counters.l2Misses.increment();
            counters.misses.increment();
        } else {
            counters.l2Hits.increment();
        }
    }

    /** Redis cannot be asked: a copy in memory, then one in L3, then the error. */
    private void fallBack(Key key, ReplySlot slot, byte[] error) {
        if (slot.isDone()) {
            return;
        }
        Copy stale = keyspace.stale(key);
        if (stale != null && stale.framed() != null) {
            keyspace.counters().staleHits.increment();
            slot.reply(stale.framed());
            return;
        }
        Lifeboat l3 = keyspace.lifeboat();
        if (l3 == null) {
            keyspace.counters().readErrors.increment();
            slot.reply(error);
            return;
        }
        slot.whenLate(() -> {
            keyspace.counters().readErrors.increment();
            slot.reply(error);
        });
        var unused = l3.find(key, keyspace.staleness(), keyspace.forgottenAt(key))
                .thenAccept(value -> loop.execute(() -> {
                    if (slot.isDone()) {
                        return;
                    }
                    if (value == null) {
                        keyspace.counters().readErrors.increment();
                        slot.reply(error);
                    } else {
                        slot.reply(framed(value));
                    }
                }));
    }

    /** Reads keys into memory whether they were read before or not: all with one write on the wire for each node. */
    public void bring(List<Key> keys, Bringing.Limits limits, Bringing told) {
        Outbox out = new Outbox();
        for (int i = 0; i < keys.size(); i++) {
            BroughtFill fill = new BroughtFill(keys.get(i), i, limits, told);
            queue(new byte[][] {GET, fill.key.bytes()}, 1, fill.ofValue(), out);
            queue(new byte[][] {PTTL, fill.key.bytes()}, 1, fill, out);
        }
        flush(out, true);
    }

    /** Reads a key into memory. */
    void warm(Key key) {
        Fill fill = new Fill(key);
        sent(2);
        resp3.send(List.of(
                call(new byte[][] {GET, key.bytes()}, 1, fill.ofValue()),
                call(new byte[][] {PTTL, key.bytes()}, 1, fill)));
    }

    /** A value on its way into memory although nobody has asked for it. */
    private final class BroughtFill implements RedisPassage.Answer {
        private final Key key;
        private final int index;
        private final Bringing.Limits limits;
        private final Bringing told;
        private final Fill fill;
        private final long life;

        BroughtFill(Key key, int index, Bringing.Limits limits, Bringing told) {
            this.key = key;
            this.index = index;
            this.limits = limits;
            this.told = told;
            this.fill = new Fill(key);
            this.life = Math.max(1, (long) (keyspace.l1Nanos() * limits.shares().getAsDouble()));
        }

        RedisPassage.Answer ofValue() {
            return fill.ofValue();
        }

        @Override
        public void replied(byte[] reply) {
            byte[] value = fill.value;
            Bringing.Result result = result(value, reply);
            told.brought(index, result, result == Bringing.Result.KEPT && value != null ? length(value) : 0);
        }

        private Bringing.Result result(byte @Nullable [] value, byte[] reply) {
            if (value == null) {
                return fill.wrongType ? Bringing.Result.GONE : Bringing.Result.FAILED;
            }
            if (reply[0] != ':') {
                return Bringing.Result.FAILED;
            }
            long ttlMillis = number(reply);
            if (isNull(value) || ttlMillis == -2) {
                return Bringing.Result.GONE;
            }
            if (ttlMillis >= 0 && ttlMillis < limits.leastLifeMillis()) {
                return Bringing.Result.ENDING;
            }
            if (length(value) > limits.mostBytes()) {
                return Bringing.Result.LARGE;
            }
            return fill.keep(value, ttlMillis, life) ? Bringing.Result.KEPT : Bringing.Result.CHANGED;
        }

        /** Of the value of a bulk string. */
        private static int length(byte[] framed) {
            int start = 0;
            while (framed[start] != '\n') {
                start++;
            }
            return framed.length - start - 3;
        }

        @Override
        public void failed(TierException failure) {
            told.brought(index, Bringing.Result.FAILED, 0);
        }
    }

    /** A value on its way into memory: first it, then how long Redis will keep it. */
    private final class Fill implements RedisPassage.Answer {
        private final Key key;
        private final LocalCopies.Ticket ticket;
        private final Section section;
        private final long epoch;
        private final long readAt;
        private final long negative;
        private byte @Nullable [] value;
        private boolean wrongType;

        Fill(Key key) {
            this(key, keyspace.negativeNanos());
        }

        Fill(Key key, long negativeNanos) {
            this.key = key;
            this.negative = negativeNanos;
            this.section = keyspace.section(key);
            // In this order: what is read after a change, and before it is told, must not be kept.
            this.epoch = section.epoch();
            this.ticket = keyspace.copies().ticket(key);
            this.readAt = System.nanoTime();
        }

        void value(byte[] reply) {
            value = reply[0] == '-' ? null : reply;
            wrongType = isWrongType(reply);
        }

        /** The answer to the GET, where nobody else waits for it. */
        RedisPassage.Answer ofValue() {
            return new RedisPassage.Answer() {
                @Override
                public void replied(byte[] reply) {
                    value(reply);
                }

                @Override
                public void failed(TierException failure) {
                    giveUp();
                }
            };
        }

        void giveUp() {
            value = null;
        }

        @Override
        public void replied(byte[] reply) {
            byte[] read = value;
            if (read != null && reply[0] == ':') {
                boolean unused = keep(read, number(reply), keyspace.l1Nanos());
            }
        }

        @Override
        public void failed(TierException failure) {
            // Then it is not kept.
        }

        /** @param mostNanos how long it may be used without being read again */
        boolean keep(byte[] reply, long ttlMillis, long mostNanos) {
            LocalCopies copies = keyspace.copies();
            if (isNull(reply)) {
                return negative > 0
                        && ttlMillis == -2
                        && copies.keep(key, ticket, LocalCopies.copy(null, negative, negative, readAt, section, epoch));
            }
            if (ttlMillis == -2 || ttlMillis == 0) {
                return false; // it has just ended
            }
            long ttlNanos = ttlMillis < 0 ? -1 : TimeUnit.MILLISECONDS.toNanos(Math.min(ttlMillis, MOST_MILLIS));
            boolean kept =
                    copies.keep(key, ticket, LocalCopies.copy(reply, ttlNanos, mostNanos, readAt, section, epoch));
            Lifeboat l3 = keyspace.lifeboat();
            if (kept && l3 != null && keyspace.l3Mode() == TierMode.NORMAL) {
                l3.keep(
                        key,
                        unframed(reply),
                        ttlMillis,
                        keyspace.staleness(),
                        () -> copies.isUnchanged(key, ticket) && section.epoch() == epoch);
            }
            return kept;
        }
    }

    private static final long MOST_MILLIS = TimeUnit.DAYS.toMillis(36_500);

    // ---- everything else

    /**
     * Hands a command on. What it may change is forgotten before it is sent and once more when it has been answered: a
     * reader may have read the old value in between.
     *
     * @param words not copied, not to be changed
     * @param route which word is the key that says where it goes, -1 for any node
     * @param changed the keys it may change
     */
    public void pass(
            byte[][] words, int route, List<Key> changed, boolean write, ReplySlot slot, Outbox out, boolean isResp3) {
        byte[] refusal = refusal(write);
        if (refusal != null) {
            slot.reply(refusal);
            return;
        }
        changed.forEach(key -> keyspace.changing(key, true));
        byte[][] removal = leaseRemoval(changed);
        if (removal != null) {
            queue(removal, 1, NOBODY, out);
        }
        queue(words, route, answer(changed, write, slot), out);
    }

    /** What is to be sent before a write of keys of one slot, so that no lease outlives it; null for nothing. */
    public byte @Nullable [][] leaseRemoval(List<Key> keys) {
        return keys.isEmpty() ? null : keyspace.leases().removal(this, keys);
    }

    /** Commands of the cache's own. */
    void own(byte[][] words, int route, RedisPassage.Answer answer) {
        sent(1);
        resp3.send(List.of(call(words, route, answer)));
    }

    /** Reads a key of the cache's own into memory, and remembers as well that there is none. */
    void look(Key key) {
        Fill fill = new Fill(key, keyspace.settings().bound().toNanos() * 1_000);
        sent(2);
        resp3.send(List.of(
                call(new byte[][] {GET, key.bytes()}, 1, fill.ofValue()),
                call(new byte[][] {PTTL, key.bytes()}, 1, fill)));
    }

    void later(Runnable task, Duration delay) {
        var unused = loop.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** For commands that are sent beside those that clients wait for. */
    public static final RedisPassage.Answer NOBODY = new RedisPassage.Answer() {
        @Override
        public void replied(byte[] reply) {
            // Nobody waits for it.
        }

        @Override
        public void failed(TierException failure) {
            // What was sent with it fails as well, and says so.
        }
    };

    /** Puts a command into the outbox. */
    public void queue(byte[][] words, int route, RedisPassage.Answer answer, Outbox out) {
        long size = 0;
        for (byte[] word : words) {
            size += word.length + 16L;
        }
        long bytes = size;
        out.add(
                call(words, route, new RedisPassage.Answer() {
                    @Override
                    public void replied(byte[] reply) {
                        bytesInFlight -= bytes;
                        answer.replied(reply);
                    }

                    @Override
                    public void failed(TierException failure) {
                        bytesInFlight -= bytes;
                        answer.failed(failure);
                    }
                }),
                answer,
                size);
    }

    /** Why a command is not handed on; null if it is. */
    public byte @Nullable [] refusal(boolean write) {
        TierMode mode = keyspace.l2Mode();
        return mode == TierMode.BYPASS
                ? Errors.BYPASSED
                : write && mode == TierMode.READ_ONLY ? Errors.READ_ONLY : null;
    }

    /** What to do with the answer to a command that was handed on. */
    public RedisPassage.Answer answer(List<Key> changed, boolean write, ReplySlot slot) {
        Counters counters = keyspace.counters();
        if (write) {
            counters.writes.increment();
        }
        return new RedisPassage.Answer() {
            @Override
            public void replied(byte[] reply) {
                changed.forEach(key -> keyspace.changing(key, false));
                if (write && reply[0] == '-') {
                    counters.writeErrors.increment();
                }
                slot.reply(reply);
            }

            @Override
            public void failed(TierException failure) {
                changed.forEach(key -> keyspace.changing(key, false));
                counters.l2Errors.increment();
                if (write) {
                    counters.writeErrors.increment();
                }
                slot.reply(down(failure));
            }
        };
    }

    /** Sends what is in the outbox. */
    public void flush(Outbox out, boolean isResp3) {
        if (out.size() > 0) {
            long bytes = out.bytes();
            List<RedisPassage.Call> calls = out.take();
            sent(calls.size());
            bytesInFlight += bytes;
            passage(isResp3).send(calls);
        }
    }

    /** A command that counts as in flight until it is answered; {@link #sent} says when it begins to. */
    public RedisPassage.Call call(byte[][] words, int route, RedisPassage.Answer answer) {
        return new RedisPassage.Call(words, route, new RedisPassage.Answer() {
            @Override
            public void replied(byte[] reply) {
                inFlight.lazySet(inFlight.get() - 1);
                answer.replied(reply);
                whenAnswered.run();
            }

            @Override
            public void failed(TierException failure) {
                inFlight.lazySet(inFlight.get() - 1);
                answer.failed(failure);
                whenAnswered.run();
            }
        });
    }

    /** So many commands made by {@link #call} are sent now. */
    public void sent(int commands) {
        inFlight.lazySet(inFlight.get() + commands);
    }

    /** What to do when one fewer is in flight. */
    public void whenAnswered(Runnable whenAnswered) {
        this.whenAnswered = whenAnswered;
    }

    /** The error reply for a failure of Redis. */
    public static byte[] down(TierException failure) {
        return failure.kind() == TierException.Kind.CROWDED
                ? Errors.of("OVERLOADED " + failure.getMessage())
                : Errors.of("TIERDOWN " + failure.getMessage());
    }

    @Override
    public void close() {
        resp2.close();
        resp3.close();
    }

    // ---- replies

    /** Whether the reply is the null of either version. */
    public static boolean isNull(byte[] reply) {
        return reply[0] == '_' || (reply[0] == '$' && reply[1] == '-');
    }

    /** The null of a version of the protocol. */
    public static byte[] nothing(boolean isResp3) {
        return isResp3 ? NULL_3 : NULL_2;
    }

    /** A value as a bulk string. */
    public static byte[] framed(byte[] value) {
        byte[] header = ascii("$" + value.length + "\r\n");
        byte[] framed = Arrays.copyOf(header, header.length + value.length + 2);
        System.arraycopy(value, 0, framed, header.length, value.length);
        framed[framed.length - 2] = '\r';
        framed[framed.length - 1] = '\n';
        return framed;
    }

    /** The value of a bulk string. */
    public static byte[] unframed(byte[] framed) {
        int start = 0;
        while (framed[start] != '\n') {
            start++;
        }
        return Arrays.copyOfRange(framed, start + 1, framed.length - 2);
    }

    /** The number of an integer reply. */
    public static long number(byte[] reply) {
        return Long.parseLong(new String(reply, 1, reply.length - 3, US_ASCII));
    }

    static boolean isWrongType(byte[] reply) {
        return reply[0] == '-' && startsWith(reply, "-WRONGTYPE");
    }

    private static boolean startsWith(byte[] reply, String prefix) {
        return reply.length >= prefix.length() && new String(reply, 0, prefix.length(), US_ASCII).equals(prefix);
    }

    /** The text of an error reply. */
    public static String errorText(byte[] reply) {
        return new String(reply, 1, reply.length - 3, UTF_8);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }
}
