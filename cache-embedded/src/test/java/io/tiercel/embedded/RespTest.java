package io.tiercel.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RespTest {

    @Test
    void each_kind_of_reply_is_read() throws IOException {
        assertThat(read("*5\r\n+ok\r\n:-7\r\n$3\r\na\r\n\r\n$-1\r\n*-1\r\n"))
                .isEqualTo(Arrays.asList("ok", -7L, "a\r\n", null, null));
    }

    @Test
    void an_error_reply_is_an_exception_that_holds_its_text() {
        assertThatExceptionOfType(Resp.ErrorReply.class)
                .isThrownBy(() -> read("-NOAUTH Authentication required.\r\n"))
                .withMessage("NOAUTH Authentication required.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\r\n",
                "+ok",
                "+ok\rx",
                "$5\r\nab",
                "$-2\r\n",
                "$99999999999\r\n",
                "*99999999\r\n",
                "$x\r\n",
                "!1\r\n"
            })
    void what_is_no_reply_is_refused(String bytes) {
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> read(bytes));
    }

    @Test
    void arrays_nested_too_deep_are_refused() {
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> read("*1\r\n".repeat(100_000)));
    }

    @Test
    void garbage_gives_a_reply_or_an_IOException_and_nothing_else() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(24)];
            for (int j = 0; j < bytes.length; j++) {
                bytes[j] = (byte) "+-:$*\r\n0123ab".charAt(random.nextInt(13));
            }
            try {
                Resp.read(new ByteArrayInputStream(bytes), 0);
            } catch (IOException expected) {
                assertThat(expected).isNotNull();
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    private static @Nullable Object read(String bytes) throws IOException {
        return Resp.read(new ByteArrayInputStream(bytes.getBytes(StandardCharsets.UTF_8)), 0);
    }
}
