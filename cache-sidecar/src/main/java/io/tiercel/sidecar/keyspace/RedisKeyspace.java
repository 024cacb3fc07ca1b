package io.tiercel.sidecar.keyspace;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.Section;
import io.tiercel.cache.tier.redis.RedisPassage;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.sidecar.control.KeyReport;
import io.tiercel.sidecar.control.LiveSettings;
import io.tiercel.sidecar.control.TierMode;
import io.tiercel.sidecar.control.TierStatus;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * The users' keys as Redis holds them, with copies of those that are read often in memory. Redis is the truth: its bytes
 * and its lives are the users', and any other client may change them; the change feed tells of it.
 *
 * <p>What all event loops share. Thread-safe.
 */
public final class RedisKeyspace implements AutoCloseable {
    /** Keys that begin so are the cache's own: leases, hot lists, the rate limit, the keys of databases other than 0. */
    public static final String RESERVED = "tiercel!";

    private static final byte[] OWN = RESERVED.getBytes(UTF_8);
    private static final byte[] DATABASES = (RESERVED + "db").getBytes(UTF_8);
    private static final Duration AGGRESSIVE_STALENESS = Lifeboat.LONGEST;
    private static final int AGGRESSIVE_FACTOR = 10;
    private static final Duration NEGATIVE = Duration.ofSeconds(5);

    private final RedisTier tier;
    private final @Nullable Lifeboat lifeboat;
    private final KeyspaceSettings settings;
    private final LiveSettings live;
    private final Counters counters = new Counters();
    private final LocalCopies copies;
    private final Doorkeeper doorkeeper = new Doorkeeper();
    private final Leases leases = new Leases(this);
    private final RateBucket rateBucket;
    private final Namespaces namespaces;
    private final ChangeFeed feed;
    private final List<byte[]> prefixes;
    private final boolean all;
    /** By section, when it was last known that nothing had been missed, in monotonic nanoseconds. */
    private final AtomicLongArray vouchedAt;
    /** By section, its epoch when it was last looked at, and when it was last found to be another. */
    private final AtomicLongArray epochs;

    private final AtomicLongArray forgottenAt;

    private volatile TierMode l2Mode = TierMode.NORMAL;
    private volatile TierMode l3Mode = TierMode.NORMAL;

    /**
     * Takes both tiers over and closes them at the end.
     *
     * @param l3 for when Redis cannot be asked; null for none
     */
    public RedisKeyspace(RedisTier tier, @Nullable RemoteTier l3, KeyspaceSettings settings, LiveSettings live) {
        this.tier = tier;
        this.settings = settings;
        this.live = live;
        this.rateBucket = new RateBucket(this);
        this.lifeboat = l3 == null ? null : new Lifeboat(l3, settings.fleet(), settings.bound(), counters);
        Duration stale = settings.staleIfDown().compareTo(AGGRESSIVE_STALENESS) > 0
                ? settings.staleIfDown()
                : AGGRESSIVE_STALENESS;
        this.copies = new LocalCopies(settings.l1Bytes(), stale.toNanos());
        this.prefixes = settings.prefixes().stream()
                .map(prefix -> prefix.getBytes(UTF_8))
                .toList();
        this.all = settings.prefixes().contains("");
        this.namespaces = new Namespaces(settings.namespaces(), tier, l3, settings.l1Bytes());
        this.feed = tier.changes(Leases.withNote(settings.prefixes()), settings.bound(), new Listener());
        this.vouchedAt = new AtomicLongArray(feed.sections());
        this.epochs = new AtomicLongArray(feed.sections());
        this.forgottenAt = new AtomicLongArray(feed.sections());
        for (int i = 0; i < vouchedAt.length(); i++) {
            vouchedAt.set(i, System.nanoTime() - stale.toNanos());
            forgottenAt.set(i, System.nanoTime() - Lifeboat.LONGEST.toNanos());
        }
    }

    /** The part that belongs to one event loop. */
    public LoopKeyspace on(EventLoop loop, Class<? extends SocketChannel> channels) {
        return new LoopKeyspace(this, loop, channels);
    }

    /** What has happened to keys. */
    public Counters counters() {
        return counters;
    }

    /** L1. */
    public LocalCopies copies() {
        return copies;
    }

    /** What does not change while the process runs. */
    public KeyspaceSettings settings() {
        return settings;
    }

    /** What operators may change. */
    public LiveSettings live() {
        return live;
    }

    /** What operators let Redis be used for. */
    public TierMode l2Mode() {
        return l2Mode;
    }

    /** Changes it from the next command on. */
    public void l2Mode(TierMode mode) {
        l2Mode = mode;
    }

    /** What operators let Memcached be used for. */
    public TierMode l3Mode() {
        return l3Mode;
    }

    /** Changes it from the next command on. */
    public void l3Mode(TierMode mode) {
        l3Mode = mode;
    }

    /** How Redis' nodes are listened to. */
    public List<ChangeFeed.Node> feedNodes() {
        return feed.nodes();
    }

    RedisTier tier() {
        return tier;
    }

    /** Whether there is an L3. */
    public boolean hasL3() {
        return lifeboat != null;
    }

    @Nullable
    Lifeboat lifeboat() {
        return l3Mode == TierMode.BYPASS ? null : lifeboat;
    }

    Doorkeeper doorkeeper() {
        return doorkeeper;
    }

    /** Whether a key is the cache's own and no user's; those of databases other than 0 are users'. */
    public static boolean isReserved(byte[] key) {
        return startsWith(key, OWN) && !startsWith(key, DATABASES);
    }

    private static boolean startsWith(byte[] key, byte[] prefix) {
        return key.length >= prefix.length && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
    }

    /** Whether L1 keeps the key at all. */
    public boolean isKept(Key key) {
        if (all) {
            return true;
        }
        for (byte[] prefix : prefixes) {
            if (key.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }

    Section section(Key key) {
        return feed.section(key.bytes());
    }

    /** How long a copy may be used without being read again. */
    long l1Nanos() {
        long ttl = live.localTtl().toNanos();
        return live.cache().aggressive() ? ttl * AGGRESSIVE_FACTOR : ttl;
    }

    /** How long it is remembered that there is no value; 0 for not at all. */
    long negativeNanos() {
        return live.cache().aggressive() ? NEGATIVE.toNanos() : 0;
    }

    /** For how long values are served that nobody vouches for. */
    Duration staleness() {
        Duration own = settings.staleIfDown();
        return live.cache().aggressive() && own.compareTo(AGGRESSIVE_STALENESS) < 0 ? AGGRESSIVE_STALENESS : own;
    }

    /** Remembers which sections are vouched for; to be called some times a second. */
    public void look() {
        long now = System.nanoTime();
        for (int i = 0; i < vouchedAt.length(); i++) {
            Section section = feed.sectionAt(i);
            if (section.isVouched(now)) {
                vouchedAt.set(i, now);
            }
            long epoch = section.epoch();
            if (epochs.getAndSet(i, epoch) != epoch) {
                forgottenAt.set(i, now);
            }
        }
    }

    /** What has to be noted now to keep values that other pods hold later on. */
    public Vouching vouching() {
        return new Vouching(this, feed.sections());
    }

    Section sectionAt(int index) {
        return feed.sectionAt(index);
    }

    /** Whether the change feed tells of changes everywhere: what is read from now on can be kept. */
    public boolean isArmed() {
        long now = System.nanoTime();
        for (int i = 0; i < feed.sections(); i++) {
            if (!feed.sectionAt(i).isVouched(now)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the change feed tells of changes anywhere. */
    public boolean isPartlyArmed() {
        long now = System.nanoTime();
        for (int i = 0; i < feed.sections(); i++) {
            if (feed.sectionAt(i).isVouched(now)) {
                return true;
            }
        }
        return false;
    }

    /** When everything in the key's section was last found to be worthless, such as by FLUSHALL. */
    long forgottenAt(Key key) {
        Section section = section(key);
        int index = section.index();
        return epochs.get(index) == section.epoch() ? forgottenAt.get(index) : System.nanoTime();
    }

    /** The copy, if it may be served although Redis cannot be asked. */
    @Nullable
    Copy stale(Key key) {
        Copy copy = copies.find(key);
        // In another epoch everything may have been removed, and it was known already.
        if (copy == null || copy.framed() == null || !copy.isSameEpoch()) {
            return null;
        }
        long known = Math.max(copy.readAt(), vouchedAt.get(copy.section().index()));
        // Redis would have ended it by itself, and nobody would have told.
        long expires = copy.expires();
        long sure = expires == Long.MAX_VALUE ? known : Math.min(known, expires);
        return System.nanoTime() - sure < staleness().toNanos() ? copy : null;
    }

    /** How L3 is doing, by its last operations. */
    public TierStatus.State l3State() {
        Lifeboat l3 = lifeboat;
        return l3 != null && l3.isDown() ? TierStatus.State.DOWN : TierStatus.State.UP;
    }

    /** L3's servers. */
    public List<TierStatus.Node> l3Nodes() {
        Lifeboat l3 = lifeboat;
        return l3 == null
                ? List.of()
                : List.of(new TierStatus.Node(l3.tier().name(), !l3.isDown(), "for when Redis cannot be asked"));
    }

    /** What memory has of the key; counts nothing. */
    public KeyReport.Place place(Key key) {
        Copy copy = copies.find(key);
        long now = System.nanoTime();
        if (copy == null) {
            return new KeyReport.Place("l1", "absent", -1, -1, -1, "");
        }
        byte[] framed = copy.framed();
        String past = stale(key) == null ? "ended" : "stale";
        String status = !copy.isFresh(now) ? past : framed == null ? "negative" : "fresh";
        return new KeyReport.Place(
                "l1",
                status,
                TimeUnit.NANOSECONDS.toMillis(now - copy.readAt()),
                Math.max(0, TimeUnit.NANOSECONDS.toMillis(copy.end() - now)),
                framed == null ? -1 : LoopKeyspace.unframed(framed).length,
                "");
    }

    /** What L3 has of the key; empty if there is no L3. Completes normally in any case. */
    public CompletionStage<List<KeyReport.Place>> l3Place(Key key) {
        Lifeboat l3 = lifeboat;
        if (l3 == null) {
            return CompletableFuture.completedFuture(List.of());
        }
        String node = l3.tier().node(l3.stored(key));
        return l3.look(key)
                .thenApply(length ->
                        List.of(new KeyReport.Place("l3", length < 0 ? "absent" : "fresh", -1, -1, length, node)));
    }

    /** The library's caches that may be read here. */
    public Namespaces namespaces() {
        return namespaces;
    }

    /** Leases for clients. */
    public Leases leases() {
        return leases;
    }

    /** The rate limit of the fleet. */
    public RateBucket rateBucket() {
        return rateBucket;
    }

    /**
     * A key is changed through this process; to be called before Redis is told, and once more when it has answered or will
     * not: exactly once each.
     */
    public void changing(Key key, boolean first) {
        Lifeboat l3 = lifeboat;
        if (first) {
            copies.writing(key);
            if (l3 != null) {
                l3.remove(key);
            }
        } else {
            copies.written(key);
        }
    }

    /** A key may be changed through this process at some time, or was; for commands that wait before they do something. */
    public void mayChange(Key key) {
        copies.changed(key);
        Lifeboat l3 = lifeboat;
        if (l3 != null) {
            l3.remove(key);
        }
    }

    /** A client is about to be given what Redis answered: a bulk string, a null or an error. */
    void giving(Key key, byte[] reply) {
        boolean wrongType = LoopKeyspace.isWrongType(reply);
        if (reply[0] == '-' && !wrongType) {
            return; // it says nothing of the key
        }
        boolean none = wrongType || LoopKeyspace.isNull(reply);
        boolean differed = copies.giving(key, none ? null : reply);
        Lifeboat l3 = lifeboat;
        if (l3 != null && (differed || none)) {
            l3.changedElsewhere(key);
        }
    }

    /** All keys are removed through this process. */
    public void changingAll() {
        copies.changedAll();
        Lifeboat l3 = lifeboat;
        if (l3 != null) {
            l3.changedAll();
        }
    }

    @Override
    public void close() {
        namespaces.close();
        feed.close();
        tier.close();
        Lifeboat l3 = lifeboat;
        if (l3 != null) {
            l3.close();
        }
    }

    private final class Listener implements ChangeFeed.Listener {
        @Override
        public void changed(String key) {
            changedBytes(RedisPassage.bytes(key));
        }

        @Override
        public void changedBytes(byte[] key) {
            Key changed = Key.of(key);
            copies.changed(changed);
            leases.changed(changed);
            Lifeboat l3 = lifeboat;
            if (l3 != null) {
                l3.changedElsewhere(changed);
            }
        }
    }
}
