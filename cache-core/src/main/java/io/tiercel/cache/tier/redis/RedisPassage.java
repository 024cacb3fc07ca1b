package io.tiercel.cache.tier.redis;

import io.lettuce.core.cluster.SlotHash;
import io.netty.handler.ssl.SslContext;
import io.tiercel.cache.tier.TierException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A way for any command to the servers of a {@link RedisTier} and for its reply back, both as bytes of the protocol. For
 * who stands between a client and Redis and cannot know what each command means.
 *
 * <p>Not over the tier's own connections: Lettuce makes something of each reply and forgets what it was made of, a status
 * or a string, say. Only who the servers are and who serves what is the tier's knowledge.
 *
 * <p>Commands for one key are done in the order in which they were handed over, with one exception: those that a cluster
 * redirects, since their slot has just moved, may be overtaken. Nothing is sent twice but what a server has refused with
 * a redirect, and nothing is kept while a server is away: that fails at once.
 *
 * <p>There is no timeout. What hangs fails when the connection is given up, about a second later; who cannot wait so long
 * answers for himself and drops what comes late.
 *
 * <p>Confined to one event loop: every method is called on it, and answers come on it. Nothing blocks.
 */
public final class RedisPassage implements AutoCloseable {
    static final byte[][] ASKING = {"ASKING".getBytes(StandardCharsets.US_ASCII)};
    static final Answer IGNORED = new Answer() {
        @Override
        public void replied(byte[] reply) {
            // The command behind it gets the error, if there is one.
        }

        @Override
        public void failed(TierException failure) {
            // As will the command behind it.
        }
    };

    private static final int MOST_REDIRECTS = 5;
    private static final long REDIRECT_PAUSE_MS = 20;

    private final PassageSettings settings;
    private final LinkHolder holder;
    private final @Nullable SslContext ssl;
    private final Map<RedisUri.Server, PassageConnection> connections = new LinkedHashMap<>();
    private boolean closed;

    RedisPassage(PassageSettings settings, LinkHolder holder) {
        this.settings = settings;
        this.holder = holder;
        this.ssl = settings.ssl();
    }

    /** How a command ended: exactly one of the two is called, once, on the event loop. */
    public interface Answer {
        /** The server's reply, from its first byte to its last; may be an error of the server's. */
        void replied(byte[] reply);

        /** There is no reply. Unless the kind is {@code CROWDED}, the command may have been done nevertheless. */
        void failed(TierException failure);
    }

    /** One command. Used once. */
    public static final class Call {
        private final byte[][] words;
        private final int key;
        private final Answer answer;
        private final int redirects;
        private final boolean asking;

        /**
         * @param words its name and arguments; not copied, not to be changed
         * @param key the position among the words of the key that says which node it goes to, -1 if it has none
         * @param answer told how it ended
         */
        public Call(byte[][] words, int key, Answer answer) {
            this(words, key, answer, 0, false);
        }

        private Call(byte[][] words, int key, Answer answer, int redirects, boolean asking) {
            this.words = words;
            this.key = key;
            this.answer = answer;
            this.redirects = redirects;
            this.asking = asking;
        }

        byte[][] words() {
            return words;
        }

        Answer answer() {
            return answer;
        }

        boolean asking() {
            return asking;
        }
    }

    /** The bytes of a key that a {@link io.tiercel.cache.tier.ChangeFeed} names. */
    public static byte[] bytes(String key) {
        return RedisKeys.bytes(key);
    }

    /** The slot of a key, as Redis Cluster computes it. */
    public static int slot(byte[] key) {
        return SlotHash.getSlot(key);
    }

    /** Whether the servers are a cluster; false while none has answered yet. */
    public boolean isCluster() {
        return holder.link() instanceof ClusterLink;
    }

    /** The primaries, host and port; empty while none has answered yet. */
    public List<String> nodes() {
        RedisLink link = holder.link();
        return link == null
                ? List.of()
                : link.primaries().stream().map(RedisUri.Server::toString).toList();
    }

    /** The primary that a key belongs to, host and port; empty while none is known. */
    public String nodeOf(byte[] key) {
        RedisLink link = holder.link();
        String address = link == null ? null : link.addressOf(key);
        return address == null ? "" : address;
    }

    /** The primaries to which a connection is open now. */
    public List<String> openNodes() {
        return connections.values().stream()
                .filter(PassageConnection::isOpen)
                .map(connection -> connection.server().toString())
                .toList();
    }

    /** Connects to all primaries that are known, so that the first command need not wait for it. */
    public void openAll() {
        RedisLink link = holder.link();
        if (link != null && !closed) {
            List<RedisUri.Server> primaries = link.primaries();
            primaries.forEach(server -> connection(server).open());
            connections.values().removeIf(connection -> {
                boolean gone = !primaries.contains(connection.server());
                if (gone) {
                    connection.close();
                }
                return gone;
            });
        }
    }

    /** Asks who serves what, as somebody has waited for an answer of the key's node in vain. */
    public void suspect(byte[] key) {
        RedisLink link = holder.link();
        if (link != null) {
            link.timedOut(key);
        }
    }

    /**
     * Sends commands to the nodes of their keys, with one write on the wire for each node. Commands without a key go to
     * any node.
     */
    public void send(List<Call> calls) {
        RedisLink link = holder.link();
        if (link == null || closed) {
            TierException why = holder.whyNot();
            calls.forEach(call -> call.answer().failed(why));
            return;
        }
        if (link instanceof StandaloneLink one) {
            connection(one.server()).send(calls);
            return;
        }
        Map<RedisUri.Server, List<Call>> byNode = new LinkedHashMap<>();
        for (Call call : calls) {
            RedisUri.Server server = call.key < 0 ? any(link) : link.serverOf(call.words[call.key]);
            if (server == null) {
                call.answer().failed(nobody());
            } else {
                byNode.computeIfAbsent(server, s -> new ArrayList<>()).add(following(call));
            }
        }
        byNode.forEach((server, own) -> connection(server).send(own));
    }

    /**
     * Sends commands to the node of a key, one behind the other and with nothing between them, whatever keys they have
     * themselves. No redirect is followed.
     */
    public void sendRun(byte[] key, List<Call> calls) {
        RedisLink link = holder.link();
        RedisUri.Server server = link == null || closed ? null : link.serverOf(key);
        if (server == null) {
            TierException why = link == null || closed ? holder.whyNot() : nobody();
            calls.forEach(call -> call.answer().failed(why));
        } else {
            connection(server).send(calls);
        }
    }

    /** Sends commands to one node, host and port as {@link #nodes()} gives them, whatever their keys. */
    public void sendTo(String node, List<Call> calls) {
        RedisLink link = holder.link();
        RedisUri.Server server = link == null || closed ? null : named(link, node);
        if (server == null) {
            TierException why = link == null || closed
                    ? holder.whyNot()
                    : new TierException(settings.config().name() + ": " + node + " is no primary");
            calls.forEach(call -> call.answer().failed(why));
        } else {
            connection(server).send(calls);
        }
    }

    /**
     * A connection of the caller's own to the node of a key, or to any node: for WATCH, for commands that block, for
     * subscriptions. Null while no node is known.
     */
    public @Nullable Line line(byte @Nullable [] key) {
        RedisLink link = holder.link();
        if (link == null || closed) {
            return null;
        }
        RedisUri.Server server = key == null ? any(link) : link.serverOf(key);
        return server == null ? null : new Line(new PassageConnection(settings, ssl, server, true));
    }

    /** Commands under way fail. */
    @Override
    public void close() {
        closed = true;
        connections.values().forEach(PassageConnection::close);
        connections.clear();
    }

    private PassageConnection connection(RedisUri.Server server) {
        return connections.computeIfAbsent(server, s -> new PassageConnection(settings, ssl, s, false));
    }

    private static RedisUri.@Nullable Server any(RedisLink link) {
        List<RedisUri.Server> primaries = link.primaries();
        return primaries.isEmpty() ? null : primaries.get(0);
    }

    private static RedisUri.@Nullable Server named(RedisLink link, String node) {
        for (RedisUri.Server server : link.primaries()) {
            if (server.toString().equals(node)) {
                return server;
            }
        }
        return null;
    }

    private TierException nobody() {
        return new TierException(settings.config().name() + ": no node serves the slot");
    }

    // ---- redirects

    /** The same command, whose answer may be that another node has the key. */
    private Call following(Call call) {
        if (call.key < 0 || call.redirects >= MOST_REDIRECTS) {
            return call;
        }
        return new Call(
                call.words,
                call.key,
                new Answer() {
                    @Override
                    public void replied(byte[] reply) {
                        if (reply[0] == '-' && startsWith(reply, "-MOVED ")) {
                            moved(call);
                        } else if (reply[0] == '-' && startsWith(reply, "-ASK ")) {
                            asked(call, reply);
                        } else {
                            call.answer().replied(reply);
                        }
                    }

                    @Override
                    public void failed(TierException failure) {
                        call.answer().failed(failure);
                    }
                },
                call.redirects,
                call.asking);
    }

    /** Only nodes that the cluster itself names are followed to: so it is asked, and then the new owner is known. */
    private void moved(Call call) {
        RedisLink link = holder.link();
        if (link == null) {
            call.answer().failed(holder.whyNot());
            return;
        }
        Call again = new Call(call.words, call.key, call.answer, call.redirects + 1, false);
        long pause = call.redirects == 0 ? 0 : REDIRECT_PAUSE_MS << call.redirects;
        var unused = link.refresh().whenComplete((done, failure) -> later(again, pause));
    }

    private void later(Call call, long pause) {
        var unused = settings.loop().schedule(() -> send(List.of(call)), pause, TimeUnit.MILLISECONDS);
    }

    private void asked(Call call, byte[] reply) {
        RedisLink link = holder.link();
        String text = new String(reply, StandardCharsets.US_ASCII).trim();
        RedisUri.Server server = link == null ? null : named(link, text.substring(text.lastIndexOf(' ') + 1));
        if (server == null) {
            moved(call);
        } else {
            Call again = new Call(call.words, call.key, call.answer, call.redirects + 1, true);
            connection(server).send(List.of(following(again)));
        }
    }

    private static boolean startsWith(byte[] reply, String prefix) {
        if (reply.length < prefix.length()) {
            return false;
        }
        for (int i = 0; i < prefix.length(); i++) {
            if (reply[i] != prefix.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /**
     * A connection of one user's own, on which the server remembers what he said before. Not opened again when it is
     * lost: what the server remembered is gone. May be silent for as long as it likes. Confined to the event loop.
     */
    public static final class Line implements AutoCloseable {
        private final PassageConnection connection;

        private Line(PassageConnection connection) {
            this.connection = connection;
        }

        /** The server it leads to, host and port. */
        public String node() {
            return connection.server().toString();
        }

        /** Whether the server has forgotten what was said. */
        public boolean isLost() {
            return connection.isLost();
        }

        /** Sends commands in this order; the first ones open the connection. */
        public void send(List<Call> calls) {
            connection.send(calls);
        }

        /** Hangs up; a command that blocks on the server ends with it. */
        @Override
        public void close() {
            connection.close();
        }
    }
}
