package io.tiercel.cache.codec;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/**
 * Values as JSON, with Jackson 3. Needs {@code tools.jackson.core:jackson-databind} on the class path. No type names
 * are written or followed: the type is the one given here. Id 3. Thread-safe.
 *
 * @param <V> the value
 */
public final class JsonCodec<V> implements Codec<V> {
    private final ObjectWriter writer;
    private final ObjectReader reader;

    private JsonCodec(JsonMapper mapper, JavaType type) {
        this.writer = mapper.writerFor(type);
        this.reader = mapper.readerFor(type);
    }

    /** JSON of a class, with Jackson's defaults. */
    public static <V> JsonCodec<V> of(Class<V> type) {
        return of(type, JsonMapper.shared());
    }

    /** JSON of a class, with the caller's own mapper. */
    public static <V> JsonCodec<V> of(Class<V> type, JsonMapper mapper) {
        requireNonNull(type, "type");
        return new JsonCodec<>(mapper, mapper.constructType(type));
    }

    /** JSON of a generic type: {@code JsonCodec.of(new TypeReference<List<User>>() {})}. */
    public static <V> JsonCodec<V> of(TypeReference<V> type) {
        return of(type, JsonMapper.shared());
    }

    /** JSON of a generic type, with the caller's own mapper. */
    public static <V> JsonCodec<V> of(TypeReference<V> type, JsonMapper mapper) {
        requireNonNull(type, "type");
        return new JsonCodec<>(mapper, mapper.constructType(type));
    }

    @Override
    public int id() {
        return 3;
    }

    @Override
    public byte[] encode(V value) {
        return writer.writeValueAsBytes(value);
    }

    @Override
    public V decode(ByteBuffer payload) {
        V value = payload.hasArray()
                ? reader.readValue(payload.array(), payload.arrayOffset() + payload.position(), payload.remaining())
                : reader.readValue(BytesCodec.INSTANCE.decode(payload));
        if (value == null) {
            throw new IllegalArgumentException("JSON null is not a value");
        }
        return value;
    }
}
