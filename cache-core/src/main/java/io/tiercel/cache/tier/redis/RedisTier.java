package io.tiercel.cache.tier.redis;

import static java.util.Objects.requireNonNull;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.Replacement;
import io.tiercel.cache.tier.Script;
import io.tiercel.cache.tier.ScriptRunner;
import io.tiercel.cache.tier.TierEntry;
import io.tiercel.cache.tier.TierException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Redis as a tier: one server or a cluster, over Lettuce. Everything is read from and written to the primaries.
 *
 * <p>A node that is not connected fails its operations at once, and only its own; a node that hangs costs the timeout
 * until, about a second later, the connection is given up and it fails at once too. Both are found again by themselves.
 * A write that ran into its timeout may have been done.
 */
public final class RedisTier implements RemoteTier, ScriptRunner {
    private static final int LONGEST_VALUE = 512 * 1024 * 1024;

    private final RedisConfig config;
    private final LettuceRuntime runtime;
    private final RedisFailures failures;
    private final LinkHolder holder;
    private final EpochBus bus;
    /** Until a server says that it is older than Redis 7.0. */
    private volatile boolean setReturnsOld = true;

    private RedisTier(RedisConfig config, LettuceRuntime runtime, LinkHolder holder) {
        this.config = config;
        this.runtime = runtime;
        this.failures = new RedisFailures(config.name());
        this.holder = holder;
        this.bus = new EpochBus(config, runtime, holder::link);
    }

    /** Connects as {@link #connect(RedisConfig)} does, with {@link RedisConfig#of(String)}. */
    public static RedisTier connect(String uri) {
        return connect(RedisConfig.of(uri));
    }

    /**
     * Connects, and blocks meanwhile for about a second at most per address.
     *
     * @throws TierException if no server answers and {@link RedisConfig#startWithoutServer} is not set, or the server
     *     refuses the credentials
     * @throws IllegalArgumentException if the options don't fit the server
     */
    public static RedisTier connect(RedisConfig config) {
        return connect(config, channel -> {});
    }

    static RedisTier connect(RedisConfig config, Consumer<Channel> channelHook) {
        LettuceRuntime runtime = new LettuceRuntime(requireNonNull(config, "config"), channelHook);
        try {
            return new RedisTier(config, runtime, LinkHolder.connect(config, new RedisConnector(config, runtime)));
        } catch (RuntimeException e) {
            runtime.close();
            throw e;
        }
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
        RedisLink link = holder.link();
        String address = link == null ? null : link.addressOf(key(key));
        return address == null ? config.name() : address;
    }

    @Override
    public int maximumValueBytes() {
        return LONGEST_VALUE;
    }

    @Override
    public CompletableFuture<byte @Nullable []> get(String key) {
        byte[] bytes = key(key);
        return send("GET", bytes, Commands.get(bytes));
    }

    @Override
    public CompletableFuture<List<Outcome<byte[]>>> getAll(List<String> keys) {
        List<byte[]> bytes = keys(keys);
        return bulk("GET", bytes, i -> Commands.get(bytes.get(i)), value -> value);
    }

    @Override
    public CompletableFuture<Void> put(String key, byte[] value, Duration ttl) {
        byte[] bytes = key(key);
        requireNonNull(value, "value");
        requirePositive(ttl);
        return send("PSETEX", bytes, Commands.put(bytes, value, ttl)).thenApply(ok -> null);
    }

    @Override
    public CompletableFuture<List<Outcome<Void>>> putAll(List<TierEntry> entries) {
        List<TierEntry> all = List.copyOf(entries);
        List<byte[]> bytes = all.stream().map(entry -> key(entry.key())).toList();
        return bulk(
                "PSETEX",
                bytes,
                i -> Commands.put(bytes.get(i), all.get(i).value(), all.get(i).ttl()),
                ok -> null);
    }

    @Override
    public CompletableFuture<Boolean> remove(String key) {
        byte[] bytes = key(key);
        return send("UNLINK", bytes, Commands.remove(bytes)).thenApply(RedisTier::isOne);
    }

    @Override
    public CompletableFuture<List<Outcome<Boolean>>> removeAll(List<String> keys) {
        List<byte[]> bytes = keys(keys);
        return bulk("UNLINK", bytes, i -> Commands.remove(bytes.get(i)), RedisTier::isOne);
    }

    @Override
    public CompletableFuture<byte @Nullable []> putIfAbsent(String key, byte[] value, Duration ttl) {
        byte[] bytes = key(key);
        requireNonNull(value, "value");
        requirePositive(ttl);
        if (!setReturnsOld) {
            return putIfAbsentByScript(bytes, value, ttl);
        }
        return send("SET", bytes, Commands.putIfAbsent(bytes, value, ttl)).exceptionallyCompose(failure -> {
            return isTooOldForSet(failure)
                    ? putIfAbsentByScript(bytes, value, ttl)
                    : CompletableFuture.failedFuture(RedisFailures.unwrap(failure));
        });
    }

    @Override
    public CompletableFuture<Boolean> replaceIfStartsWith(String key, byte[] prefix, byte[] value, Duration ttl) {
        byte[] bytes = key(key);
        requireNonNull(prefix, "prefix");
        requireNonNull(value, "value");
        requirePositive(ttl);
        return script(Commands.REPLACE_IF_STARTS_WITH, Commands::number, bytes, prefix, value, Commands.decimal(ttl))
                .thenApply(RedisTier::isOne);
    }

    @Override
    public CompletableFuture<Boolean> removeIfStartsWith(String key, byte[] prefix) {
        byte[] bytes = key(key);
        requireNonNull(prefix, "prefix");
        return script(Commands.REMOVE_IF_STARTS_WITH, Commands::number, bytes, prefix)
                .thenApply(RedisTier::isOne);
    }

    @Override
    public CompletableFuture<List<Outcome<byte[]>>> putAllIfAbsent(List<TierEntry> entries) {
        List<TierEntry> all = List.copyOf(entries);
        List<byte[]> bytes = all.stream().map(entry -> key(entry.key())).toList();
        Scripted<byte[]> script = new Scripted<>(Commands.PUT_IF_ABSENT, Commands::bytes, bytes, i ->
                new byte[][] {all.get(i).value(), Commands.decimal(all.get(i).ttl())});
        if (!setReturnsOld) {
            return bulk("EVALSHA", bytes, script::evalSha, value -> value, script.otherwise());
        }
        return bulk(
                "SET",
                bytes,
                i -> Commands.putIfAbsent(
                        bytes.get(i), all.get(i).value(), all.get(i).ttl()),
                value -> value,
                new RedisBulk.Otherwise<>(this::isTooOldForSet, script::eval));
    }

    @Override
    public CompletableFuture<List<Outcome<Boolean>>> replaceAllIfStartsWith(List<Replacement> replacements) {
        List<Replacement> all = List.copyOf(replacements);
        List<byte[]> bytes = all.stream().map(one -> key(one.key())).toList();
        Scripted<Long> script =
                new Scripted<>(Commands.REPLACE_IF_STARTS_WITH, Commands::number, bytes, i -> new byte[][] {
                    all.get(i).prefix(),
                    all.get(i).value(),
                    Commands.decimal(all.get(i).ttl())
                });
        return bulk("EVALSHA", bytes, script::evalSha, RedisTier::isOne, script.otherwise());
    }

    /**
     * {@inheritDoc}
     *
     * <p>One connection to each primary serves all feeds of a tier. Redis tells of keys whatever their database is: with
     * several databases on one server some changes are told that are none. {@code SWAPDB} is not told.
     */
    @Override
    public ChangeFeed changes(List<String> prefixes, Duration bound, ChangeFeed.Listener listener) {
        return bus.open(prefixes, bound, listener);
    }

    @Override
    public CompletableFuture<List<String>> run(Script script, List<String> keys, List<String> arguments) {
        List<byte[]> bytes = keys(keys);
        if (bytes.isEmpty()) {
            throw new IllegalArgumentException("keys must not be empty");
        }
        List<byte[]> values = keys(arguments);
        byte[] first = bytes.get(0);
        return send("EVALSHA", first, Commands.script(false, script, bytes, values))
                .exceptionallyCompose(failure -> cause(failure) instanceof RedisNoScriptException
                        ? send("EVAL", first, Commands.script(true, script, bytes, values))
                        : CompletableFuture.failedFuture(RedisFailures.unwrap(failure)))
                .thenApply(answer -> answer.stream().map(RedisTier::text).toList());
    }

    private static String text(@Nullable Object element) {
        return element == null
                ? ""
                : element instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : element.toString();
    }

    /** How many primaries are known; 0 while no server has answered. */
    public int nodes() {
        RedisLink link = holder.link();
        return link == null ? 0 : link.primaries().size();
    }

    /** The servers in a few words for people, without secrets. */
    public String describe() {
        RedisLink link = holder.link();
        String servers =
                config.servers().stream().map(RedisUri.Server::toString).collect(Collectors.joining(", "));
        if (link == null) {
            return servers;
        }
        return link instanceof ClusterLink ? "a cluster of " + nodes() + " primaries" : servers;
    }

    /**
     * A way for commands that are not the tier's own: connections on the caller's event loop to the servers that the tier
     * knows. Close it before the tier.
     *
     * @param loop all of its methods are to be called on this loop, and all answers come on it
     * @param channels what that loop's channels are
     * @param resp3 the version of the protocol in which the servers answer
     */
    public RedisPassage passage(EventLoop loop, Class<? extends SocketChannel> channels, boolean resp3) {
        return new RedisPassage(new PassageSettings(config, runtime.longestSilence(), loop, channels, resp3), holder);
    }

    @Override
    public void close() {
        bus.close();
        holder.close();
        runtime.close();
    }

    @Override
    public String toString() {
        return "RedisTier[" + config + "]";
    }

    LettuceRuntime runtime() {
        return runtime;
    }

    RedisFailures failures() {
        return failures;
    }

    long timeoutMillis() {
        return config.timeout().toMillis();
    }

    private CompletableFuture<byte @Nullable []> putIfAbsentByScript(byte[] key, byte[] value, Duration ttl) {
        return script(Commands.PUT_IF_ABSENT, Commands::bytes, key, value, Commands.decimal(ttl));
    }

    private <R> CompletableFuture<R> script(
            Script script, Supplier<CommandOutput<byte[], byte[], R>> output, byte[] key, byte[]... values) {
        return send("EVALSHA", key, Commands.evalSha(script, output.get(), key, values))
                .exceptionallyCompose(failure -> cause(failure) instanceof RedisNoScriptException
                        ? send("EVAL", key, Commands.eval(script, output.get(), key, values))
                        : CompletableFuture.failedFuture(RedisFailures.unwrap(failure)));
    }

    private <R> CompletableFuture<R> send(String operation, byte[] key, AsyncCommand<byte[], byte[], R> command) {
        RedisLink link = holder.link();
        if (link == null) {
            return CompletableFuture.failedFuture(holder.whyNot());
        }
        CompletableFuture<R> answer = new CompletableFuture<>();
        var unused = command.whenComplete((value, failure) -> {
            if (failure == null) {
                link.answered(key);
                answer.complete(value);
                return;
            }
            if (RedisFailures.isTimeout(failure)) {
                link.timedOut(key);
            }
            answer.completeExceptionally(failures.of(operation, failure));
        });
        try {
            link.routed().dispatch(command);
        } catch (RuntimeException e) {
            command.completeExceptionally(e);
        }
        return answer;
    }

    private <R, T> CompletableFuture<List<Outcome<T>>> bulk(
            String operation,
            List<byte[]> keys,
            IntFunction<AsyncCommand<byte[], byte[], R>> command,
            Function<@Nullable R, @Nullable T> meaning) {
        return bulk(operation, keys, command, meaning, null);
    }

    private <R, T> CompletableFuture<List<Outcome<T>>> bulk(
            String operation,
            List<byte[]> keys,
            IntFunction<AsyncCommand<byte[], byte[], R>> command,
            Function<@Nullable R, @Nullable T> meaning,
            RedisBulk.@Nullable Otherwise<R> otherwise) {
        if (keys.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        RedisLink link = holder.link();
        if (link == null) {
            Outcome<T> failed = Outcome.failed(holder.whyNot());
            return CompletableFuture.completedFuture(
                    keys.stream().map(key -> failed).toList());
        }
        int mostAtOnce = Math.max(1, config.requestQueueSize() / 2); // room for what others ask meanwhile
        return new RedisBulk<>(this, link, operation, keys, command, meaning, otherwise, mostAtOnce).run();
    }

    /** Whether it says so; then the tier remembers it. */
    private boolean isTooOldForSet(Throwable failure) {
        if (!String.valueOf(cause(failure).getMessage()).startsWith("ERR syntax error")) {
            return false;
        }
        setReturnsOld = false;
        return true;
    }

    private static Throwable cause(Throwable failure) {
        Throwable tierFailure = RedisFailures.unwrap(failure);
        Throwable cause = tierFailure.getCause();
        return cause == null ? tierFailure : cause;
    }

    private static byte[] key(String key) {
        return RedisKeys.bytes(requireNonNull(key, "key"));
    }

    private static List<byte[]> keys(List<String> keys) {
        return keys.stream().map(RedisTier::key).toList();
    }

    private static boolean isOne(@Nullable Long count) {
        return count != null && count == 1;
    }

    private static void requirePositive(Duration ttl) {
        if (ttl.isZero() || ttl.isNegative()) {
            throw new IllegalArgumentException("ttl must be positive: " + ttl);
        }
    }

    /** A script for many keys. */
    private record Scripted<R>(
            Script script,
            Supplier<CommandOutput<byte[], byte[], R>> output,
            List<byte[]> keys,
            IntFunction<byte[][]> values) {
        AsyncCommand<byte[], byte[], R> evalSha(int element) {
            return Commands.evalSha(script, output.get(), keys.get(element), values.apply(element));
        }

        AsyncCommand<byte[], byte[], R> eval(int element) {
            return Commands.eval(script, output.get(), keys.get(element), values.apply(element));
        }

        RedisBulk.Otherwise<R> otherwise() {
            return new RedisBulk.Otherwise<>(
                    failure -> RedisFailures.unwrap(failure) instanceof RedisNoScriptException, this::eval);
        }
    }
}
