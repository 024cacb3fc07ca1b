package io.tiercel.failure.matrix;

import io.tiercel.embedded.RedisCluster;
import io.tiercel.embedded.RedisNode;
import io.tiercel.embedded.RedisOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A Redis Cluster of one node that says what a script says. It stands before a real node, which announces this port:
 * what the script has no answer to goes there, so that before and after the fault everything is as it always is,
 * handshake, topology, pushes and all.
 */
final class ScriptedRedis implements AutoCloseable {
    /** What keys and values go through; the rest is Lettuce's own and the change feed's. */
    private static final Set<String> DATA = Set.of("GET", "SET", "PSETEX", "UNLINK", "EVAL", "EVALSHA");

    private static final Set<String> WRITES = Set.of("SET", "PSETEX", "UNLINK", "EVAL", "EVALSHA");

    /** What is said to a command; null lets the node answer. */
    interface Script {
        @Nullable
        Answer answer(List<String> command);
    }

    /**
     * An answer.
     *
     * @param text as it goes over the wire, a byte for each character
     * @param last whether nothing is said on this connection afterwards
     */
    record Answer(String text, boolean last) {
        static Answer error(String message) {
            return raw("-" + message + "\r\n");
        }

        static Answer raw(String bytes) {
            return new Answer(bytes, false);
        }

        byte[] bytes() {
            return text.getBytes(StandardCharsets.ISO_8859_1);
        }

        Answer thenSilence() {
            return new Answer(text, true);
        }
    }

    private final ServerSocket listener;
    private final RedisCluster cluster;
    private final List<ScriptedLink> links = new CopyOnWriteArrayList<>();
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong topologyRequests = new AtomicLong();
    private volatile Script script = command -> null;

    private ScriptedRedis(ServerSocket listener, RedisCluster cluster) {
        this.listener = listener;
        this.cluster = cluster;
    }

    static ScriptedRedis start() {
        try {
            ServerSocket listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
            RedisCluster cluster = RedisCluster.start(
                    RedisOptions.of(1, 0).withConfigLines("cluster-announce-port " + listener.getLocalPort()));
            ScriptedRedis scripted = new ScriptedRedis(listener, cluster);
            Thread thread = new Thread(scripted::accept, "scripted-redis");
            thread.setDaemon(true);
            thread.start();
            return scripted;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String uri() {
        return "redis://" + address();
    }

    String address() {
        return Backends.LOOPBACK + ":" + listener.getLocalPort();
    }

    /** The real one behind. */
    RedisNode node() {
        return cluster.node(0);
    }

    /** From now on. */
    void script(Script script) {
        this.script = script;
    }

    /** To every command that has to do with keys. */
    void answerData(Answer answer) {
        script(command -> DATA.contains(command.get(0)) ? answer : null);
    }

    /** To every command that changes something. */
    void answerWrites(Answer answer) {
        script(command -> WRITES.contains(command.get(0)) ? answer : null);
    }

    /** To everything but what a connection begins with, as a server does that is not ready. */
    void answerAll(Answer answer) {
        script(command -> Set.of("HELLO", "CLIENT", "AUTH").contains(command.get(0)) ? null : answer);
    }

    void pass() {
        script(command -> null);
    }

    /** Drops all connections. */
    void reset() {
        links.forEach(ScriptedLink::close);
    }

    /** How many commands the script has answered. */
    long answered() {
        return answered.get();
    }

    /** How often somebody asked for the whole topology on connections other than the change feed's. */
    long topologyRequests() {
        return topologyRequests.get();
    }

    @Nullable
    Answer answer(List<String> command, boolean feed) {
        String name = command.get(0).toUpperCase(Locale.ROOT);
        if (name.equals("CLUSTER") && !feed && command.get(1).equalsIgnoreCase("NODES")) {
            topologyRequests.incrementAndGet();
        }
        Answer answer = script.answer(command);
        if (answer != null) {
            answered.incrementAndGet();
        }
        return answer;
    }

    void ended(ScriptedLink link) {
        links.remove(link);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                links.add(ScriptedLink.open(
                        this, client, new Socket(InetAddress.getLoopbackAddress(), node().directPort())));
            } catch (IOException e) {
                if (!listener.isClosed()) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            reset();
            cluster.close();
        }
    }
}
