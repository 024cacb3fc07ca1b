package io.tiercel.cache.fleet;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.FleetShares;
import io.tiercel.cache.tier.ScriptRunner;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The instances of a service that share a Redis, and this one among them: how many there are, what they say of
 * themselves, what each may use of what there is for all. Nothing but Redis is needed for it, so it works wherever the
 * instances run.
 *
 * <pre>{@code
 * RedisTier redis = RedisTier.connect("redis://10.0.0.5:7000");
 * Fleet fleet = Fleet.join(redis, FleetSettings.of("shop", hostName));
 * FleetBudget queries = fleet.budget("orders-db", 40);
 * }</pre>
 *
 * <p>Each instance tells Redis every few seconds that it lives, by one script that answers with all who do. While Redis
 * cannot be asked what was known last goes on to count, see {@link FleetView#known}. Close it before the tier: then the
 * others know at once that it has gone.
 *
 * <p>Thread-safe; but for {@link #close} nothing blocks.
 */
public final class Fleet implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Fleet.class);
    private static final Duration SOON = Duration.ofMillis(20);
    private static final Duration SHORT_OF_SHARE = Duration.ofMillis(500);
    private static final Duration GOODBYE = Duration.ofSeconds(1);

    private final FleetSettings settings;
    private final ScriptRunner scripts;
    private final Heartbeat heartbeat;
    private final InstantSource clock;
    private final Instant joinedAt;
    private final ScheduledExecutorService thread;
    private final FleetSize size;
    private final Map<String, FleetBudget> budgets = new ConcurrentHashMap<>();
    private final Map<String, LoadShares> shares = new ConcurrentHashMap<>();
    private final LoadShares unlimited = new LoadShares(this::size, null);
    private final List<Consumer<FleetView>> listeners = new CopyOnWriteArrayList<>();
    private final FleetConfig config;

    private volatile FleetView view;
    private volatile Member.State state = Member.State.WARMING;
    private volatile Supplier<Map<String, String>> facts = Map::of;
    private volatile long redisAheadMillis;
    private volatile boolean closed;

    // Confined to the thread.
    private long heardAt;
    private long beats;
    private boolean underWay;
    private boolean again;
    private boolean failing;
    private @Nullable ScheduledFuture<?> next;

    private Fleet(ScriptRunner scripts, FleetSettings settings, InstantSource clock) {
        this.settings = requireNonNull(settings, "settings");
        this.scripts = requireNonNull(scripts, "scripts");
        this.heartbeat = new Heartbeat(scripts, settings);
        this.clock = requireNonNull(clock, "clock");
        this.joinedAt = clock.instant();
        this.size = new FleetSize(settings.expected(), settings.hold().toNanos());
        this.view = new FleetView(List.of(), settings.expected(), false, Instant.EPOCH);
        this.heardAt = System.nanoTime();
        this.thread = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread made = new Thread(task, "tiercel-fleet-" + settings.fleet());
            made.setDaemon(true);
            return made;
        });
        this.config = new FleetConfig(scripts, settings, this::time, this::execute);
        config.onApplied(this::beatSoon);
    }

    /** Joins; returns at once, also when Redis cannot be asked. */
    public static Fleet join(ScriptRunner redis, FleetSettings settings) {
        Fleet fleet = new Fleet(redis, settings, InstantSource.system());
        fleet.beatSoon();
        return fleet;
    }

    /** How this instance belongs to it. */
    public FleetSettings settings() {
        return settings;
    }

    /** The fleet as it was described last. */
    public FleetView view() {
        return view;
    }

    /** By how many everything is to be divided; at least 1. */
    public int size() {
        return view.size();
    }

    /** What the fleet's operators have set. */
    public FleetConfig config() {
        return config;
    }

    /** A text that all instances share under that name. */
    public FleetCell cell(String name) {
        return new FleetCell(scripts, settings, requireNonNull(name, "name"));
    }

    /**
     * What the fleet was and did, slot by slot; to be asked for once.
     *
     * @param slot how long each is, the same in all instances; at least 100 ms
     * @param wait how long after a slot's end its entry is written: what was counted in it has then reached the others, so
     *     longer than it takes to look, and a heartbeat. Shorter than the slot
     * @param kept for how long entries are kept; at least a slot
     * @throws IllegalArgumentException if the times are not so
     */
    public FleetLog log(Duration slot, Duration wait, Duration kept) {
        return new FleetLog(scripts, this, slot, wait, kept);
    }

    /** The time by Redis' clock, as far as it is known: the same in all instances, whatever their own clocks say. */
    public Instant time() {
        return clock.instant().plusMillis(redisAheadMillis);
    }

    /** Says what this instance is doing; the others are told soon. */
    public void state(Member.State state) {
        if (this.state != requireNonNull(state, "state")) {
            this.state = state;
            beatSoon();
        }
    }

    /** What this instance is doing. */
    public Member.State state() {
        return state;
    }

    /** Sets what the others are told of this instance, asked for at each heartbeat; short, and no secrets. */
    public void facts(Supplier<Map<String, String>> facts) {
        this.facts = requireNonNull(facts, "facts");
    }

    /** Told after each heartbeat, also after one that failed, on a thread that must not be kept. */
    public void listen(Consumer<FleetView> listener) {
        listeners.add(requireNonNull(listener, "listener"));
    }

    /**
     * This instance's share of something; the same object for the same name.
     *
     * @param name the same in all instances; 1 to 100 characters without control characters
     * @param limit what there is for all together, the same in all instances; 1 to 1,000,000
     * @throws IllegalArgumentException if the arguments are not so, or the name is known with another limit
     */
    public FleetBudget budget(String name, int limit) {
        if (name.isEmpty() || name.length() > 100 || name.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("name must be 1 to 100 characters, none of them a control character");
        }
        if (limit < 1 || limit > 1_000_000) {
            throw new IllegalArgumentException("limit must be from 1 to 1000000: " + limit);
        }
        FleetBudget budget = budgets.computeIfAbsent(name, n -> new FleetBudget(n, limit, settings.expected()));
        if (budget.limit() != limit) {
            throw new IllegalArgumentException(
                    "the budget " + name + " is known with a limit of " + budget.limit() + ", not " + limit);
        }
        beatSoon();
        return budget;
    }

    /**
     * This instance's share of what a source stands, for the caches that load from it: what all instances load from it at
     * once never adds up to more. For {@link io.tiercel.cache.TieredCacheBuilder#fleet}; the same object for the same name.
     *
     * @param source what the budget is called, which is then used for nothing else; as in {@link #budget}
     * @param limit how many loader calls there may be at once in all instances together; as in {@link #budget}
     */
    public FleetShares shares(String source, int limit) {
        FleetBudget budget = budget(source, limit);
        return shares.computeIfAbsent(source, name -> LoadShares.of(this::size, budget));
    }

    /** As {@link #shares(String, int)} without a limit: caches only learn how many instances there are. */
    public FleetShares shares() {
        return unlimited;
    }

    /** Tells Redis soon, so that what has changed here is known before the next heartbeat is due. */
    public void beatSoon() {
        execute(() -> schedule(SOON));
    }

    private void execute(Runnable task) {
        try {
            thread.execute(() -> {
                try {
                    task.run();
                } catch (RuntimeException e) {
                    log.error("fleet {}: a step failed", settings.fleet(), e);
                }
            });
        } catch (RejectedExecutionException e) {
            task.run(); // closed, and somebody may wait for it
        }
    }

    private void schedule(Duration in) {
        ScheduledFuture<?> planned = next;
        if (planned != null && !planned.isDone() && planned.getDelay(TimeUnit.MILLISECONDS) <= in.toMillis()) {
            return;
        }
        if (planned != null) {
            boolean unused = planned.cancel(false);
        }
        if (!closed) {
            next = thread.schedule(this::beat, in.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void beat() {
        if (closed) {
            return;
        }
        if (underWay) {
            again = true;
            return;
        }
        underWay = true;
        long number = ++beats;
        Instant sent = clock.instant();
        CompletableFuture<Heartbeat.Answer> answer;
        try {
            Map<String, String> said = new LinkedHashMap<>(facts.get());
            said.put("config", Long.toString(config.applied()));
            Instant joined = joinedAt.plusMillis(redisAheadMillis);
            answer = heartbeat.send(Member.encode(state, joined, said), false, size.size(), claims());
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        var unused = answer.whenComplete((heard, failure) -> execute(() -> {
            if (number == beats) {
                done(heard, failure, sent);
            }
        }));
    }

    private Map<String, Heartbeat.Claim> claims() {
        Map<String, Heartbeat.Claim> claims = new LinkedHashMap<>();
        budgets.forEach((name, budget) -> claims.put(name, budget.claim()));
        return claims;
    }

    private void done(Heartbeat.@Nullable Answer heard, @Nullable Throwable failure, Instant sent) {
        underWay = false;
        boolean soon = again;
        again = false;
        long now = System.nanoTime();
        if (heard == null) {
            if (!failing) {
                failing = true;
                log.warn(
                        "fleet {}: Redis was not reached, what is known of the fleet goes on to count: {}",
                        settings.fleet(),
                        failure == null ? "" : failure.getMessage());
            }
            budgets.values().forEach(FleetBudget::unheard);
            FleetView last = view;
            boolean known = last.known() && now - heardAt < settings.silence().toNanos();
            view = new FleetView(last.members(), last.size(), known, last.at());
        } else {
            if (failing) {
                failing = false;
                log.info("fleet {}: Redis is reached again", settings.fleet());
            }
            heardAt = now;
            Instant middle =
                    sent.plusMillis(Duration.between(sent, clock.instant()).toMillis() / 2);
            redisAheadMillis = Duration.between(middle, heard.now()).toMillis();
            view = new FleetView(heard.members(), size.see(heard.members().size(), now), true, heard.now());
            for (Map.Entry<String, Heartbeat.Grant> grant : heard.grants().entrySet()) {
                FleetBudget budget = requireNonNull(budgets.get(grant.getKey()));
                soon |= budget.granted(grant.getValue());
            }
            config.heard(heard.version());
        }
        FleetView told = view;
        for (Consumer<FleetView> listener : listeners) {
            try {
                listener.accept(told);
            } catch (RuntimeException e) {
                log.error("fleet {}: a listener failed", settings.fleet(), e);
            }
        }
        schedule(pause(soon));
    }

    private Duration pause(boolean soon) {
        if (soon) {
            return SOON;
        }
        long usual = settings.heartbeat().toMillis();
        long pause = usual - usual / 10 + ThreadLocalRandom.current().nextLong(usual / 10 + 1);
        boolean isShort = budgets.values().stream().anyMatch(FleetBudget::isShort);
        return Duration.ofMillis(isShort ? Math.min(pause, SHORT_OF_SHARE.toMillis()) : pause);
    }

    /** Leaves: waits for up to a second until Redis knows. What was known stays to be seen. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        config.close();
        thread.shutdownNow();
        try {
            heartbeat
                    .send(Member.encode(state, joinedAt, Map.of()), true, size.size(), claims())
                    .completeOnTimeout(null, GOODBYE.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } catch (RuntimeException e) {
            log.debug("fleet {}: Redis was not told of the end", settings.fleet(), e);
        }
    }
}
