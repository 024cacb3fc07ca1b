package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import io.tiercel.sidecar.control.Overlay.Layer;
import io.tiercel.sidecar.control.Overlay.Overridden;
import io.tiercel.sidecar.control.RefusedException.Fault;
import io.tiercel.sidecar.control.RefusedException.Why;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What operators have changed: values that lie over those of the start-up until they are reset or expire. Each change
 * makes a new version. Thread-safe; nothing blocks for longer than another change takes.
 */
public final class Controls implements AutoCloseable {
    /** The longest time after which a change may revert by itself. */
    public static final Duration LONGEST_OVERRIDE = Duration.ofDays(30);

    /** The shortest such time; whether one has passed is looked at once a second. */
    public static final Duration SHORTEST_OVERRIDE = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(Controls.class);

    private final LiveSettings live;
    private final CacheBackend backend;
    private final List<StartupSetting> startup;
    private final InstantSource clock;
    private final Events events;
    private final History history = new History();
    private final WarmUps warmUps;
    private final Readiness readiness;
    private final TierWatch watch;
    private final RateWatch rateWatch;
    private final ScheduledFuture<?> ticking;

    private final ReentrantLock lock = new ReentrantLock();
    // Written under the lock, read without.
    private volatile Overlay state;
    private boolean drainsForGood;
    private Consumer<Boolean> onDrain = draining -> {};

    /**
     * Begins to keep the history, once a second.
     *
     * @param live holds what the sidecar was started with, and is changed from here on
     * @param startup everything that the sidecar was started with, for people to see
     * @param scheduler for short tasks; not shut down by {@link #close}
     */
    public Controls(
            LiveSettings live,
            CacheBackend backend,
            List<StartupSetting> startup,
            ScheduledExecutorService scheduler,
            InstantSource clock) {
        this.live = requireNonNull(live, "live");
        this.backend = requireNonNull(backend, "backend");
        this.startup = List.copyOf(startup);
        this.clock = requireNonNull(clock, "clock");
        this.state = Overlay.startingWith(live);
        this.events = new Events(clock);
        this.watch = new TierWatch(events);
        this.rateWatch = new RateWatch(events);
        this.warmUps = new WarmUps(backend, events, clock);
        this.readiness = new Readiness(this::draining, warmUps::awaited);
        this.ticking = scheduler.scheduleAtFixedRate(this::tick, 0, History.STEP_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** The settings that are changed from here. */
    public LiveSettings live() {
        return live;
    }

    /** What has happened lately. */
    public Events events() {
        return events;
    }

    /** What was counted, second by second. */
    public History history() {
        return history;
    }

    /** The warm-ups of this process. */
    public WarmUps warmUps() {
        return warmUps;
    }

    /** Whether clients should be sent here. */
    public Readiness readiness() {
        return readiness;
    }

    /** The version of the configuration in force, from 1. */
    public long version() {
        return state.version();
    }

    /** Whether clients are being sent away. */
    public boolean draining() {
        return state.flag(LiveField.DRAINING);
    }

    /**
     * Sets what is called with true when draining begins and with false when it is called off. Called under the lock of
     * the configuration, so it must return at once.
     */
    public void onDrain(Consumer<Boolean> onDrain) {
        lock.lock();
        try {
            this.onDrain = requireNonNull(onDrain, "onDrain");
        } finally {
            lock.unlock();
        }
    }

    /** Begins to drain because the process is about to end: it cannot be called off. */
    public void drainForGood(String reason) {
        lock.lock();
        try {
            drainsForGood = true;
            Overlay next = state.with(LiveField.DRAINING, true, clock.instant());
            try {
                apply(next);
            } catch (RuntimeException e) {
                // Whatever else fails, the process ends, and clients must go elsewhere.
                LOG.warn("Not everything was told that the process drains", e);
                state = next;
            }
            events.add("drain", "draining: true" + WarmUps.because(reason));
        } finally {
            lock.unlock();
        }
    }

    /**
     * Checks a change and makes it, as a whole.
     *
     * @throws RefusedException if it is not made; nothing has changed then
     */
    public Outcome change(Change change) throws RefusedException {
        lock.lock();
        try {
            expire();
            Overlay before = state;
            expect(change.ifVersion());
            Set<LiveField> touched = touched(change);
            if (drainsForGood && touched.contains(LiveField.DRAINING)) {
                throw new RefusedException(Why.CONFLICT, "The process is about to end: draining cannot be changed.");
            }
            // No reader wants more digits than that.
            Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
            Instant expiresAt = expiry(change, now);
            Overlay next = before.with(change, now, expiresAt);
            if (!change.dryRun() && next.version() != before.version()) {
                applyOrRestore(next);
                report(change, touched, before, expiresAt);
            }
            return new Outcome(
                    state.version(),
                    next.json(touched),
                    before.json(touched),
                    next.json(related(touched)),
                    expiresAt,
                    change.dryRun());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Checks that the configuration is still the one that a caller has seen.
     *
     * @param version null for any
     * @throws RefusedException with {@link Why#VERSION} if it is not
     */
    public void expect(@Nullable Long version) throws RefusedException {
        long current = state.version();
        if (version != null && version != current) {
            throw new RefusedException(
                    Why.VERSION, "The configuration is at version " + current + ", not " + version + ".");
        }
    }

    /**
     * Takes over what was set for the whole fleet.
     *
     * @param layers what counts before the others first
     * @param resets until when what was set here alone is to be dropped, by field
     * @param because what has happened, for the events
     */
    void shared(List<Layer> layers, Map<LiveField, Instant> resets, String because) {
        lock.lock();
        try {
            Overlay before = state;
            Overlay next = before.withShared(layers, resets);
            if (next.version() == before.version()) {
                return;
            }
            apply(next);
            String changes = inWords(
                    before,
                    next,
                    Stream.of(LiveField.values())
                            .filter(field -> !before.value(field).equals(next.value(field))));
            if (!changes.isEmpty()) {
                events.add("config", because + ": " + changes);
            }
        } finally {
            lock.unlock();
        }
    }

    /** What is in force, as it is now. */
    Overlay state() {
        return state;
    }

    /** The fields that a change is about. */
    static Set<LiveField> touched(Change change) {
        Set<LiveField> touched = EnumSet.noneOf(LiveField.class);
        touched.addAll(change.set().keySet());
        touched.addAll(change.reset());
        return touched;
    }

    static @Nullable Instant expiry(Change change, Instant now) throws RefusedException {
        Duration in = change.expiresIn();
        if (in == null) {
            return null;
        }
        if (in.compareTo(SHORTEST_OVERRIDE) < 0 || in.compareTo(LONGEST_OVERRIDE) > 0) {
            throw new RefusedException(List.of(new Fault("expires_in", "must be from 1s to 30d")));
        }
        return now.plus(in);
    }

    static Set<LiveField> related(Set<LiveField> touched) {
        Set<LiveField> related = EnumSet.noneOf(LiveField.class);
        touched.forEach(field -> related.addAll(LiveField.of(field.group())));
        return related;
    }

    private void applyOrRestore(Overlay next) throws RefusedException {
        try {
            apply(next);
        } catch (RuntimeException e) {
            LOG.warn("A change could not be made, what was before is restored", e);
            restore();
            throw new RefusedException(Why.UNAVAILABLE, "The change could not be made. See the log.");
        }
    }

    private void restore() {
        try {
            tellOthers(state, null);
        } catch (RuntimeException e) {
            // What failed a moment ago may well fail again; the first one that did not may have been changed.
            LOG.warn("What was before could not be restored: set the modes of the tiers again", e);
        }
    }

    private void apply(Overlay next) {
        tellOthers(next, state);
        live.cache(next.cache());
        live.queue(next.queue());
        live.rate(next.rate());
        state = next;
    }

    /** What is not ours and may fail. */
    private void tellOthers(Overlay next, @Nullable Overlay before) {
        if (before == null || next.mode(LiveField.L2_MODE) != before.mode(LiveField.L2_MODE)) {
            backend.mode("l2", next.mode(LiveField.L2_MODE));
        }
        if (before == null || next.mode(LiveField.L3_MODE) != before.mode(LiveField.L3_MODE)) {
            backend.mode("l3", next.mode(LiveField.L3_MODE));
        }
        if (before == null || next.flag(LiveField.DRAINING) != before.flag(LiveField.DRAINING)) {
            onDrain.accept(next.flag(LiveField.DRAINING));
        }
    }

    private void report(Change change, Set<LiveField> touched, Overlay before, @Nullable Instant expiresAt) {
        String fields = inWords(before, state, touched.stream());
        String until = expiresAt == null ? "" : ", until " + expiresAt;
        String kind = touched.contains(LiveField.DRAINING) ? "drain" : "config";
        events.add(kind, "version " + state.version() + ": " + fields + until + WarmUps.because(change.reason()));
    }

    private static String inWords(Overlay before, Overlay after, Stream<LiveField> fields) {
        return fields.map(field -> field.label() + " " + before.text(field) + " to " + after.text(field))
                .collect(joining(", "));
    }

    /** What is in force, the fields that can be changed first. */
    public List<InForce> inForce() {
        Overlay now = state;
        List<InForce> all = new ArrayList<>();
        Set<String> changeable = new HashSet<>();
        for (LiveField field : LiveField.values()) {
            changeable.add(field.setting());
            Overridden overridden = now.overridden(field);
            all.add(new InForce(
                    field,
                    field.label(),
                    field.json(now.value(field)),
                    now.text(field),
                    now.source(field).orElseGet(() -> source(field)),
                    overridden == null ? null : overridden.since(),
                    overridden == null ? null : overridden.expiresAt()));
        }
        for (StartupSetting setting : startup) {
            if (!changeable.contains(setting.name())) {
                all.add(new InForce(
                        null, setting.name(), setting.value(), setting.value(), setting.source(), null, null));
            }
        }
        return all;
    }

    private String source(LiveField field) {
        return startup.stream()
                .filter(setting -> setting.name().equals(field.setting()))
                .map(StartupSetting::source)
                .findFirst()
                .orElse("default");
    }

    /** Takes a sample of the traffic, and takes back what has expired. */
    void tick() {
        lock.lock();
        try {
            expire();
        } finally {
            lock.unlock();
        }
        try {
            history.add(clock.millis(), backend.traffic());
            watch.look(backend.tiers());
            rateWatch.look(backend.rateLimit());
            // Nobody may be asking, and what lets clients in is to be known when it does.
            boolean unused = warmUps.awaited();
        } catch (RuntimeException e) {
            // Thrown on, it would end the schedule without a word.
            LOG.warn("The second's sample could not be taken", e);
        }
    }

    private void expire() {
        Overlay before = state;
        Overlay left = before.withoutExpired(clock.instant());
        if (left.version() == before.version()) {
            return;
        }
        try {
            apply(left);
        } catch (RuntimeException e) {
            LOG.warn("What has expired could not be taken back; it is tried again in a second", e);
            return;
        }
        String fields = before.over().keySet().stream()
                .filter(field -> !left.over().containsKey(field))
                .map(field -> field.label() + " back to " + left.text(field))
                .collect(joining(", "));
        events.add("config", "version " + state.version() + ": expired, " + fields);
    }

    @Override
    public void close() {
        boolean unused = ticking.cancel(false);
    }
}
