package io.tiercel.cache.fleet;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.tier.Script;
import io.tiercel.cache.tier.ScriptRunner;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A text that the instances of a fleet share, and that one of them replaces only if it has seen the last one. Forgotten an
 * hour after the last change. Thread-safe; nothing blocks.
 */
public final class FleetCell {
    private static final Script READ = Script.of("""
            local found = redis.call('HMGET', KEYS[1], 'version', 'text')
            return { found[1] or '0', found[2] or '' }
            """);

    private static final Script REPLACE = Script.of("""
            local version = redis.call('HGET', KEYS[1], 'version') or '0'
            if version ~= ARGV[1] then return { version, redis.call('HGET', KEYS[1], 'text') or '' } end
            redis.call('HSET', KEYS[1], 'version', tonumber(version) + 1, 'text', ARGV[2])
            redis.call('PEXPIRE', KEYS[1], 3600000)
            return { tostring(tonumber(version) + 1), ARGV[2] }
            """);

    private final ScriptRunner scripts;
    private final List<String> keys;

    FleetCell(ScriptRunner scripts, FleetSettings settings, String name) {
        this.scripts = scripts;
        this.keys = List.of(settings.key(name));
    }

    /**
     * What there is.
     *
     * @param version 0 if there is nothing
     * @param text empty if there is nothing
     */
    public record Content(long version, String text) {
        /** Checks that there is a text. */
        public Content {
            requireNonNull(text, "text");
        }
    }

    /** What there is now; fails with a {@link io.tiercel.cache.tier.TierException} if Redis cannot be asked. */
    public CompletableFuture<Content> read() {
        return scripts.run(READ, keys, List.of()).thenApply(FleetCell::content);
    }

    /**
     * Puts another text there if nobody else has.
     *
     * @param seen the version that the new text was made from
     * @return what there is after it: the new text, or another's
     */
    public CompletableFuture<Content> replace(long seen, String text) {
        return scripts.run(REPLACE, keys, List.of(Long.toString(seen), text)).thenApply(FleetCell::content);
    }

    private static Content content(List<String> answer) {
        return new Content(Long.parseLong(answer.get(0)), answer.get(1));
    }
}
