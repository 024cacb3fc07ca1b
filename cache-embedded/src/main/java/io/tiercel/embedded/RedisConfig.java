package io.tiercel.embedded;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The files that a Redis server starts from. For a cluster that includes {@code nodes.conf}, which Redis otherwise writes
 * itself: when every node already knows all others, their slots and their masters, nothing has to be joined, and the
 * cluster is up after the 2 s that Redis makes a restarted master wait before it takes writes.
 */
final class RedisConfig {

    static final int SLOTS = 16_384;

    private RedisConfig() {}

    /**
     * A node of a cluster to be.
     *
     * @param clientPort where clients find it: its own port, or that of a proxy in front of it
     * @param master the place of its master in the list of nodes, or -1 for a master
     */
    record Node(String id, int port, int clientPort, int busPort, int master) {
        boolean isMaster() {
            return master < 0;
        }
    }

    /** How many ports the plan needs. */
    static int ports(RedisOptions options) {
        return count(options) * (options.proxied() ? 3 : 2);
    }

    static int count(RedisOptions options) {
        return options.masters() * (1 + options.replicasPerMaster());
    }

    /** Masters first, then their replicas in turns; the ports are those of the nodes, the cluster bus and the proxies. */
    static List<Node> plan(RedisOptions options, List<Integer> ports) {
        int count = count(options);
        List<Node> nodes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] id = new byte[20];
            ThreadLocalRandom.current().nextBytes(id);
            int master = i < options.masters() ? -1 : i % options.masters();
            int clientPort = ports.get(options.proxied() ? 2 * count + i : i);
            nodes.add(new Node(HexFormat.of().formatHex(id), ports.get(i), clientPort, ports.get(count + i), master));
        }
        return List.copyOf(nodes);
    }

    /** The {@code nodes.conf} of one of these nodes. */
    static String nodesConf(List<Node> nodes, int myself) {
        int masters = (int) nodes.stream().filter(Node::isMaster).count();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < nodes.size(); i++) {
            Node node = nodes.get(i);
            int owner = node.isMaster() ? i : node.master();
            text.append(node.id())
                    .append(" 127.0.0.1:")
                    .append(node.clientPort())
                    .append('@');
            text.append(node.busPort()).append(i == myself ? " myself," : " ");
            text.append(
                    node.isMaster() ? "master -" : "slave " + nodes.get(owner).id());
            // Epochs that differ, as Redis itself would have to make them different first.
            text.append(" 0 0 ").append(owner + 1).append(" connected");
            if (node.isMaster()) {
                text.append(' ').append(slots(i, masters));
            }
            text.append('\n');
        }
        return text.append("vars currentEpoch ")
                .append(masters)
                .append(" lastVoteEpoch 0\n")
                .toString();
    }

    static String slots(int master, int masters) {
        int first = master * SLOTS / masters;
        int last = (master + 1) * SLOTS / masters - 1;
        return first == last ? Integer.toString(first) : first + "-" + last;
    }

    /** The {@code redis.conf} of a cluster node. */
    static String clusterNode(RedisOptions options, Node node, String bind) {
        List<String> lines = common(options, node.port(), bind);
        lines.add("cluster-enabled yes");
        lines.add("cluster-config-file nodes.conf");
        lines.add("cluster-port " + node.busPort());
        lines.add("cluster-announce-ip 127.0.0.1");
        if (node.clientPort() != node.port()) {
            lines.add("cluster-announce-port " + node.clientPort());
            lines.add("cluster-announce-bus-port " + node.busPort());
        }
        lines.add("cluster-node-timeout " + options.nodeTimeout().toMillis());
        lines.add("cluster-require-full-coverage no");
        // A test that kills a master wants its own replicas to stay where they are.
        lines.add("cluster-allow-replica-migration no");
        return text(lines, options);
    }

    /** The {@code redis.conf} of a server on its own. */
    static String standalone(RedisOptions options, int port, String bind) {
        return text(common(options, port, bind), options);
    }

    private static List<String> common(RedisOptions options, int port, String bind) {
        List<String> lines = new ArrayList<>();
        lines.add("port " + port);
        lines.add("bind " + bind);
        // Only loopback reaches it: the bind address here, the published port for a container.
        lines.add("protected-mode no");
        lines.add("save \"\"");
        lines.add("appendonly no");
        lines.add("enable-debug-command yes");
        // Redis would wait 5 s for further replicas to share a first copy, and 10 s at shutdown for slow ones.
        lines.add("repl-diskless-sync-delay 0");
        lines.add("shutdown-timeout 0");
        String password = options.password();
        if (password != null) {
            lines.add("requirepass " + quoted(password));
            lines.add("masterauth " + quoted(password));
        }
        addIfPresent(lines, "maxmemory", options.maxmemory());
        return lines;
    }

    private static void addIfPresent(List<String> lines, String name, @Nullable String value) {
        if (value != null) {
            lines.add(name + " " + value);
        }
    }

    private static String text(List<String> lines, RedisOptions options) {
        lines.addAll(options.configLines());
        return String.join("\n", lines) + "\n";
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
