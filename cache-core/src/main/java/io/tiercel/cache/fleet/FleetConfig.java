package io.tiercel.cache.fleet;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.Script;
import io.tiercel.cache.tier.ScriptRunner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What operators have set for all instances of a fleet: one document in Redis that is only changed field by field. Every
 * instance hears of a change by Redis' own notice that the key was written, and by its heartbeat if that is lost. What has
 * an end counts until then in each instance by itself, whether the one that set it still lives or not.
 *
 * <p>A Redis that comes back without its memory is told again by whoever knows most.
 *
 * <p>Thread-safe; nothing blocks.
 */
public final class FleetConfig {
    private static final Logger log = LoggerFactory.getLogger(FleetConfig.class);
    /** How much later than its end somebody takes a field out of the document. */
    private static final Duration TAKEN_OUT_AFTER = Duration.ofSeconds(1);

    private static final int MOST_REVISIONS = 100;

    private final ScriptRunner scripts;
    private final FleetSettings settings;
    private final Supplier<Instant> time;
    private final Executor executor;
    private final List<String> keys;
    private final List<Consumer<FleetDocument>> listeners = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicLong applied = new AtomicLong();
    private volatile FleetDocument document = FleetDocument.NONE;
    private volatile boolean reading;
    private volatile boolean again;
    private volatile Runnable told = () -> {};
    private volatile @Nullable ChangeFeed feed;

    /** @param time by Redis' clock */
    FleetConfig(ScriptRunner scripts, FleetSettings settings, Supplier<Instant> time, Executor executor) {
        this.scripts = scripts;
        this.settings = settings;
        this.time = time;
        this.executor = executor;
        this.keys = List.of(settings.key("config"), settings.key("config-history"), settings.key("config-audit"));
    }

    /** What is set, as far as it is known here. */
    public FleetDocument document() {
        return document;
    }

    /** The version that the listeners have been told of, which is what the others hear of this instance. */
    public long applied() {
        return applied.get();
    }

    /**
     * Told of each new version, one after the other, on a thread that must not be kept. When all have been told without an
     * exception it counts as applied.
     */
    public void listen(Consumer<FleetDocument> listener) {
        listeners.add(requireNonNull(listener, "listener"));
    }

    /** Hears of changes by the tier's notices from now on, and not by heartbeats alone. */
    public void watch(RemoteTier tier) {
        String prefix = settings.key("config");
        ChangeFeed opened = tier.changes(List.of(prefix), Duration.ofSeconds(1), key -> {
            if (key.equals(prefix)) {
                executor.execute(this::look);
            }
        });
        feed = opened;
        if (opened == null) {
            log.info("fleet {}: the tier tells of no changes: only heartbeats do", settings.fleet());
        }
    }

    /** Begins with what was known in an earlier life, if nothing newer is known yet. */
    public void begin(FleetDocument known) {
        take(known);
    }

    /** Reads what is set now. */
    public CompletableFuture<FleetDocument> read() {
        return run(ConfigScripts.READ, List.of());
    }

    /**
     * Makes a change, whole or not at all.
     *
     * @return what is set after it, when the listeners here have been told; fails with a {@link FleetVersionException} if it was meant for another version, with
     *     a {@link io.tiercel.cache.tier.TierException} if Redis cannot be asked
     */
    public CompletableFuture<FleetDocument> patch(FleetPatch patch) {
        Duration life = patch.expiresIn();
        Long ifVersion = patch.ifVersion();
        List<String> arguments = new ArrayList<>(List.of(
                ifVersion == null ? "" : ifVersion.toString(),
                Long.toString(life == null ? 0 : life.toMillis()),
                settings.pod(),
                patch.by(),
                patch.reason(),
                Integer.toString(patch.set().size())));
        patch.set().forEach((name, value) -> {
            arguments.add(name);
            arguments.add(value);
        });
        arguments.addAll(patch.remove());
        return run(ConfigScripts.PATCH, arguments, ifVersion);
    }

    /** The last changes, the latest first; 1 to 100 of them. */
    public CompletableFuture<List<FleetRevision>> history(int most) {
        int limit = Math.max(1, Math.min(most, MOST_REVISIONS));
        return scripts.run(ConfigScripts.HISTORY, List.of(keys.get(1)), List.of(Integer.toString(limit - 1)))
                .thenApply(entries -> {
                    List<FleetRevision> revisions = new ArrayList<>();
                    entries.forEach(entry -> revisions.add(revision(Netstrings.split(entry))));
                    return revisions;
                });
    }

    private static FleetRevision revision(List<String> parts) {
        return new FleetRevision(
                Instant.ofEpochMilli(Long.parseLong(parts.get(0))),
                parts.get(1),
                parts.get(2),
                parts.get(3),
                parts.get(4),
                FleetDocument.of(Long.parseLong(parts.get(5)), parts.subList(6, parts.size())));
    }

    private CompletableFuture<FleetDocument> run(Script script, List<String> arguments) {
        return run(script, arguments, null);
    }

    private CompletableFuture<FleetDocument> run(Script script, List<String> arguments, @Nullable Long ifVersion) {
        CompletableFuture<FleetDocument> done = new CompletableFuture<>();
        var unused = scripts.run(script, keys, arguments)
                .whenComplete((answer, failure) -> executor.execute(() -> {
                    if (failure != null) {
                        done.completeExceptionally(failure);
                        return;
                    }
                    try {
                        long version = Long.parseLong(answer.get(1));
                        FleetDocument now = FleetDocument.of(version, answer.subList(3, answer.size()));
                        take(now);
                        if (answer.get(0).equals("conflict")) {
                            done.completeExceptionally(new FleetVersionException(version, requireNonNull(ifVersion)));
                        } else {
                            done.complete(now);
                        }
                    } catch (RuntimeException e) {
                        done.completeExceptionally(e);
                    }
                }));
        return done;
    }

    /** A heartbeat said which version there is. */
    void heard(long version) {
        FleetDocument known = document;
        if (version > known.version()) {
            look();
        } else if (version == 0 && known.version() > 0) {
            restore(known);
        } else if (version < known.version()) {
            log.warn(
                    "fleet {}: Redis has version {} of the configuration, older than {}: it is taken as it is",
                    settings.fleet(),
                    version,
                    known.version());
            replace();
        } else if (hasExpired(known)) {
            var unused = run(ConfigScripts.EXPIRE, List.of(settings.pod())).exceptionally(this::failed);
        }
    }

    private boolean hasExpired(FleetDocument known) {
        Instant then = time.get().minus(TAKEN_OUT_AFTER);
        return known.fields().values().stream().anyMatch(field -> field.isExpiredAt(then));
    }

    private void look() {
        if (reading) {
            again = true;
            return;
        }
        reading = true;
        var unused = read().handle((now, failure) -> {
            if (failure != null) {
                FleetDocument unusedToo = failed(failure);
            }
            executor.execute(() -> {
                reading = false;
                if (again) {
                    again = false;
                    look();
                }
            });
            return null;
        });
    }

    /** A failover may have lost the last changes; whatever Redis says counts for all alike. */
    private void replace() {
        document = FleetDocument.NONE;
        applied.set(0);
        look();
    }

    private void restore(FleetDocument known) {
        List<String> arguments = new ArrayList<>(List.of(settings.pod(), Long.toString(known.version())));
        known.fields().forEach((name, field) -> {
            arguments.add(name);
            arguments.add(field.raw());
        });
        log.warn(
                "fleet {}: Redis has lost the configuration, version {} is put back",
                settings.fleet(),
                known.version());
        var unused = run(ConfigScripts.RESTORE, arguments).exceptionally(this::failed);
    }

    private @Nullable FleetDocument failed(Throwable failure) {
        log.debug(
                "fleet {}: the configuration was not read; the next heartbeat tries again", settings.fleet(), failure);
        return null;
    }

    private void take(FleetDocument now) {
        lock.lock();
        try {
            if (now.version() <= document.version()) {
                return;
            }
            document = now;
            boolean all = true;
            for (Consumer<FleetDocument> listener : listeners) {
                try {
                    listener.accept(now);
                } catch (RuntimeException e) {
                    all = false;
                    log.error("fleet {}: version {} was not applied", settings.fleet(), now.version(), e);
                }
            }
            if (all) {
                applied.set(now.version());
            }
        } finally {
            lock.unlock();
        }
        told.run();
    }

    /** What is to be done when a version has been applied. */
    void onApplied(Runnable told) {
        this.told = told;
    }

    void close() {
        ChangeFeed open = feed;
        if (open != null) {
            open.close();
        }
    }
}
