package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.redis.RedisPassage;
import io.tiercel.sidecar.keyspace.Errors;
import io.tiercel.sidecar.keyspace.Leases;
import io.tiercel.sidecar.keyspace.LoopKeyspace;
import io.tiercel.sidecar.keyspace.RedisKeyspace;
import io.tiercel.sidecar.keyspace.ReplySlot;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Commands on all keys. In a cluster each node is asked, and the replies are made one; a cursor of SCAN says in its last
 * digits, to the base of {@link #NODES}, which node is being gone through.
 *
 * <p>What the cache keeps in Redis for itself is not shown, nor are the keys of another database.
 */
final class SpaceCommands {
    private static final int NODES = 1_000;
    private static final byte[] RESERVED = RedisKeyspace.RESERVED.getBytes(US_ASCII);
    private static final byte[] OTHERS = (RedisKeyspace.RESERVED + "db").getBytes(US_ASCII);
    private static final byte[] NO_PREFIX = {};
    private static final long LONGEST_FLUSH_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final byte[] SCAN = "SCAN".getBytes(US_ASCII);
    private static final byte[] MATCH = "MATCH".getBytes(US_ASCII);
    private static final byte[] COUNT = "COUNT".getBytes(US_ASCII);
    private static final byte[] PAGE = "2000".getBytes(US_ASCII);

    private SpaceCommands() {}

    static Map<String, Command.Handler> handlers() {
        Map<String, Command.Handler> handlers = new HashMap<>();
        handlers.put("SCAN", SpaceCommands::scan);
        handlers.put("KEYS", SpaceCommands::keys);
        handlers.put("RANDOMKEY", SpaceCommands::randomKey);
        handlers.put("DBSIZE", SpaceCommands::size);
        handlers.put("FLUSHDB", SpaceCommands::flush);
        handlers.put("FLUSHALL", SpaceCommands::flush);
        handlers.put("SCRIPT", SpaceCommands::everywhere);
        handlers.put("FUNCTION", SpaceCommands::everywhere);
        return handlers;
    }

    // ---- SCAN, KEYS, RANDOMKEY

    private static void scan(Invocation invocation) {
        byte[][] words = invocation.words();
        String cursor = new String(words[1], US_ASCII);
        if (!cursor.matches("\\d{1,20}")) {
            invocation.error("ERR invalid cursor");
            return;
        }
        LoopKeyspace redis = invocation.loop().redis();
        RedisPassage passage = redis.passage(invocation.session().isResp3());
        List<String> nodes = nodes(passage);
        int node = 0;
        String own = cursor;
        if (nodes.size() > 1) {
            BigInteger[] parts = new BigInteger(cursor).divideAndRemainder(BigInteger.valueOf(NODES));
            own = parts[0].toString();
            node = parts[1].intValue();
        }
        Slot slot = invocation.muchLater();
        if (node >= nodes.size()) {
            slot.reply(scanReply("0", List.of()));
            return;
        }
        words[1] = own.getBytes(US_ASCII);
        byte[] prefix = invocation.session().prefix();
        byte[][] asked = prefix.length == 0 ? words : withPrefix(words, prefix);
        int last = node;
        ask(invocation, redis, nodes.get(node), asked, reply -> {
            List<byte[]> parts = Replies.isError(reply) ? null : Replies.elements(reply);
            List<byte[]> keys = parts == null ? null : Replies.elements(parts.get(1));
            if (parts == null || keys == null) {
                slot.reply(reply);
                return;
            }
            String next = new String(LoopKeyspace.unframed(parts.get(0)), US_ASCII);
            slot.reply(scanReply(next(next, last, nodes.size()), shown(keys, prefix)));
        });
    }

    private static String next(String cursor, int node, int nodes) {
        if (nodes <= 1) {
            return cursor;
        }
        boolean done = cursor.equals("0");
        if (done && node + 1 >= nodes) {
            return "0";
        }
        BigInteger own = new BigInteger(done ? "0" : cursor);
        return own.multiply(BigInteger.valueOf(NODES))
                .add(BigInteger.valueOf(done ? node + 1 : node))
                .toString();
    }

    private static byte[] scanReply(String cursor, List<byte[]> keys) {
        return Replies.array(List.of(LoopKeyspace.framed(cursor.getBytes(US_ASCII)), Replies.array(keys)));
    }

    /** The same SCAN for the keys of one database; nothing in a prefix has a meaning in a pattern. */
    private static byte[][] withPrefix(byte[][] words, byte[] prefix) {
        List<byte[]> asked = new ArrayList<>(List.of(words));
        for (int i = 2; i + 1 < words.length; i++) {
            if (KeyFinder.is(words[i], "MATCH")) {
                asked.set(i + 1, join(prefix, words[i + 1]));
                return asked.toArray(byte[][]::new);
            }
        }
        asked.add(MATCH);
        asked.add(join(prefix, new byte[] {'*'}));
        return asked.toArray(byte[][]::new);
    }

    static byte[] join(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /** Those of one database, as its clients know them. */
    private static List<byte[]> shown(List<byte[]> framedKeys, byte[] prefix) {
        List<byte[]> shown = new ArrayList<>(framedKeys.size());
        for (byte[] framed : framedKeys) {
            byte[] key = LoopKeyspace.unframed(framed);
            if (prefix.length == 0) {
                if (!startsWith(key, RESERVED)) {
                    shown.add(framed);
                }
            } else if (startsWith(key, prefix)) {
                shown.add(LoopKeyspace.framed(Arrays.copyOfRange(key, prefix.length, key.length)));
            }
        }
        return shown;
    }

    private static boolean startsWith(byte[] key, byte[] prefix) {
        return key.length >= prefix.length && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
    }

    private static void keys(Invocation invocation) {
        byte[] prefix = invocation.session().prefix();
        byte[][] words = invocation.words();
        words[1] = join(prefix, words[1]);
        Slot slot = invocation.muchLater();
        askAll(invocation, words, slot, replies -> {
            List<byte[]> all = new ArrayList<>();
            for (byte[] reply : replies) {
                List<byte[]> keys = Replies.elements(reply);
                if (keys != null) {
                    all.addAll(shown(keys, prefix));
                }
            }
            return Replies.array(all);
        });
    }

    private static void randomKey(Invocation invocation) {
        LoopKeyspace redis = invocation.loop().redis();
        boolean isResp3 = invocation.session().isResp3();
        if (invocation.session().prefix().length > 0) {
            everyKey(
                    invocation,
                    keys -> keys.isEmpty()
                            ? LoopKeyspace.nothing(isResp3)
                            : keys.get(ThreadLocalRandom.current().nextInt(keys.size())));
            return;
        }
        List<String> nodes = nodes(redis.passage(isResp3));
        Slot slot = invocation.muchLater();
        List<String> order = new ArrayList<>(nodes);
        Collections.shuffle(order, ThreadLocalRandom.current());
        randomKey(invocation, redis, order, 0, 0, slot, isResp3);
    }

    private static void randomKey(
            Invocation invocation,
            LoopKeyspace redis,
            List<String> nodes,
            int node,
            int tries,
            Slot slot,
            boolean isResp3) {
        if (node >= nodes.size()) {
            slot.reply(LoopKeyspace.nothing(isResp3));
            return;
        }
        ask(redis, isResp3, nodes.get(node), new byte[][] {"RANDOMKEY".getBytes(US_ASCII)}, reply -> {
            boolean none = LoopKeyspace.isNull(reply);
            boolean own = !none && reply[0] == '$' && startsWith(LoopKeyspace.unframed(reply), RESERVED);
            if (none || (own && tries > 20)) {
                randomKey(invocation, redis, nodes, node + 1, 0, slot, isResp3);
            } else if (own) {
                randomKey(invocation, redis, nodes, node, tries + 1, slot, isResp3);
            } else {
                slot.reply(reply);
            }
        });
    }

    // ---- DBSIZE, FLUSHDB, FLUSHALL

    private static void size(Invocation invocation) {
        if (invocation.session().prefix().length > 0) {
            everyKey(invocation, keys -> Replies.integer(keys.size()));
            return;
        }
        Slot slot = invocation.muchLater();
        askAll(
                invocation,
                invocation.words(),
                slot,
                replies -> Replies.integer(
                        replies.stream().mapToLong(LoopKeyspace::number).sum()));
    }

    private static void flush(Invocation invocation) {
        byte[][] words = invocation.words();
        if (words.length > 2
                || (words.length == 2 && !KeyFinder.is(words[1], "ASYNC") && !KeyFinder.is(words[1], "SYNC"))) {
            invocation.syntaxError();
            return;
        }
        LoopKeyspace redis = invocation.loop().redis();
        byte[] refusal = redis.refusal(true);
        if (refusal != null) {
            invocation.reply().writeBytes(refusal);
            return;
        }
        redis.shared().counters().writes.increment();
        if (invocation.command().name().equals("FLUSHALL")
                || invocation.loop().front().settings().databases() == 1) {
            flushAll(invocation, redis, words, later(invocation));
        } else if (invocation.session().prefix().length > 0) {
            removeAll(invocation, redis, invocation.session().prefix(), later(invocation));
        } else {
            flushFirst(invocation, redis, words, later(invocation));
        }
    }

    /** It may have to go through all keys. */
    private static Slot later(Invocation invocation) {
        return invocation.connection().later(LONGEST_FLUSH_NANOS);
    }

    private static void flushAll(Invocation invocation, LoopKeyspace redis, byte[][] words, Slot slot) {
        redis.shared().changingAll();
        askAll(invocation, words, slot, replies -> {
            redis.shared().changingAll();
            return Replies.OK;
        });
    }

    /** What came before it has been sent when it begins, and what comes behind it is not before it has ended. */
    private static void settle(Invocation invocation) {
        invocation.connection().sendNow();
        invocation.connection().settle();
    }

    /** Database 0 has all keys that no other one has: if there is no other one, all can go at once. */
    private static void flushFirst(Invocation invocation, LoopKeyspace redis, byte[][] words, Slot slot) {
        boolean[] others = {false};
        boolean isResp3 = invocation.session().isResp3();
        settle(invocation);
        new Walk(redis, isResp3, OTHERS, key -> others[0] = true, error -> {
                    if (error != null) {
                        slot.reply(error);
                    } else if (others[0]) {
                        removeAll(redis, isResp3, NO_PREFIX, slot);
                    } else {
                        redis.shared().changingAll();
                        askAll(redis, isResp3, words, slot, replies -> {
                            redis.shared().changingAll();
                            return Replies.OK;
                        });
                    }
                })
                .begin();
    }

    private static void removeAll(Invocation invocation, LoopKeyspace redis, byte[] prefix, Slot slot) {
        settle(invocation);
        removeAll(redis, invocation.session().isResp3(), prefix, slot);
    }

    /** Removes the keys of one database. */
    private static void removeAll(LoopKeyspace redis, boolean isResp3, byte[] prefix, Slot slot) {
        List<byte[]> found = new ArrayList<>();
        Consumer<byte[]> own = key -> {
            if (prefix.length > 0 || !startsWith(key, OTHERS)) {
                found.add(key);
            }
        };
        new Walk(redis, isResp3, prefix, own, error -> {
                    if (error != null) {
                        slot.reply(error);
                    } else if (prefix.length > 0 && redis.shared().leases().mayBeInUse(redis)) {
                        withLeases(redis, isResp3, prefix, found, slot);
                    } else {
                        remove(redis, found, slot);
                    }
                })
                .begin();
    }

    /** Those of keys that are not there, which are about to be, end as well. */
    private static void withLeases(LoopKeyspace redis, boolean isResp3, byte[] prefix, List<byte[]> found, Slot slot) {
        new Walk(
                        redis,
                        isResp3,
                        Leases.LEASE.getBytes(US_ASCII),
                        key -> {
                            if (Leases.isLeaseOf(key, prefix)) {
                                found.add(key);
                            }
                        },
                        error -> {
                            if (error == null) {
                                remove(redis, found, slot);
                            } else {
                                slot.reply(error);
                            }
                        })
                .begin();
    }

    private static void remove(LoopKeyspace redis, List<byte[]> keys, Slot slot) {
        Removal.start(redis, keys, reply -> slot.reply(Replies.isError(reply) ? reply : Replies.OK));
    }

    /** Goes through the keys of one database, and replies what is made of them, each as its clients know it. */
    private static void everyKey(Invocation invocation, Function<List<byte[]>, byte[]> reply) {
        byte[] prefix = invocation.session().prefix();
        Slot slot = invocation.muchLater();
        settle(invocation);
        List<byte[]> found = new ArrayList<>();
        new Walk(
                        invocation.loop().redis(),
                        invocation.session().isResp3(),
                        prefix,
                        key -> found.add(LoopKeyspace.framed(Arrays.copyOfRange(key, prefix.length, key.length))),
                        error -> slot.reply(error == null ? reply.apply(found) : error))
                .begin();
    }

    /** Goes through all keys with a prefix on all nodes. */
    static final class Walk {
        private final LoopKeyspace redis;
        private final boolean isResp3;
        private final byte[] prefix;
        private final Consumer<byte[]> key;
        private final Consumer<byte @Nullable []> end;
        private final List<String> nodes;

        /** @param end told once, with an error reply or null */
        Walk(
                LoopKeyspace redis,
                boolean isResp3,
                byte[] prefix,
                Consumer<byte[]> key,
                Consumer<byte @Nullable []> end) {
            this.redis = redis;
            this.isResp3 = isResp3;
            this.prefix = prefix;
            this.key = key;
            this.end = end;
            this.nodes = SpaceCommands.nodes(redis.passage(isResp3));
        }

        void begin() {
            step(0, "0");
        }

        private void step(int node, String cursor) {
            if (node >= nodes.size()) {
                end.accept(null);
                return;
            }
            byte[] pattern = join(pattern(prefix), new byte[] {'*'});
            byte[][] words = {SCAN, cursor.getBytes(US_ASCII), MATCH, pattern, COUNT, PAGE};
            ask(redis, isResp3, nodes.get(node), words, reply -> {
                List<byte[]> parts = Replies.isError(reply) ? null : Replies.elements(reply);
                List<byte[]> keys = parts == null ? null : Replies.elements(parts.get(1));
                if (parts == null || keys == null) {
                    end.accept(reply);
                    return;
                }
                keys.forEach(framed -> {
                    byte[] found = LoopKeyspace.unframed(framed);
                    if (startsWith(found, prefix)) {
                        key.accept(found);
                    }
                });
                String next = new String(LoopKeyspace.unframed(parts.get(0)), US_ASCII);
                if (next.equals("0")) {
                    step(node + 1, "0");
                } else {
                    step(node, next);
                }
            });
        }

        /** A pattern that matches these bytes and nothing else. */
        private static byte[] pattern(byte[] bytes) {
            StringBuilder pattern = new StringBuilder();
            for (char c : new String(bytes, ISO_8859_1).toCharArray()) {
                if ("*?[]\\^-".indexOf(c) >= 0) {
                    pattern.append('\\');
                }
                pattern.append(c);
            }
            return pattern.toString().getBytes(ISO_8859_1);
        }
    }

    // ---- scripts and functions, which each node has to know

    private static void everywhere(Invocation invocation) {
        String sub = invocation.request().text(1).toUpperCase(Locale.ROOT);
        boolean changes = List.of("LOAD", "FLUSH", "DELETE", "RESTORE").contains(sub);
        if (!changes && !sub.equals("EXISTS")) {
            RedisCommands.pass(invocation);
            return;
        }
        Slot slot = invocation.muchLater();
        askAll(invocation, invocation.words(), slot, replies -> replies.get(0));
    }

    // ---- asking nodes

    private static List<String> nodes(RedisPassage passage) {
        return passage.nodes().stream().sorted().toList();
    }

    private static void askAll(
            Invocation invocation, byte[][] words, Slot slot, Function<List<byte[]>, byte[]> together) {
        invocation.connection().sendNow(); // what came before it
        askAll(invocation.loop().redis(), invocation.session().isResp3(), words, slot, together);
    }

    private static void askAll(
            LoopKeyspace redis, boolean isResp3, byte[][] words, Slot slot, Function<List<byte[]>, byte[]> together) {
        List<String> nodes = nodes(redis.passage(isResp3));
        if (nodes.isEmpty()) {
            slot.reply(Errors.of("TIERDOWN redis: not connected yet"));
            return;
        }
        Gather gather = new Gather(nodes.size(), replies -> {
            byte[] error = Replies.firstError(replies);
            slot.reply(error == null ? together.apply(replies) : error);
        });
        slot.whenLate(gather::late);
        for (int i = 0; i < nodes.size(); i++) {
            ReplySlot part = gather.part(i);
            ask(redis, isResp3, nodes.get(i), words, part::reply);
        }
    }

    private static void ask(
            Invocation invocation, LoopKeyspace redis, String node, byte[][] words, Consumer<byte[]> reply) {
        invocation.connection().sendNow(); // what came before it
        ask(redis, invocation.session().isResp3(), node, words, reply);
    }

    private static void ask(LoopKeyspace redis, boolean isResp3, String node, byte[][] words, Consumer<byte[]> reply) {
        byte[] refusal = redis.refusal(false);
        if (refusal != null) {
            reply.accept(refusal);
            return;
        }
        redis.sent(1);
        RedisPassage.Call call = redis.call(words, -1, new RedisPassage.Answer() {
            @Override
            public void replied(byte[] bytes) {
                reply.accept(bytes);
            }

            @Override
            public void failed(TierException failure) {
                reply.accept(LoopKeyspace.down(failure));
            }
        });
        redis.passage(isResp3).sendTo(node, List.of(call));
    }
}
