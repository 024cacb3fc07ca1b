package io.tiercel.cache.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.type.TypeReference;

class JsonCodecTest {
    record User(String id, int age, List<String> roles) {}

    private final Codec<User> codec = JsonCodec.of(User.class);

    private User decode(String json) {
        return codec.decode(ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8)));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void records_come_back(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            User user = new User(text(random), random.nextInt(), List.of(text(random), text(random)));

            assertThat(codec.decode(ByteBuffer.wrap(codec.encode(user)))).isEqualTo(user);
        }
    }

    private static String text(Random random) {
        return random.ints(random.nextInt(20), 0, 0x2_0000)
                .filter(c -> c < 0xD800 || c > 0xDFFF)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    @Test
    void generic_types_come_back_as_what_they_are() {
        Codec<Map<String, List<User>>> teams = JsonCodec.of(new TypeReference<>() {});
        Map<String, List<User>> value = Map.of("a", List.of(new User("1", 2, List.of("x"))));

        assertThat(teams.decode(ByteBuffer.wrap(teams.encode(value)))).isEqualTo(value);
    }

    @Test
    void JSON_null_is_no_value() {
        assertThatThrownBy(() -> decode("null")).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[]",
                "7",
                "\"text\"",
                "{\"id\":\"1\"} {}",
                "{\"id\":\"1\"}x",
                "{\"age\":\"many\"}",
                "{\"id\":NaN}"
            })
    void what_is_not_one_value_of_the_type_is_refused(String json) {
        assertThatThrownBy(() -> decode(json)).isInstanceOf(RuntimeException.class);
    }

    @Test
    void JSON_cut_at_any_place_is_refused() {
        byte[] whole = codec.encode(new User("ü€😀", 42, List.of("a", "b")));

        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> codec.decode(ByteBuffer.wrap(cut)))
                    .as("%d bytes", length)
                    .isInstanceOf(RuntimeException.class);
        }
    }

    @Test
    void depth_without_end_is_refused_and_overflows_no_stack() {
        Codec<Object> any = JsonCodec.of(Object.class);
        byte[] deep = "[".repeat(1_000_000).getBytes(StandardCharsets.UTF_8);

        assertThatThrownBy(() -> any.decode(ByteBuffer.wrap(deep))).isInstanceOf(RuntimeException.class);
    }

    @Test
    void a_lone_surrogate_comes_back_or_is_refused_but_never_changes() {
        User user = new User("a\uD83Db", 1, List.of());
        byte[] stored;
        try {
            stored = codec.encode(user);
        } catch (RuntimeException e) {
            return;
        }
        assertThat(codec.decode(ByteBuffer.wrap(stored))).isEqualTo(user);
    }

    @Test
    void only_what_lies_between_position_and_limit_is_read() {
        byte[] bytes = "xx{\"id\":\"1\",\"age\":2,\"roles\":[]}yy".getBytes(StandardCharsets.UTF_8);
        ByteBuffer inside = ByteBuffer.wrap(bytes, 2, bytes.length - 4);
        User user = new User("1", 2, List.of());

        assertThat(codec.decode(inside.duplicate())).isEqualTo(user);
        assertThat(codec.decode(inside.duplicate().slice())).isEqualTo(user);
        assertThat(codec.decode(inside.asReadOnlyBuffer())).isEqualTo(user);
    }
}
