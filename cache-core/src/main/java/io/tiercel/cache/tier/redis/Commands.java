package io.tiercel.cache.tier.redis;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.output.ArrayOutput;
import io.lettuce.core.output.ByteArrayOutput;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.tiercel.cache.tier.Script;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The commands that the tier sends, as Lettuce takes them when it shall write many at once. A command object is used
 * once; a repetition needs a new one.
 */
final class Commands {
    static final RedisCodec<byte[], byte[]> CODEC = ByteArrayCodec.INSTANCE;

    /** Those to which the tier's timeout applies. Lettuce's own, such as CLUSTER and HELLO, get more time. */
    private static final Set<CommandType> DATA = EnumSet.of(
            CommandType.GET,
            CommandType.SET,
            CommandType.PSETEX,
            CommandType.UNLINK,
            CommandType.EVAL,
            CommandType.EVALSHA);

    private static final Duration LONGEST_TTL = Duration.ofDays(36_500);

    static final Script PUT_IF_ABSENT = Script.of("""
            local found = redis.call('GET', KEYS[1])
            if found then return found end
            redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
            return false
            """);
    static final Script REPLACE_IF_STARTS_WITH = Script.of("""
            if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
            local length = string.len(ARGV[1])
            if length > 0 and redis.call('GETRANGE', KEYS[1], 0, length - 1) ~= ARGV[1] then return 0 end
            redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
            return 1
            """);
    static final Script REMOVE_IF_STARTS_WITH = Script.of("""
            local length = string.len(ARGV[1])
            if length > 0 and redis.call('GETRANGE', KEYS[1], 0, length - 1) ~= ARGV[1] then return 0 end
            return redis.call('UNLINK', KEYS[1])
            """);

    private Commands() {}

    static boolean isData(ProtocolKeyword type) {
        return type instanceof CommandType command && DATA.contains(command);
    }

    static AsyncCommand<byte[], byte[], byte[]> get(byte[] key) {
        return command(CommandType.GET, new ByteArrayOutput<>(CODEC), args().addKey(key));
    }

    static AsyncCommand<byte[], byte[], String> put(byte[] key, byte[] value, Duration ttl) {
        return command(
                CommandType.PSETEX,
                new StatusOutput<>(CODEC),
                args().addKey(key).add(milliseconds(ttl)).addValue(value));
    }

    static AsyncCommand<byte[], byte[], Long> remove(byte[] key) {
        return command(CommandType.UNLINK, new IntegerOutput<>(CODEC), args().addKey(key));
    }

    /** Redis 7.0 and newer; older ones answer with a syntax error. */
    static AsyncCommand<byte[], byte[], byte[]> putIfAbsent(byte[] key, byte[] value, Duration ttl) {
        return command(
                CommandType.SET,
                new ByteArrayOutput<>(CODEC),
                args().addKey(key)
                        .addValue(value)
                        .add("NX")
                        .add("GET")
                        .add("PX")
                        .add(milliseconds(ttl)));
    }

    static AsyncCommand<byte[], byte[], String> trackPrefixes(List<String> prefixes) {
        CommandArgs<byte[], byte[]> args = args().add("TRACKING").add("ON").add("BCAST");
        prefixes.forEach(prefix -> args.add("PREFIX").add(RedisKeys.bytes(prefix)));
        return command(CommandType.CLIENT, new StatusOutput<>(CODEC), args);
    }

    static AsyncCommand<byte[], byte[], String> clusterNodes() {
        return command(CommandType.CLUSTER, new StatusOutput<>(CODEC), args().add("NODES"));
    }

    static AsyncCommand<byte[], byte[], List<Object>> role() {
        return command(CommandType.ROLE, new ArrayOutput<>(CODEC), args());
    }

    static CommandOutput<byte[], byte[], Long> number() {
        return new IntegerOutput<>(CODEC);
    }

    static CommandOutput<byte[], byte[], byte[]> bytes() {
        return new ByteArrayOutput<>(CODEC);
    }

    static <T> AsyncCommand<byte[], byte[], T> evalSha(
            Script script, CommandOutput<byte[], byte[], T> output, byte[] key, byte[]... values) {
        return script(CommandType.EVALSHA, script.sha(), output, key, values);
    }

    static <T> AsyncCommand<byte[], byte[], T> eval(
            Script script, CommandOutput<byte[], byte[], T> output, byte[] key, byte[]... values) {
        return script(CommandType.EVAL, script.source(), output, key, values);
    }

    static byte[] decimal(Duration ttl) {
        return Long.toString(milliseconds(ttl)).getBytes(StandardCharsets.US_ASCII);
    }

    /** Whole milliseconds, rounded up, so never 0. */
    static long milliseconds(Duration ttl) {
        return ttl.compareTo(LONGEST_TTL) > 0
                ? LONGEST_TTL.toMillis()
                : ttl.plusNanos(999_999).toMillis();
    }

    private static <T> AsyncCommand<byte[], byte[], T> script(
            CommandType type, String script, CommandOutput<byte[], byte[], T> output, byte[] key, byte[]... values) {
        CommandArgs<byte[], byte[]> args = args().add(script).add(1).addKey(key);
        for (byte[] value : values) {
            args.addValue(value);
        }
        return command(type, output, args);
    }

    /** A script of several keys, which answers with an array. */
    static AsyncCommand<byte[], byte[], List<Object>> script(
            boolean whole, Script script, List<byte[]> keys, List<byte[]> values) {
        CommandArgs<byte[], byte[]> args =
                args().add(whole ? script.source() : script.sha()).add(keys.size());
        keys.forEach(args::addKey);
        values.forEach(args::addValue);
        return new Unhurried<>(command(whole ? CommandType.EVAL : CommandType.EVALSHA, new ArrayOutput<>(CODEC), args));
    }

    private static CommandArgs<byte[], byte[]> args() {
        return new CommandArgs<>(CODEC);
    }

    private static <T> AsyncCommand<byte[], byte[], T> command(
            CommandType type, CommandOutput<byte[], byte[], T> output, CommandArgs<byte[], byte[]> args) {
        return new AsyncCommand<>(new Command<>(type, output, args));
    }

    /** A command of a bulk operation, which has one deadline for all of its commands. */
    static final class InBulk<T> extends AsyncCommand<byte[], byte[], T> {
        InBulk(AsyncCommand<byte[], byte[], T> command) {
            super(command.getDelegate());
        }
    }

    /** A command that no reader waits for, so that it has more time than the tier's timeout. */
    static final class Unhurried<T> extends AsyncCommand<byte[], byte[], T> {
        Unhurried(AsyncCommand<byte[], byte[], T> command) {
            super(command.getDelegate());
        }
    }
}
