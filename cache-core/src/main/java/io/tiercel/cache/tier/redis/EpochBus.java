package io.tiercel.cache.tier.redis;

import static java.util.Objects.requireNonNull;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.cache.tier.Section;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns from Redis itself which keys changed, and when that can no longer be known. One connection to each primary
 * listens with {@code CLIENT TRACKING ON BCAST}, whatever the number of caches; see {@link BusNode} for the life of
 * such a stream.
 *
 * <p><b>Why barriers.</b> A stream that is silent may be idle, or half open, or stuck behind a listener. So each node is
 * asked something a few times per bound, and what is noted of the answer is when the question was <em>sent</em>. Redis
 * writes the pushes of a command before it acknowledges the command, and the event loop hands over what it reads in
 * order: when the answer is seen, every change that had been acknowledged when the question was sent has been told,
 * however long the answer was under way. A section is vouched for until that moment plus the bound, by the slowest of
 * those that own any of its slots; a process that was stopped for a while finds its sections expired when it goes on.
 *
 * <p><b>Why {@code CLUSTER NODES} is asked.</b> {@code PING} is answered by a primary that was cut off and replaced as
 * well. The epoch and the number of nodes in {@code CLUSTER INFO} show that, but not every move of a slot: only the
 * first of several that go to the same node raises the epoch. A slot that went unnoticed from one node to another would
 * be vouched for by the wrong one, and what the right one did not tell while its stream was lost would be kept for ever.
 * {@code CLUSTER NODES} says all of it: who owns what, what is just moving, and whether the node sees the majority, at
 * half of the server's work. A single server is asked for its {@code ROLE}.
 *
 * <p><b>When the owner changes</b> the section is forgotten, and vouched for again once the new owner is listened to and
 * the tier's own reads go there too: a value read from the old one might be older than what the new one has told.
 *
 * <p><b>Why no NOLOOP.</b> Own writes come back like others'. Two threads may write in one order and touch the local
 * cache in the other; the echo sets that right and costs a read. Redis does not hold it back for writes in scripts
 * anyway.
 *
 * <p><b>Why no slot is computed on a hit.</b> It would take longer than the hit. An entry remembers its {@link Section}
 * and its epoch, and looks at two fields.
 *
 * <p>All state but the list of feeds belongs to one thread, one of the client's; keys are told on the event loops.
 */
final class EpochBus implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EpochBus.class);
    private static final int HEARTBEATS_PER_BOUND = 4;
    private static final long LONGEST_HEARTBEAT_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long SHORTEST_HEARTBEAT_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final int HEARTBEATS_UNTIL_SILENT = 2;
    private static final long SHORTEST_SILENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(600);
    private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long CLOSE_MS = 2_000;

    private final RedisConfig config;
    private final LettuceRuntime runtime;
    private final Supplier<@Nullable RedisLink> link;
    private final EventExecutor executor;
    private final List<BusFeed> feeds = new CopyOnWriteArrayList<>();
    private final SplittableRandom random = new SplittableRandom();
    private final AtomicBoolean closed = new AtomicBoolean();

    private @Nullable RedisClient client;
    private final Map<RedisUri.Server, BusNode> nodes = new LinkedHashMap<>();
    private volatile List<BusNode> listed = List.of();
    private final List<CompletableFuture<?>> attempts = new ArrayList<>();
    private Prefixes prefixes = Prefixes.NONE;
    private Topology topology = Topology.unknown();
    /** Sections whose keys the tier may still ask a former owner for. */
    private final BitSet unrouted = new BitSet(Slots.SECTIONS);

    private boolean refreshing;
    private boolean looking;

    /** @param link the tier's own connections, null before there are any */
    EpochBus(RedisConfig config, LettuceRuntime runtime, Supplier<@Nullable RedisLink> link) {
        this.config = config;
        this.runtime = runtime;
        this.link = link;
        this.executor = runtime.executor();
    }

    ChangeFeed open(List<String> prefixes, Duration bound, ChangeFeed.Listener listener) {
        requireNonNull(listener, "listener");
        if (bound.compareTo(Duration.ofMillis(1)) < 0) {
            throw new IllegalArgumentException("bound must be at least 1 ms: " + bound);
        }
        BusFeed feed = new BusFeed(this, Prefixes.checked(prefixes), bound, listener);
        if (!closed.get()) {
            feeds.add(feed);
            execute(this::adjust);
        }
        return feed;
    }

    void remove(BusFeed feed) {
        feeds.remove(feed);
        feed.stopVouching();
        execute(() -> {
            feed.stopVouching(); // an answer may just have been under way
            adjust();
        });
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        List<BusFeed> open = List.copyOf(feeds);
        feeds.clear();
        CompletableFuture<Void> stopped = new CompletableFuture<>();
        execute(() -> {
            open.forEach(BusFeed::stopVouching);
            var unused = stop().whenComplete((done, failure) -> stopped.complete(null));
        });
        if (!executor.inEventLoop()) {
            stopped.completeOnTimeout(null, CLOSE_MS, TimeUnit.MILLISECONDS).join();
        }
    }

    // ---- what feeds see

    List<BusNode> nodes() {
        return listed;
    }

    // ---- what streams ask

    String name() {
        return config.name();
    }

    @Nullable
    RedisClient client() {
        return client;
    }

    RedisURI uri(RedisUri.Server server) {
        return runtime.uri(server, config.database());
    }

    Prefixes prefixes() {
        return prefixes;
    }

    boolean isCluster() {
        return link.get() instanceof ClusterLink;
    }

    long heartbeatNanos() {
        long shortestBound = feeds.stream().mapToLong(BusFeed::boundNanos).min().orElse(Long.MAX_VALUE);
        long wanted = Math.min(shortestBound / HEARTBEATS_PER_BOUND, LONGEST_HEARTBEAT_NANOS);
        return Math.max(wanted, SHORTEST_HEARTBEAT_NANOS);
    }

    long silenceNanos() {
        return Math.max(heartbeatNanos() * HEARTBEATS_UNTIL_SILENT, SHORTEST_SILENCE_NANOS);
    }

    long connectNanos() {
        return config.connectTimeout().plus(runtime.ownCommandTimeout()).toNanos();
    }

    long random(long bound) {
        return random.nextLong(bound + 1);
    }

    /** On the bus' thread, after what was given before. */
    void execute(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException e) {
            log.debug("{}: closed", config.name(), e);
        }
    }

    Future<?> schedule(Runnable task, long nanos) {
        return executor.schedule(task, nanos, TimeUnit.NANOSECONDS);
    }

    /** Something that may open or close a connection; it completes when the bus has been told how it ended. */
    void begun(CompletionStage<?> attempt) {
        CompletableFuture<?> future = attempt.toCompletableFuture();
        attempts.removeIf(CompletableFuture::isDone);
        attempts.add(future);
    }

    // ---- what streams tell

    /** On an event loop. Bytes that no key of a tier has were written by somebody else for himself. */
    void changed(BusNode node, byte[] bytes) {
        String key = RedisKeys.string(bytes);
        String address = node.server().toString();
        if (key == null) {
            feeds.forEach(feed -> feed.changedBytes(address, bytes));
        } else {
            feeds.forEach(feed -> feed.changed(address, key));
        }
    }

    /** The node has lost all its keys. */
    void flushed(BusNode node) {
        sectionsOf(node)
                .forEach(index -> feeds.forEach(feed -> feed.sectionAt(index).forget()));
    }

    /**
     * The node answered a heartbeat.
     *
     * @param news whether it says anything else than before
     * @param sent when it was asked
     * @param told what it had been listened to for by then
     */
    void heard(BusNode node, ClusterView view, boolean news, long sent, Prefixes told) {
        if (news) {
            rebuild();
        }
        if (node.isClosed() || !view.own().primary() || !view.hasMajority()) {
            return;
        }
        node.advance(sent);
        for (BusFeed feed : feeds) {
            if (!told.cover(feed.prefixes())) {
                continue;
            }
            if (!feed.knows(node)) {
                sectionsOf(node).forEach(index -> feed.sectionAt(index).forget());
                feed.nowKnows(node);
            }
            sectionsOf(node).forEach(index -> vouch(feed, feed.sectionAt(index)));
        }
    }

    void lost(BusNode node) {
        long now = System.nanoTime();
        sectionsOf(node)
                .forEach(index -> feeds.forEach(feed -> feed.sectionAt(index).vouchUntil(now)));
        rebuild();
        if (isCluster()) {
            refresh(); // there may be a new primary
        }
        look();
    }

    private void vouch(BusFeed feed, Section section) {
        if (unrouted.get(section.index())) {
            return;
        }
        long oldest = System.nanoTime();
        for (String owner : topology.owners(section.index())) {
            BusNode node = nodeOf(owner);
            if (node == null || !feed.knows(node)) {
                return;
            }
            oldest = node.barrier() - oldest < 0 ? node.barrier() : oldest;
        }
        section.vouchUntil(oldest + feed.boundNanos());
    }

    // ---- what there is to listen to

    private void adjust() {
        if (feeds.isEmpty() || closed.get()) {
            var unused = stop(); // nobody waits for it
            return;
        }
        prefixes = Prefixes.of(
                feeds.stream().flatMap(feed -> feed.prefixes().stream()).toList());
        if (client == null) {
            client = RedisClient.create(runtime.resources());
            client.setOptions(runtime.bus());
        }
        List.copyOf(nodes.values()).forEach(BusNode::arm);
        look();
    }

    /** Completes when everything is closed, also what was begun to be closed before. */
    private CompletableFuture<Void> stop() {
        listenTo(List.of());
        topology = Topology.unknown();
        unrouted.clear();
        RedisClient last = client;
        client = null;
        if (last != null) {
            begun(stopped(last, List.copyOf(attempts)));
        }
        return all(attempts);
    }

    /** A connection that comes into being while its threads go away would be nobody's, so those come first. */
    private static CompletableFuture<Void> stopped(RedisClient client, List<CompletableFuture<?>> attempts) {
        return all(attempts).thenCompose(done -> client.shutdownAsync(0, CLOSE_MS, TimeUnit.MILLISECONDS));
    }

    private static CompletableFuture<Void> all(List<CompletableFuture<?>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture<?>[]::new));
    }

    /** While no node says who the others are, the tier's own connections do. */
    private void look() {
        if (client == null || looking || nodes.values().stream().anyMatch(node -> node.view() != null)) {
            return;
        }
        RedisLink current = link.get();
        if (current != null) {
            Set<RedisUri.Server> servers = new LinkedHashSet<>(topology.primaries());
            servers.addAll(current.primaries());
            listenTo(servers);
        }
        looking = true;
        var unused = schedule(
                () -> {
                    looking = false;
                    look();
                },
                LOOK_AGAIN_NANOS);
    }

    private void listenTo(Collection<RedisUri.Server> servers) {
        for (BusNode node : List.copyOf(nodes.values())) {
            if (!servers.contains(node.server())) {
                nodes.remove(node.server());
                feeds.forEach(feed -> feed.forgetNode(node));
                node.close();
            }
        }
        List<BusNode> added = new ArrayList<>();
        for (RedisUri.Server server : servers) {
            nodes.computeIfAbsent(server, s -> {
                added.add(new BusNode(this, s));
                return added.get(added.size() - 1);
            });
        }
        listed = List.copyOf(nodes.values());
        added.forEach(BusNode::connect);
    }

    // ---- who serves what

    private void rebuild() {
        List<ClusterView> views = nodes.values().stream()
                .map(BusNode::view)
                .filter(Objects::nonNull)
                .toList();
        if (views.isEmpty()) {
            return; // the last that is known will do until somebody says something
        }
        Topology next = Topology.of(views);
        List<Integer> changed = topology.changes(next);
        topology = next;
        long now = System.nanoTime();
        for (int index : changed) {
            unrouted.set(index);
            feeds.forEach(feed -> feed.sectionAt(index).vouchUntil(now));
        }
        listenTo(next.primaries());
        look();
        route();
    }

    /**
     * Forgets the sections that changed their owner as soon as the tier reads from the new one. Until then nothing in
     * them is vouched for, and what was read may come from the former one.
     */
    private void route() {
        RedisLink current = link.get();
        if (unrouted.isEmpty() || current == null) {
            return;
        }
        for (int index = unrouted.nextSetBit(0); index >= 0; index = unrouted.nextSetBit(index + 1)) {
            if (topology.isRouted(index, current::nodeOf)) {
                unrouted.clear(index);
                int routed = index;
                feeds.forEach(feed -> feed.sectionAt(routed).forget());
            }
        }
        if (!unrouted.isEmpty()) {
            refresh();
        }
    }

    private void refresh() {
        RedisLink current = link.get();
        if (refreshing || current == null || client == null) {
            return;
        }
        refreshing = true;
        begun(current.refresh().handle((done, failure) -> {
            execute(() -> refreshed(failure));
            return null;
        }));
    }

    private void refreshed(@Nullable Throwable failure) {
        if (failure != null) {
            log.debug("{}: topology refresh failed", config.name(), failure);
        }
        route();
        // Not at once: all nodes are asked.
        var unused = schedule(
                () -> {
                    refreshing = false;
                    route();
                },
                LOOK_AGAIN_NANOS);
    }

    private List<Integer> sectionsOf(BusNode node) {
        return topology.sectionsOf(node.id());
    }

    private @Nullable BusNode nodeOf(String id) {
        for (BusNode node : nodes.values()) {
            if (node.id().equals(id)) {
                return node;
            }
        }
        return null;
    }
}
