package io.tiercel.cache.tier.memcached;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.Replacement;
import io.tiercel.cache.tier.TierEntry;
import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.TierException.Kind;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import net.spy.memcached.MemcachedNode;
import net.spy.memcached.OperationFactory;
import net.spy.memcached.ops.Operation;
import net.spy.memcached.ops.StatusCode;
import net.spy.memcached.ops.StoreType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Memcached as a tier, over spymemcached's binary protocol. Each key lives on one server; while that server is away,
 * its keys fail at once and those of the others don't notice. Nothing is sent twice.
 *
 * <p>A server that hangs costs each operation its timeout, until some twenty in a row failed so; then its connection is
 * opened anew and everything fails at once for about a second. No call waits for room in a queue: what does not fit
 * fails.
 *
 * <p>Host names are resolved once, at {@code connect}: when a server's address changes, the tier must be made anew.
 * Times to live are rounded up to whole seconds.
 */
public final class MemcachedTier implements RemoteTier {
    private static final Logger log = LoggerFactory.getLogger(MemcachedTier.class);
    private static final int NO_FLAGS = 0;
    private static final int MOST_TRIES = 8;

    private final MemcachedConfig config;
    private final SpyConnection connection;
    private final OperationFactory operations;
    private final ScheduledThreadPoolExecutor timer;
    private final Clock clock = Clock.systemUTC();
    private final AtomicBoolean closed = new AtomicBoolean();

    private MemcachedTier(MemcachedConfig config, SpyConnection connection, ScheduledThreadPoolExecutor timer) {
        this.config = config;
        this.connection = connection;
        this.operations = connection.operations();
        this.timer = timer;
    }

    /** Connects with the defaults of {@link MemcachedConfig#of}. */
    public static MemcachedTier connect(String... servers) {
        return connect(MemcachedConfig.of(servers));
    }

    /**
     * Starts to connect. Servers that don't answer are found when they do; only the look-up of their names blocks.
     *
     * @throws TierException if a host name cannot be resolved
     */
    public static MemcachedTier connect(MemcachedConfig config) {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "tiercel-" + config.name() + "-timer");
            thread.setDaemon(true);
            return thread;
        });
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(true);
        return new MemcachedTier(config, SpyConnection.open(config), timer);
    }

    @Override
    public String name() {
        return config.name();
    }

    @Override
    public Duration timeout() {
        return config.timeout();
    }

    @Override
    public String node(String key) {
        return connection.addressOf(map(key));
    }

    @Override
    public int maximumValueBytes() {
        return config.maximumValueBytes();
    }

    @Override
    public CompletableFuture<byte @Nullable []> get(String key) {
        String mapped = map(key);
        return ask("GET", mapped, question -> operations.get(mapped, question)).thenApply(Reply::data);
    }

    @Override
    public CompletableFuture<List<Outcome<byte[]>>> getAll(List<String> keys) {
        List<String> mapped = keys.stream().map(MemcachedTier::map).toList();
        Map<MemcachedNode, Set<String>> byNode = new LinkedHashMap<>();
        for (String key : mapped) {
            byNode.computeIfAbsent(connection.nodeOf(key), node -> new LinkedHashSet<>())
                    .add(key);
        }
        Map<String, CompletableFuture<Outcome<byte[]>>> byKey = new LinkedHashMap<>();
        long deadline = deadline();
        byNode.forEach((node, own) -> {
            Question question = new Question(config.name(), "GET", true);
            submit(node, operations.get(own, question), question, deadline);
            CompletableFuture<Map<String, Outcome<byte[]>>> outcomes =
                    question.reply().handle((reply, failure) -> outcomes(own, question, failure));
            own.forEach(key -> byKey.put(key, outcomes.thenApply(all -> requireNonNull(all.get(key)))));
        });
        return all(mapped.stream().map(key -> requireNonNull(byKey.get(key))).toList());
    }

    @Override
    public CompletableFuture<Void> put(String key, byte[] value, Duration ttl) {
        String mapped = map(key);
        requireNonNull(value, "value");
        requirePositive(ttl);
        return store(StoreType.set, "SET", mapped, value, ttl, deadline()).thenAccept(stored -> {});
    }

    @Override
    public CompletableFuture<List<Outcome<Void>>> putAll(List<TierEntry> entries) {
        long deadline = deadline();
        return new Pipeline<TierEntry, Void>(
                        connection,
                        window(),
                        entries,
                        entry -> map(entry.key()),
                        entry -> store(StoreType.set, "SET", map(entry.key()), entry.value(), entry.ttl(), deadline)
                                .thenAccept(stored -> {}))
                .run();
    }

    @Override
    public CompletableFuture<Boolean> remove(String key) {
        return delete(map(key), 0, deadline()).thenApply(Reply::isSuccess);
    }

    @Override
    public CompletableFuture<List<Outcome<Boolean>>> removeAll(List<String> keys) {
        long deadline = deadline();
        return new Pipeline<String, Boolean>(
                        connection,
                        window(),
                        keys,
                        MemcachedTier::map,
                        key -> delete(map(key), 0, deadline).thenApply(Reply::isSuccess))
                .run();
    }

    @Override
    public CompletableFuture<byte @Nullable []> putIfAbsent(String key, byte[] value, Duration ttl) {
        requireNonNull(value, "value");
        requirePositive(ttl);
        return putIfAbsent(map(key), value, ttl, deadline(), MOST_TRIES);
    }

    @Override
    public CompletableFuture<Boolean> replaceIfStartsWith(String key, byte[] prefix, byte[] value, Duration ttl) {
        requireNonNull(prefix, "prefix");
        requireNonNull(value, "value");
        requirePositive(ttl);
        return replace(map(key), prefix, value, ttl, deadline());
    }

    @Override
    public CompletableFuture<Boolean> removeIfStartsWith(String key, byte[] prefix) {
        requireNonNull(prefix, "prefix");
        String mapped = map(key);
        long deadline = deadline();
        return change("DELETE", mapped, prefix, deadline, MOST_TRIES, cas -> delete(mapped, cas, deadline));
    }

    @Override
    public CompletableFuture<List<Outcome<byte[]>>> putAllIfAbsent(List<TierEntry> entries) {
        long deadline = deadline();
        return new Pipeline<TierEntry, byte[]>(
                        connection,
                        window(),
                        entries,
                        entry -> map(entry.key()),
                        entry -> putIfAbsent(map(entry.key()), entry.value(), entry.ttl(), deadline, MOST_TRIES))
                .run();
    }

    @Override
    public CompletableFuture<List<Outcome<Boolean>>> replaceAllIfStartsWith(List<Replacement> replacements) {
        long deadline = deadline();
        return new Pipeline<Replacement, Boolean>(
                        connection,
                        window(),
                        replacements,
                        one -> map(one.key()),
                        one -> replace(map(one.key()), one.prefix(), one.value(), one.ttl(), deadline))
                .run();
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            connection.shutdown();
        } catch (IOException e) {
            log.debug("{}: while closing", config.name(), e);
        }
        timer.shutdown(); // what is under way ends at its own deadline
        if (Thread.currentThread() != connection) {
            try {
                connection.join(1_000);
                boolean ended = timer.awaitTermination(config.timeout().toMillis() + 1_000, TimeUnit.MILLISECONDS);
                log.debug("{}: closed, timer ended: {}", config.name(), ended);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public String toString() {
        return "MemcachedTier[" + config + "]";
    }

    private CompletableFuture<byte @Nullable []> putIfAbsent(
            String mapped, byte[] value, Duration ttl, long deadline, int tries) {
        return store(StoreType.add, "ADD", mapped, value, ttl, deadline).thenCompose(added -> {
            if (added.isSuccess()) {
                return CompletableFuture.completedFuture(null);
            }
            return ask("GET", mapped, deadline, question -> operations.get(mapped, question))
                    .thenCompose(found -> {
                        if (found.data() != null) {
                            return CompletableFuture.completedFuture(found.data());
                        }
                        return tries == 1
                                ? CompletableFuture.failedFuture(contended("ADD"))
                                : putIfAbsent(mapped, value, ttl, deadline, tries - 1);
                    });
        });
    }

    private CompletableFuture<Boolean> replace(
            String mapped, byte[] prefix, byte[] value, Duration ttl, long deadline) {
        return change("CAS", mapped, prefix, deadline, MOST_TRIES, cas -> {
            TierException tooLong = tooLong(value);
            return tooLong != null
                    ? CompletableFuture.failedFuture(tooLong)
                    : ask(
                            "CAS",
                            mapped,
                            deadline,
                            question -> operations.cas(
                                    StoreType.set,
                                    mapped,
                                    cas,
                                    NO_FLAGS,
                                    Expiry.of(ttl, clock.instant()),
                                    value,
                                    question));
        });
    }

    /** Applies the change to the version that was found, and looks again when another one was written meanwhile. */
    private CompletableFuture<Boolean> change(
            String name,
            String mapped,
            byte[] prefix,
            long deadline,
            int tries,
            Function<Long, CompletableFuture<Reply>> change) {
        return ask("GETS", mapped, deadline, question -> operations.gets(mapped, question))
                .thenCompose(found -> {
                    if (!startsWith(found.data(), prefix)) {
                        return CompletableFuture.completedFuture(false);
                    }
                    return change.apply(found.cas()).thenCompose(changed -> {
                        if (changed.code() != StatusCode.ERR_EXISTS) {
                            return CompletableFuture.completedFuture(changed.isSuccess());
                        }
                        return tries == 1
                                ? CompletableFuture.failedFuture(contended(name))
                                : change(name, mapped, prefix, deadline, tries - 1, change);
                    });
                });
    }

    private CompletableFuture<Reply> store(
            StoreType type, String name, String mapped, byte[] value, Duration ttl, long deadline) {
        TierException tooLong = tooLong(value);
        if (tooLong != null) {
            return CompletableFuture.failedFuture(tooLong);
        }
        int expiry = Expiry.of(ttl, clock.instant());
        return ask(
                name, mapped, deadline, question -> operations.store(type, mapped, NO_FLAGS, expiry, value, question));
    }

    private CompletableFuture<Reply> delete(String mapped, long cas, long deadline) {
        return ask("DELETE", mapped, deadline, question -> operations.delete(mapped, cas, question));
    }

    private CompletableFuture<Reply> ask(String name, String mapped, Function<Question, Operation> operation) {
        return ask(name, mapped, deadline(), operation);
    }

    private CompletableFuture<Reply> ask(
            String name, String mapped, long deadline, Function<Question, Operation> operation) {
        Question question = new Question(config.name(), name, false);
        submit(connection.nodeOf(mapped), operation.apply(question), question, deadline);
        return question.reply();
    }

    /** A future of spymemcached would never time out; neither does it count timeouts that nobody waits for. */
    private void submit(MemcachedNode node, Operation operation, Question question, long deadline) {
        long left = deadline - System.nanoTime();
        if (closed.get()) {
            question.fail(Kind.UNAVAILABLE, "closed");
            return;
        }
        if (left <= 0) {
            question.fail(Kind.TIMEOUT, "no answer in time");
            return;
        }
        try {
            ScheduledFuture<?> end = timer.schedule(() -> giveUp(operation), left, TimeUnit.NANOSECONDS);
            var unused = question.reply().whenComplete((reply, failure) -> {
                end.cancel(false);
                if (failure == null) {
                    node.setContinuousTimeout(false);
                }
            });
            connection.submit(node, operation);
        } catch (RejectedExecutionException e) {
            question.fail(Kind.UNAVAILABLE, "closed");
        } catch (IllegalStateException e) {
            if (closed.get()) {
                question.fail(Kind.UNAVAILABLE, "closed");
            } else {
                question.fail(Kind.CROWDED, "too many operations are waiting for " + node.getSocketAddress());
            }
        }
    }

    private void giveUp(Operation operation) {
        if (closed.get()) {
            operation.cancel();
            return;
        }
        operation.timeOut();
        Question.noteTimeout(operation);
    }

    private Map<String, Outcome<byte[]>> outcomes(
            Iterable<String> keys, Question question, @Nullable Throwable failure) {
        Map<String, byte[]> found = question.foundSoFar();
        Map<String, Outcome<byte[]>> outcomes = new LinkedHashMap<>();
        for (String key : keys) {
            byte[] data = found.get(key);
            outcomes.put(key, data == null && failure != null ? Outcome.failed(failure) : Outcome.done(data));
        }
        return outcomes;
    }

    static <T> CompletableFuture<List<Outcome<T>>> all(List<CompletableFuture<Outcome<T>>> outcomes) {
        return CompletableFuture.allOf(outcomes.toArray(CompletableFuture[]::new))
                .thenApply(
                        done -> outcomes.stream().map(CompletableFuture::join).toList());
    }

    private @Nullable TierException tooLong(byte[] value) {
        return value.length <= config.maximumValueBytes()
                ? null
                : new TierException(
                        Kind.REFUSED,
                        config.name() + ": a value of " + value.length + " bytes is over maximumValueBytes, "
                                + config.maximumValueBytes());
    }

    private TierException contended(String name) {
        return new TierException(
                Kind.REFUSED,
                config.name() + ": " + name + " failed: the key changed " + MOST_TRIES + " times meanwhile");
    }

    private static boolean startsWith(byte @Nullable [] data, byte[] prefix) {
        return data != null
                && data.length >= prefix.length
                && Arrays.equals(data, 0, prefix.length, prefix, 0, prefix.length);
    }

    private static String map(String key) {
        return MemcachedKeys.map(requireNonNull(key, "key"));
    }

    private int window() {
        return Math.max(1, config.queueSize() / 2); // room for what others send meanwhile
    }

    private long deadline() {
        return System.nanoTime() + config.timeout().toNanos();
    }

    private static void requirePositive(Duration ttl) {
        if (ttl.isZero() || ttl.isNegative()) {
            throw new IllegalArgumentException("ttl must be positive: " + ttl);
        }
    }
}
