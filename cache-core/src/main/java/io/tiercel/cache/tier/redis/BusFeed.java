package io.tiercel.cache.tier.redis;

import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.cache.tier.Section;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one cache learns from the bus. Its sections are its own, since its prefixes may be listened to later than those
 * of others.
 *
 * <p>Thread-safe, but for what the bus alone calls.
 */
final class BusFeed implements ChangeFeed {
    private static final Logger log = LoggerFactory.getLogger(BusFeed.class);
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final EpochBus bus;
    private final List<String> prefixes;
    private final long boundNanos;
    private final Listener listener;
    private final List<Section> sections;
    private final Map<String, LongAdder> changes = new ConcurrentHashMap<>();
    private final AtomicLong warnedAt = new AtomicLong(System.nanoTime() - QUIET_NANOS);
    /** By stream the connection whose changes are known from its beginning on; only on the bus' thread. */
    private final Map<BusNode, Long> heard = new HashMap<>();

    BusFeed(EpochBus bus, List<String> prefixes, Duration bound, Listener listener) {
        this.bus = bus;
        this.prefixes = prefixes;
        this.boundNanos = bound.toNanos();
        this.listener = listener;
        long now = System.nanoTime();
        this.sections = IntStream.range(0, Slots.SECTIONS)
                .mapToObj(index -> new Section(index, now))
                .toList();
    }

    @Override
    public int sections() {
        return Slots.SECTIONS;
    }

    @Override
    public Section sectionAt(int index) {
        return sections.get(index);
    }

    @Override
    public Section section(String key) {
        return sections.get(Slots.section(key));
    }

    @Override
    public Section section(byte[] key) {
        return sections.get(Slots.section(key));
    }

    @Override
    public String keyIn(int section, String name) {
        return Slots.keyIn(section, name);
    }

    @Override
    public List<Node> nodes() {
        long now = System.nanoTime();
        return bus.nodes().stream()
                .map(node -> new Node(
                        node.server().toString(),
                        node.state(),
                        Duration.ofNanos(now - node.barrier()),
                        changesOf(node.server().toString()).sum(),
                        node.losses()))
                .toList();
    }

    @Override
    public void close() {
        bus.remove(this);
    }

    List<String> prefixes() {
        return prefixes;
    }

    long boundNanos() {
        return boundNanos;
    }

    /** On the event loop of the node's connection. */
    void changed(String address, String key) {
        if (prefixes.stream().noneMatch(key::startsWith)) {
            return;
        }
        tell(address, section(key), () -> listener.changed(key));
    }

    /** As {@link #changed}, for a key that is no text. */
    void changedBytes(String address, byte[] key) {
        if (prefixes.contains("")) {
            tell(address, section(key), () -> listener.changedBytes(key));
        }
    }

    private void tell(String address, Section section, Runnable listening) {
        changesOf(address).increment();
        try {
            listening.run();
        } catch (RuntimeException | Error e) {
            section.forget(); // what the listener would have done for one key
            warn(e);
        }
    }

    /** Whether that stream has told this feed of everything since it was last made to forget. */
    boolean knows(BusNode node) {
        Long since = heard.get(node);
        return since != null && since == node.connectionNumber();
    }

    /** From now on {@link #knows} that stream, until it is lost. */
    void nowKnows(BusNode node) {
        heard.put(node, node.connectionNumber());
    }

    void forgetNode(BusNode node) {
        heard.remove(node);
    }

    void stopVouching() {
        long now = System.nanoTime();
        sections.forEach(section -> section.vouchUntil(now));
    }

    private LongAdder changesOf(String address) {
        return changes.computeIfAbsent(address, a -> new LongAdder());
    }

    private void warn(Throwable failure) {
        long last = warnedAt.get();
        long now = System.nanoTime();
        if (now - last >= QUIET_NANOS && warnedAt.compareAndSet(last, now)) {
            log.warn("a listener of changes to {} failed", prefixes, failure);
        }
    }
}
