package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.redis.RedisPassage;
import io.tiercel.sidecar.keyspace.Key;
import io.tiercel.sidecar.keyspace.LoopKeyspace;
import io.tiercel.sidecar.memory.MemoryKeyspace;
import io.tiercel.sidecar.memory.WatchedKey;
import io.tiercel.sidecar.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a client queues between MULTI and EXEC, and what it watches.
 *
 * <p>Over Redis the commands are kept here and sent as one run, MULTI and EXEC around them, when all their keys are on
 * one node: then it is Redis' own transaction. With keys of several slots of a cluster there is none; then the commands
 * are done one after the other, each where its key is, as clients that send MULTI around any pipeline expect.
 *
 * <p>WATCH needs a connection of the client's own, since Redis remembers it by the connection. What is read while
 * something is watched comes from that connection as well: a copy in memory may be older than the watch.
 *
 * <p>Confined to the connection's event loop.
 */
final class Transaction implements AutoCloseable {
    private static final byte[][] MULTI = {ascii("MULTI")};
    private static final byte[][] EXEC = {ascii("EXEC")};
    private static final byte[][] UNWATCH = {ascii("UNWATCH")};
    private static final String ABORTED = "EXECABORT Transaction discarded because of previous errors.";
    private static final String CROSSSLOT = "CROSSSLOT Keys in request don't hash to the same slot";
    private static final int MOST_COMMANDS = 100_000;
    /** What a word takes beside its bytes. */
    private static final int WORD = 16;

    /** Not done inside a transaction, as they would be done on a connection that others use too. */
    private static final Set<String> NOT_INSIDE = Set.of("CLIENT", "HELLO", "AUTH", "SELECT", "CONFIG");

    private final ClientConnection connection;
    private final List<Queued> queued = new ArrayList<>();
    private final List<WatchedKey> watched = new ArrayList<>();
    private long bytes;
    private boolean open;
    private boolean spoiled;
    private RedisPassage.@Nullable Line line;
    private boolean lineIsResp3;
    private boolean watching;

    private static final class Queued {
        final Command command;
        final byte[][] words;
        final List<Integer> keys;

        Queued(Command command, byte[][] words, List<Integer> keys) {
            this.command = command;
            this.words = words;
            this.keys = keys;
        }
    }

    Transaction(ClientConnection connection) {
        this.connection = connection;
    }

    boolean isOpen() {
        return open;
    }

    /** How many commands are queued, -1 outside of a transaction. */
    int size() {
        return open ? queued.size() : -1;
    }

    /** Bytes of what is queued and of the names of what is watched in memory. */
    long bytes() {
        return bytes;
    }

    boolean isWatching() {
        return watching;
    }

    void open() {
        open = true;
        spoiled = false;
    }

    /** A command was refused that should have been queued: EXEC will do nothing. */
    void spoil() {
        spoiled = open;
    }

    /** Keeps the command until EXEC. */
    void queue(Invocation invocation, Command exact) {
        String name = invocation.command().name();
        if (exact.flags().contains("no_multi")) {
            invocation.error("ERR Command not allowed inside a transaction");
            spoiled = true;
            return;
        }
        if (NOT_INSIDE.contains(name)) {
            invocation.error("ERR " + name + " is not available inside MULTI through the sidecar");
            spoiled = true;
            return;
        }
        int most = mostCommands(invocation.loop().front());
        if (queued.size() >= most) {
            invocation.error("ERR a transaction has at most " + most + " commands");
            spoiled = true;
            return;
        }
        byte[][] words = invocation.words();
        MemoryKeyspace memory = invocation.loop().front().memory();
        String refusal = memory != null && memory.knows(name) ? memory.refusal(words) : null;
        List<Integer> found = exact.keys(words);
        List<Integer> keys = found == null ? List.of() : found; // Redis says what is wrong with it
        if (refusal != null) {
            invocation.error(refusal);
            spoiled = true;
            return;
        }
        if (NamespaceCommands.concerns(invocation, words, keys)) {
            invocation.error("ERR keys of the library's caches cannot be used inside MULTI");
            spoiled = true;
            return;
        }
        RedisCommands.addPrefix(invocation.session(), words, keys);
        queued.add(new Queued(exact, words, keys));
        bytes += size(words);
        Reply.queued(invocation.reply());
    }

    void execute(Invocation invocation) {
        List<Queued> commands = List.copyOf(queued);
        boolean abort = spoiled;
        open = false;
        spoiled = false;
        queued.clear();
        bytes = 0;
        if (abort) {
            unwatch();
            invocation.error(ABORTED);
            return;
        }
        MemoryKeyspace memory = invocation.loop().front().memory();
        if (memory != null) {
            executeInMemory(invocation, memory, commands);
            return;
        }
        LoopKeyspace redis = invocation.loop().redis();
        boolean writes = commands.stream().anyMatch(one -> one.command.mayWrite());
        byte[] refusal = redis.refusal(writes);
        if (refusal != null) {
            unwatch();
            invocation.reply().writeBytes(refusal);
            return;
        }
        List<byte[]> keys = commands.stream()
                .flatMap(one -> one.keys.stream().map(key -> one.words[key]))
                .toList();
        if (watching || !RedisCommands.isSpread(redis, invocation.session(), keys)) {
            asOneRun(invocation, redis, commands, keys);
        } else {
            oneByOne(invocation, redis, commands);
        }
    }

    private void executeInMemory(Invocation invocation, MemoryKeyspace memory, List<Queued> commands) {
        Session session = invocation.session();
        List<byte[][]> words = commands.stream().map(one -> one.words).toList();
        ByteBuf out = invocation.reply();
        memory.transaction(
                session.protocol(),
                session::database,
                words,
                List.copyOf(watched),
                (command, to) -> MemoryCommands.insideTransaction(session.protocol(), command, to),
                out);
        watched.clear();
    }

    /** Over Redis it must be possible to have all of it in flight, since it is sent as a whole. */
    private static int mostCommands(Front front) {
        return front.memory() != null
                ? MOST_COMMANDS
                : Math.min(MOST_COMMANDS, Math.max(1, front.settings().maxInFlight() / 2 - 2));
    }

    /**
     * Whether there is room for a run. Checked before anything of it is sent: a MULTI that others' commands on the same
     * connection follow, since its EXEC was refused, would make them part of the transaction.
     */
    private boolean hasRoom(Invocation invocation, int commands) {
        int all = commands + connection.outbox().size();
        return all <= invocation.loop().front().settings().maxInFlight()
                && invocation.loop().gate().takesAtOnce(all);
    }

    private void asOneRun(Invocation invocation, LoopKeyspace redis, List<Queued> commands, List<byte[]> keys) {
        List<Key> changed = changed(commands);
        if (!hasRoom(invocation, commands.size() + changed.size() + 2)) {
            unwatch();
            invocation.loop().front().gauges().overloaded.increment();
            invocation.error("OVERLOADED too many commands wait for Redis, retry_after_ms="
                    + invocation.loop().front().settings().redisTimeout().toMillis());
            return;
        }
        Slot slot = invocation.muchLater();
        boolean all = commands.stream().anyMatch(one -> RedisCommands.changesAllKeys(one.command));
        forget(redis, changed, all, true);
        List<RedisPassage.Call> run = new ArrayList<>(commands.size() + 2);
        byte[][] removal = redis.leaseRemoval(changed);
        if (removal != null) {
            run.add(redis.call(removal, -1, LoopKeyspace.NOBODY));
        }
        run.add(redis.call(MULTI, -1, LoopKeyspace.NOBODY));
        commands.forEach(one -> run.add(redis.call(one.words, -1, LoopKeyspace.NOBODY)));
        RedisPassage.Answer answer = redis.answer(changed, true, slot);
        run.add(redis.call(EXEC, -1, new RedisPassage.Answer() {
            @Override
            public void replied(byte[] reply) {
                forget(redis, List.of(), all, false);
                answer.replied(reply);
            }

            @Override
            public void failed(TierException failure) {
                forget(redis, List.of(), all, false);
                answer.failed(failure);
            }
        }));
        redis.sent(run.size());
        invocation.connection().sendNow(); // what came before it
        RedisPassage.Line own = line;
        boolean wasWatching = watching;
        watching = false;
        if (wasWatching && own != null) {
            own.send(run);
        } else {
            byte[] first = keys.isEmpty() ? new byte[0] : keys.get(0);
            redis.passage(invocation.session().isResp3()).sendRun(first, run);
        }
    }

    private static void forget(LoopKeyspace redis, List<Key> changed, boolean all, boolean first) {
        changed.forEach(key -> redis.shared().changing(key, first));
        if (all) {
            redis.shared().changingAll();
        }
    }

    private static List<Key> changed(List<Queued> commands) {
        List<Key> changed = new ArrayList<>();
        for (Queued one : commands) {
            if (one.command.mayWrite()) {
                one.keys.forEach(key -> changed.add(Key.of(one.words[key])));
            }
        }
        return changed;
    }

    private void oneByOne(Invocation invocation, LoopKeyspace redis, List<Queued> commands) {
        Slot slot = invocation.muchLater();
        Gather gather = new Gather(commands.size(), replies -> slot.reply(Replies.array(replies)));
        slot.whenLate(gather::late);
        for (int i = 0; i < commands.size(); i++) {
            Queued one = commands.get(i);
            RedisCommands.hand(
                    redis, one.command, one.words, one.keys, gather.part(i), connection.outbox(), invocation.session());
        }
    }

    // ---- WATCH

    void watch(Invocation invocation) {
        byte[][] words = invocation.words();
        MemoryKeyspace memory = invocation.loop().front().memory();
        Session session = invocation.session();
        if (memory != null) {
            bytes += size(words);
            for (int i = 1; i < words.length; i++) {
                watched.add(new WatchedKey(session.database(), words[i], memory.version(session.database(), words[i])));
            }
            invocation.ok();
            return;
        }
        LoopKeyspace redis = invocation.loop().redis();
        byte[] refusal = redis.refusal(false);
        if (refusal != null) {
            invocation.reply().writeBytes(refusal);
            return;
        }
        List<byte[]> keys = new ArrayList<>();
        for (int i = 1; i < words.length; i++) {
            words[i] = RedisCommands.prefixed(session, words[i]);
            keys.add(words[i]);
        }
        RedisPassage passage = redis.passage(session.isResp3());
        RedisPassage.Line own = line(passage, keys.get(0), session.isResp3());
        if (own == null) {
            invocation.reply().writeBytes(LoopKeyspace.down(new TierException("redis: no node is known")));
            return;
        }
        for (byte[] key : keys) {
            if (!passage.nodeOf(key).equals(own.node())) {
                invocation.error(CROSSSLOT);
                return;
            }
        }
        watching = true;
        Slot slot = invocation.muchLater();
        invocation.connection().sendNow();
        redis.sent(1);
        own.send(List.of(redis.call(words, -1, redis.answer(List.of(), false, slot))));
    }

    /** The client's own connection to the node of the key, opened if there is none; null while no node is known. */
    RedisPassage.@Nullable Line line(RedisPassage passage, byte @Nullable [] key, boolean isResp3) {
        RedisPassage.Line own = line;
        boolean fits = own != null
                && !own.isLost()
                && lineIsResp3 == isResp3
                && (key == null || watching || passage.nodeOf(key).equals(own.node()));
        if (!fits) {
            if (own != null) {
                own.close();
            }
            watching = false;
            own = passage.line(key);
            line = own;
            lineIsResp3 = isResp3;
        }
        return own;
    }

    /** From now on the client wants that version of the protocol, also from the connection on which it watches. */
    void protocol(boolean isResp3) {
        RedisPassage.Line own = line;
        if (own != null && watching && lineIsResp3 != isResp3) {
            LoopKeyspace redis = connection.loop().redis();
            redis.sent(1);
            own.send(List.of(
                    redis.call(new byte[][] {ascii("HELLO"), ascii(isResp3 ? "3" : "2")}, -1, LoopKeyspace.NOBODY)));
            lineIsResp3 = isResp3;
        }
    }

    /** The connection on which something is watched, if the key is to be read there. */
    RedisPassage.@Nullable Line watchingLine(RedisPassage passage, byte[] key) {
        RedisPassage.Line own = line;
        return watching && own != null && passage.nodeOf(key).equals(own.node()) ? own : null;
    }

    void unwatch() {
        watched.clear();
        if (queued.isEmpty()) {
            bytes = 0;
        }
        RedisPassage.Line own = line;
        if (watching && own != null) {
            LoopKeyspace redis = connection.loop().redis();
            redis.sent(1);
            own.send(List.of(redis.call(UNWATCH, -1, LoopKeyspace.NOBODY)));
        }
        watching = false;
    }

    /** Forgets everything. */
    void reset() {
        open = false;
        spoiled = false;
        queued.clear();
        bytes = 0;
        unwatch();
    }

    @Override
    public void close() {
        queued.clear();
        RedisPassage.Line own = line;
        if (own != null) {
            own.close();
        }
    }

    private static long size(byte[][] words) {
        long size = 0;
        for (byte[] word : words) {
            size += word.length + WORD;
        }
        return size;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }
}
