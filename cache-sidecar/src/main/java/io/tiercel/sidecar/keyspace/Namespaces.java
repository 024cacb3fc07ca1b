package io.tiercel.sidecar.keyspace;

import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.RemoteTier;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Keys that a service keeps through the library: framed, with lives, tags and generations of their own. A client of the
 * sidecar sees their values as the library's codec wrote them, and may remove them; to write them it would have to know
 * the codec. Each is a cache of the library's with the same name, so everything that the library promises holds.
 *
 * <p>Thread-safe.
 */
public final class Namespaces implements AutoCloseable {
    private static final int COMPRESSED = 0x80;
    private static final int SHARE = 10;
    /** Values have the lives with which they were written. */
    private static final Duration UNUSED = Duration.ofHours(1);

    private final List<TieredCache<String, byte[]>> caches = new ArrayList<>();

    /**
     * Opens them; the tiers stay the caller's.
     *
     * @param l1Bytes what L1 may take of the raw keys; each namespace gets a tenth of that in addition
     */
    Namespaces(List<String> names, RemoteTier l2, @Nullable RemoteTier l3, long l1Bytes) {
        for (String name : names) {
            var builder = TieredCache.<String, byte[]>builder(name)
                    .local(LocalTier.<byte[]>maximumBytes(Math.max(1, l1Bytes / SHARE), value -> value.length))
                    .remote(l2.shared());
            if (l3 != null) {
                builder.remote(l3.shared());
            }
            caches.add(builder.codec(new PayloadCodec())
                    .policy(policy -> policy.ttl(UNUSED))
                    .build());
        }
    }

    /** Whether there are none. */
    public boolean isEmpty() {
        return caches.isEmpty();
    }

    /** The namespace that a key of database 0 is in; null if it is in none. */
    public @Nullable Place find(byte[] key) {
        for (TieredCache<String, byte[]> cache : caches) {
            String name = cache.name();
            if (key.length > name.length() && key[name.length()] == ':' && startsWith(key, name)) {
                String rest =
                        new String(key, name.length() + 1, key.length - name.length() - 1, StandardCharsets.UTF_8);
                return new Place(cache, rest);
            }
        }
        return null;
    }

    private static boolean startsWith(byte[] key, String name) {
        for (int i = 0; i < name.length(); i++) {
            if (key[i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {
        caches.forEach(TieredCache::close);
    }

    /** One key of a library's cache. */
    public static final class Place {
        private final TieredCache<String, byte[]> cache;
        private final String key;

        private Place(TieredCache<String, byte[]> cache, String key) {
            this.cache = cache;
            this.key = key;
        }

        /** The name of the cache. */
        public String namespace() {
            return cache.name();
        }

        /** The value as a bulk string; completes with null if there is none. */
        public CompletionStage<byte @Nullable []> get() {
            return cache.async()
                    .getIfPresent(key)
                    .thenApply(value -> value.map(LoopKeyspace::framed).orElse(null));
        }

        /** Removes it from every tier of every instance. Completes with whether there was a value. */
        public CompletionStage<Boolean> remove() {
            return cache.async()
                    .getIfPresent(key)
                    .thenCompose(before -> cache.async().invalidate(key).thenApply(done -> before.isPresent()));
        }
    }

    /** What any codec wrote, as it is, but not compressed. */
    private static final class PayloadCodec implements Codec<byte[]> {
        private final Codec<byte[]> compressed = Codec.compressing(Codec.bytes());

        @Override
        public int id() {
            return Codec.bytes().id();
        }

        @Override
        public byte[] encode(byte[] value) {
            return value;
        }

        @Override
        public byte[] decode(ByteBuffer payload) {
            return Codec.bytes().decode(payload);
        }

        @Override
        public boolean decodes(int codecId) {
            return true;
        }

        @Override
        public byte[] decode(int codecId, ByteBuffer payload) {
            return (codecId & COMPRESSED) == 0 ? decode(payload) : compressed.decode(compressed.id(), payload);
        }
    }
}
