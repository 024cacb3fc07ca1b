package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.redis.RedisPassage;
import io.tiercel.sidecar.keyspace.Copy;
import io.tiercel.sidecar.keyspace.Key;
import io.tiercel.sidecar.keyspace.LoopKeyspace;
import io.tiercel.sidecar.keyspace.Outbox;
import io.tiercel.sidecar.keyspace.ReplySlot;
import io.tiercel.sidecar.resp.Reply;
import io.tiercel.sidecar.resp.Request;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Commands on keys, with Redis behind: GET and MGET from memory where they can be, everything else from Redis. */
final class RedisCommands {
    private static final Set<String> ALL_KEYS = Set.of("FLUSHALL", "FLUSHDB");

    /** Those whose answer Redis gives at once whatever the key holds; others may take long. */
    private static final Set<String> QUICK = Set.of(
            "SET",
            "GETEX",
            "GETDEL",
            "GETSET",
            "SETEX",
            "PSETEX",
            "SETNX",
            "APPEND",
            "STRLEN",
            "GETRANGE",
            "SETRANGE",
            "INCR",
            "DECR",
            "INCRBY",
            "DECRBY",
            "INCRBYFLOAT",
            "DEL",
            "UNLINK",
            "EXISTS",
            "TOUCH",
            "TTL",
            "PTTL",
            "EXPIRETIME",
            "PEXPIRETIME",
            "EXPIRE",
            "PEXPIRE",
            "EXPIREAT",
            "PEXPIREAT",
            "PERSIST",
            "TYPE");

    /** The cache's own: with pass-through off, these alone are done. */
    private static final Set<String> OWN = Set.of("GET", "MGET", "MSET", "MSETNX", "SUBSTR");

    static final byte[] TOO_LARGE =
            "-ERR the reply would be larger than max-output-bytes, ask for less at once\r\n".getBytes(US_ASCII);

    private RedisCommands() {}

    static Map<String, Command.Handler> handlers() {
        Map<String, Command.Handler> handlers = new HashMap<>(SpaceCommands.handlers());
        handlers.putAll(Databases.handlers());
        handlers.put("GET", RedisCommands::get);
        handlers.put("MGET", RedisCommands::mget);
        handlers.put("MSET", RedisCommands::mset);
        for (String name : List.of("DEL", "UNLINK", "EXISTS", "TOUCH")) {
            handlers.put(name, RedisCommands::sum);
        }
        return handlers;
    }

    // ---- reads

    private static void get(Invocation invocation) {
        ClientConnection connection = invocation.connection();
        LoopKeyspace redis = invocation.loop().redis();
        if (connection.transaction().isWatching()) {
            pass(invocation);
            return;
        }
        Key probe = connection.probe(invocation.request(), 1);
        Copy copy = redis.hit(probe);
        if (copy != null) {
            byte[] framed = copy.framed();
            if (framed == null) {
                Reply.nil(invocation.reply(), invocation.protocol());
            } else {
                invocation.reply().writeBytes(framed);
            }
            return;
        }
        redis.get(
                probe,
                invocation.later(),
                connection.outbox(),
                invocation.session().isResp3(),
                false);
    }

    private static void mget(Invocation invocation) {
        ClientConnection connection = invocation.connection();
        if (connection.transaction().isWatching()) {
            pass(invocation);
            return;
        }
        LoopKeyspace redis = invocation.loop().redis();
        Request request = invocation.request();
        int count = request.count() - 1;
        boolean isResp3 = invocation.session().isResp3();
        long most = invocation.loop().front().settings().maxOutputBytes();
        long bytes = 0;
        List<Copy> copies = new ArrayList<>(count);
        for (int i = 1; i <= count; i++) {
            Copy copy = redis.hit(connection.probe(request, i));
            if (copy == null) {
                break;
            }
            bytes += bytes(copy, isResp3).length;
            if (bytes > most) {
                invocation.reply().writeBytes(TOO_LARGE);
                return;
            }
            copies.add(copy);
        }
        if (copies.size() == count) {
            ByteBuf out = invocation.reply();
            Reply.array(out, count);
            copies.forEach(copy -> out.writeBytes(bytes(copy, isResp3)));
            return;
        }
        Slot slot = invocation.later();
        Gather gather = new Gather(count, most, replies -> {
            byte[] error = Replies.firstError(replies);
            slot.reply(error == null ? Replies.array(replies) : error);
        });
        slot.whenLate(gather::late);
        List<Key> missing = new ArrayList<>();
        List<ReplySlot> places = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Key probe = connection.probe(request, i + 1);
            // Those before have been counted.
            Copy copy = i < copies.size() ? copies.get(i) : redis.hit(probe);
            if (copy == null) {
                missing.add(probe.kept());
                places.add(gather.part(i));
            } else {
                gather.part(i).reply(bytes(copy, isResp3));
            }
        }
        redis.getAll(missing, places, connection.outbox(), isResp3);
    }

    private static byte[] bytes(Copy copy, boolean isResp3) {
        byte[] framed = copy.framed();
        return framed == null ? LoopKeyspace.nothing(isResp3) : framed;
    }

    // ---- commands on many keys

    private static void mset(Invocation invocation) {
        if (invocation.count() % 2 == 0) {
            invocation.wrongArity();
            return;
        }
        byte[][] words = invocation.words();
        List<Integer> keys = new ArrayList<>();
        for (int i = 1; i < words.length; i += 2) {
            keys.add(i);
        }
        LoopKeyspace redis = invocation.loop().redis();
        Session session = invocation.session();
        if (!isSpread(redis, session, pick(words, keys))) {
            pass(invocation);
            return;
        }
        Command set = invocation.loop().front().dispatcher().table().find("SET");
        Slot slot = invocation.later();
        Gather gather = new Gather(keys.size(), replies -> {
            byte[] error = Replies.firstError(replies);
            slot.reply(error == null ? Replies.OK : error);
        });
        slot.whenLate(gather::late);
        addPrefix(session, words, keys);
        for (int i = 0; i < keys.size(); i++) {
            byte[][] one = {"SET".getBytes(US_ASCII), words[2 * i + 1], words[2 * i + 2]};
            hand(
                    redis,
                    requireNonNull(set),
                    one,
                    List.of(1),
                    gather.part(i),
                    invocation.connection().outbox(),
                    session);
        }
    }

    private static void sum(Invocation invocation) {
        byte[][] words = invocation.words();
        LoopKeyspace redis = invocation.loop().redis();
        Session session = invocation.session();
        List<Integer> keys = invocation.command().keys(words);
        if (keys == null || !isSpread(redis, session, pick(words, keys))) {
            pass(invocation);
            return;
        }
        addPrefix(session, words, keys);
        Slot slot = invocation.later();
        Gather gather = new Gather(keys.size(), replies -> slot.reply(Replies.sum(replies)));
        slot.whenLate(gather::late);
        for (int i = 0; i < keys.size(); i++) {
            byte[][] one = {words[0], words[keys.get(i)]};
            hand(
                    redis,
                    invocation.command(),
                    one,
                    List.of(1),
                    gather.part(i),
                    invocation.connection().outbox(),
                    session);
        }
    }

    /** Whether the keys are of several slots of a cluster. */
    static boolean isSpread(LoopKeyspace redis, Session session, List<byte[]> keys) {
        if (keys.size() < 2 || !redis.passage(true).isCluster()) {
            return false;
        }
        int slot = RedisPassage.slot(prefixed(session, keys.get(0)));
        for (byte[] key : keys) {
            if (RedisPassage.slot(prefixed(session, key)) != slot) {
                return true;
            }
        }
        return false;
    }

    private static List<byte[]> pick(byte[][] words, List<Integer> positions) {
        return positions.stream().map(position -> words[position]).toList();
    }

    // ---- everything else

    /** Hands a command on as it is. */
    static void pass(Invocation invocation) {
        Front front = invocation.loop().front();
        Command command = invocation.command();
        String name = command.name();
        if (!front.settings().passThrough() && !QUICK.contains(name) && !OWN.contains(name)) {
            invocation.error("ERR unknown command '" + invocation.request().text(0)
                    + "', with args beginning with: (it is not the cache's own, and passthrough is off)");
            return;
        }
        Command exact = command.subcommands().isEmpty() || invocation.count() < 2
                ? command
                : command.subcommands()
                        .getOrDefault(invocation.request().text(1).toUpperCase(Locale.ROOT), command);
        if (exact.isAdmin() && !exact.hasKeys()) {
            invocation.error("ERR " + exact.name().replace('|', ' ') + " is not available through the sidecar");
            return;
        }
        byte[][] words = invocation.words();
        List<Integer> keys = exact.keys(words);
        LoopKeyspace redis = invocation.loop().redis();
        Session session = invocation.session();
        if (keys == null) {
            keys = List.of(); // Redis says what is wrong with it
        }
        addPrefix(session, words, keys);
        if (!QUICK.contains(name) && !OWN.contains(name)) {
            redis.shared().counters().passedThrough.increment();
        }
        if (exact.isBlocking()) {
            block(invocation, redis, exact, words, keys);
            return;
        }
        Slot slot = QUICK.contains(name) ? invocation.later() : invocation.muchLater();
        RedisPassage.Line line = keys.isEmpty()
                ? null
                : invocation
                        .connection()
                        .transaction()
                        .watchingLine(redis.passage(session.isResp3()), words[keys.get(0)]);
        if (line == null) {
            hand(redis, exact, words, keys, slot, invocation.connection().outbox(), session);
        } else {
            onLine(redis, line, exact, words, keys, slot);
        }
    }

    /** Puts a command with its keys' prefixes into the outbox. */
    static void hand(
            LoopKeyspace redis,
            Command command,
            byte[][] words,
            List<Integer> keys,
            ReplySlot slot,
            Outbox out,
            Session session) {
        redis.pass(
                words,
                keys.isEmpty() ? -1 : keys.get(0),
                changed(command, words, keys),
                command.mayWrite(),
                slot,
                out,
                session.isResp3());
    }

    /** As {@link #hand}, over the connection on which the client watches the key if there is one. */
    static void give(Invocation invocation, Command command, byte[][] words, List<Integer> keys, ReplySlot slot) {
        Session session = invocation.session();
        LoopKeyspace redis = invocation.loop().redis();
        RedisPassage.Line line = invocation
                .connection()
                .transaction()
                .watchingLine(redis.passage(session.isResp3()), words[keys.get(0)]);
        if (line == null) {
            hand(redis, command, words, keys, slot, invocation.connection().outbox(), session);
        } else {
            onLine(redis, line, command, words, keys, slot);
        }
    }

    private static void onLine(
            LoopKeyspace redis,
            RedisPassage.Line line,
            Command command,
            byte[][] words,
            List<Integer> keys,
            ReplySlot slot) {
        byte[] refusal = redis.refusal(command.mayWrite());
        if (refusal != null) {
            slot.reply(refusal);
            return;
        }
        List<Key> changed = changed(command, words, keys);
        List<RedisPassage.Call> calls = new ArrayList<>();
        changed.forEach(key -> {
            if (command.isBlocking()) {
                redis.shared().mayChange(key);
            } else {
                redis.shared().changing(key, true);
            }
        });
        byte[][] removal = redis.leaseRemoval(changed);
        if (removal != null) {
            calls.add(redis.call(removal, -1, LoopKeyspace.NOBODY));
        }
        List<Key> ending = command.isBlocking() ? List.of() : changed;
        calls.add(redis.call(words, -1, redis.answer(ending, command.mayWrite(), slot)));
        redis.sent(calls.size());
        line.send(calls);
    }

    /** A command that Redis may answer much later: on a connection of the client's own, and nothing behind it meanwhile. */
    private static void block(
            Invocation invocation, LoopKeyspace redis, Command command, byte[][] words, List<Integer> keys) {
        ClientConnection connection = invocation.connection();
        boolean isResp3 = invocation.session().isResp3();
        RedisPassage passage = redis.passage(isResp3);
        byte[] key = keys.isEmpty() ? null : words[keys.get(0)];
        RedisPassage.Line line = connection.transaction().line(passage, key, isResp3);
        Slot slot = connection.later(Long.MAX_VALUE);
        if (line == null) {
            slot.reply(LoopKeyspace.down(new TierException("redis: no node is known")));
            return;
        }
        List<Key> changed = changed(command, words, keys);
        connection.sendNow();
        connection.hold();
        onLine(redis, line, command, words, keys, new ReplySlot() {
            @Override
            public void reply(byte[] encoded) {
                boolean first = !slot.isDone();
                changed.forEach(redis.shared()::mayChange);
                slot.reply(encoded);
                if (first) {
                    connection.release();
                }
            }

            @Override
            public boolean isDone() {
                return slot.isDone();
            }
        });
    }

    private static List<Key> changed(Command command, byte[][] words, List<Integer> keys) {
        if (!command.mayWrite()) {
            return List.of();
        }
        List<Key> changed = new ArrayList<>(keys.size());
        keys.forEach(key -> changed.add(Key.of(words[key])));
        return changed;
    }

    static boolean changesAllKeys(Command command) {
        return ALL_KEYS.contains(command.name());
    }

    // ---- databases

    /** The key as Redis has it. */
    static byte[] prefixed(Session session, byte[] key) {
        byte[] prefix = session.prefix();
        if (prefix.length == 0) {
            return key;
        }
        byte[] whole = Arrays.copyOf(prefix, prefix.length + key.length);
        System.arraycopy(key, 0, whole, prefix.length, key.length);
        return whole;
    }

    static void addPrefix(Session session, byte[][] words, List<Integer> keys) {
        if (session.prefix().length > 0) {
            keys.forEach(key -> words[key] = prefixed(session, words[key]));
        }
    }
}
