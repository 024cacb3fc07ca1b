package io.tiercel.embedded;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A real Redis Cluster on this machine, ready in about two seconds. Ready means: every node says that the cluster is ok
 * and that all 16,384 slots are served, and every replica has its master's data. Safe for use by any thread.
 */
public final class RedisCluster implements AutoCloseable {

    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);

    private final List<RedisNode> nodes;
    private final @Nullable String password;
    private final ServerSource source;
    private final @Nullable Host host;

    private RedisCluster(List<RedisNode> nodes, @Nullable String password, ServerSource source, @Nullable Host host) {
        this.nodes = List.copyOf(nodes);
        this.password = password;
        this.source = source;
        this.host = host;
        Choice.tell(source);
    }

    /**
     * Starts a cluster of masters only.
     *
     * @throws ServerStartException when there is no Redis to be had, or it does not come up
     */
    public static RedisCluster start(int masters) {
        return start(masters, 0);
    }

    /**
     * Starts a cluster of masters, each with that many replicas.
     *
     * @throws ServerStartException when there is no Redis to be had, or it does not come up
     */
    public static RedisCluster start(int masters, int replicasPerMaster) {
        return start(RedisOptions.of(masters, replicasPerMaster));
    }

    /**
     * Starts a cluster. When {@code TIERCEL_REDIS} names one, that is used as it is, whatever the options say, and
     * {@link RedisOptions#proxied} is refused; it is in a container too.
     *
     * @throws ServerStartException when there is no Redis to be had, or it does not come up
     */
    public static RedisCluster start(RedisOptions options) {
        return start(options, Surroundings.ofThisJvm());
    }

    static RedisCluster start(RedisOptions options, Surroundings surroundings) {
        Where where = new Choice(surroundings).redis();
        if (where instanceof Where.Startable startable) {
            requireProxiesPossible(options, startable instanceof Where.Local, startable.source());
            return Starts.onFreePorts(
                    startable,
                    RedisConfig.ports(options),
                    RedisConfig.count(options),
                    (host, ports) -> started(options, RedisConfig.plan(options, ports), host, startable.source()));
        }
        requireProxiesPossible(options, false, where.source());
        return given((Where.Given) where);
    }

    private static void requireProxiesPossible(RedisOptions options, boolean local, ServerSource source) {
        if (options.proxied() && !local) {
            throw new ServerStartException("proxies need servers that are processes of this machine, found: " + source);
        }
    }

    private static RedisCluster started(
            RedisOptions options, List<RedisConfig.Node> plan, Host host, ServerSource source) {
        List<FaultProxy> proxies = options.proxied() ? proxies(plan) : List.of();
        try {
            return started(options, plan, proxies, host, source);
        } catch (RuntimeException e) {
            proxies.forEach(FaultProxy::close);
            throw e;
        }
    }

    private static List<FaultProxy> proxies(List<RedisConfig.Node> plan) {
        List<FaultProxy> proxies = new ArrayList<>();
        try {
            for (RedisConfig.Node node : plan) {
                proxies.add(FaultProxy.start(Address.loopback(node.port()), node.clientPort()));
            }
            return proxies;
        } catch (RuntimeException e) {
            proxies.forEach(FaultProxy::close);
            throw e;
        }
    }

    private static RedisCluster started(
            RedisOptions options,
            List<RedisConfig.Node> plan,
            List<FaultProxy> proxies,
            Host host,
            ServerSource source) {
        List<RedisNode> nodes = new ArrayList<>();
        List<Lifecycle.Owned> lifecycles = new ArrayList<>();
        for (int i = 0; i < plan.size(); i++) {
            RedisConfig.Node node = plan.get(i);
            Address address = Address.loopback(node.port());
            ServerProcess process = host.prepare(
                    "redis-" + node.port(),
                    Map.of(
                            "redis.conf", RedisConfig.clusterNode(options, node, host.bindAddress()),
                            "nodes.conf", RedisConfig.nodesConf(plan, i)),
                    List.of("redis.conf"));
            RedisProbe probe = new RedisProbe(address, options.password());
            Lifecycle.Owned lifecycle = new Lifecycle.Owned("redis-server " + node.port(), process, probe::missing);
            lifecycles.add(lifecycle);
            FaultProxy proxy = proxies.isEmpty() ? null : proxies.get(i);
            nodes.add(new RedisNode(address, proxy, node.id(), node.isMaster(), lifecycle));
        }
        lifecycles.forEach(Lifecycle.Owned::start);
        RedisCluster cluster = new RedisCluster(nodes, options.password(), source, host);
        Readiness.await(
                "the cluster", () -> cluster.missingAtStart(options.replicasPerMaster()), START_TIMEOUT, lifecycles);
        return cluster;
    }

    private static RedisCluster given(Where.Given given) {
        List<RedisNode> nodes = new ArrayList<>();
        String password = given.addresses().password();
        for (Address address : given.addresses().nodes()) {
            RedisProbe probe = new RedisProbe(address, password);
            try {
                if (!probe.isClusterEnabled()) {
                    throw new ServerStartException(given.source() + ": " + address + " is not in cluster mode");
                }
                nodes.add(new RedisNode(
                        address,
                        null,
                        probe.clusterId(),
                        probe.isMaster(),
                        new Lifecycle.Foreign(address, given.source())));
            } catch (IOException e) {
                throw new ServerStartException(
                        given.source() + ": " + address + " does not answer: " + e.getMessage(), e);
            }
        }
        return new RedisCluster(nodes, password, given.source(), null);
    }

    /**
     * Waits until all nodes that are alive agree again that the cluster is ok, such as after {@link RedisNode#restart}.
     * Straight after a {@link RedisNode#kill} they still do: nobody misses a node before the node timeout has passed.
     *
     * @throws ServerStartException when that takes longer than the timeout
     */
    public void awaitReady(Duration timeout) {
        Readiness.await("the cluster", this::missing, timeout, List.of());
    }

    private @Nullable String missing() throws IOException {
        int alive = 0;
        for (RedisNode node : nodes) {
            if (!node.isAlive()) {
                continue;
            }
            alive++;
            String missing = probe(node).missingInCluster(nodes.size());
            if (missing != null) {
                return missing;
            }
        }
        return alive == 0 ? "no node is alive" : null;
    }

    private @Nullable String missingAtStart(int replicasPerMaster) throws IOException {
        String missing = missing();
        if (missing != null) {
            return missing;
        }
        for (RedisNode node : nodes) {
            if (node.isMaster() && probe(node).onlineReplicas() < replicasPerMaster) {
                return node + " has not all its replicas yet";
            }
        }
        return null;
    }

    private RedisProbe probe(RedisNode node) {
        return new RedisProbe(node.address(), password);
    }

    /**
     * All nodes as clients reach them, as one URI: {@code redis://127.0.0.1:20001,127.0.0.1:20002}, with the password, percent-encoded, as in
     * {@code redis://:password@…} when there is one.
     */
    public String uri() {
        return addresses().uri();
    }

    /** All nodes: the masters first, in the order of their slots, then the replicas; unmodifiable. */
    public List<RedisNode> nodes() {
        return nodes;
    }

    /**
     * The node at that place of {@link #nodes}.
     *
     * @throws IndexOutOfBoundsException when there is none
     */
    public RedisNode node(int index) {
        return nodes.get(index);
    }

    /** Which choice was taken. */
    public ServerSource source() {
        return source;
    }

    /** One line for a person, without the password. */
    public String describe() {
        long masters = nodes.stream().filter(RedisNode::isMaster).count();
        return "Redis Cluster of " + masters + (masters == 1 ? " master" : " masters") + " and "
                + (nodes.size() - masters) + " replicas at " + addresses().withoutPassword() + ": " + source;
    }

    private Addresses addresses() {
        return new Addresses(nodes.stream().map(RedisNode::clientAddress).toList(), password);
    }

    /** Ends all nodes (SIGTERM, after 3 s SIGKILL) and deletes their files. Idempotent; those that the environment named are left alone. */
    @Override
    public void close() {
        nodes.forEach(RedisNode::closeProxy);
        if (host != null) {
            host.close();
        }
    }

    @Override
    public String toString() {
        return describe();
    }
}
