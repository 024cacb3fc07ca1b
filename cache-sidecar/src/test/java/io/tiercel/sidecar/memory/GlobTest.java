package io.tiercel.sidecar.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GlobTest {
    private static boolean matches(String pattern, String text) {
        return new Glob(Commanded.bytes(pattern)).matches(Commanded.bytes(text));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "*,          anything, true",
                "*,          \"\",     true",
                "**,         \"\",     false",
                "\"\",       \"\",     true",
                "\"\",       a,        false",
                "h?llo,      hello,    true",
                "h?llo,      hllo,     false",
                "h*llo,      hllo,     true",
                "h*llo,      heeeello, true",
                "h*llo,      heeeell,  false",
                "a*b*c,      abbbcbc,  true",
                "a*b*c,      abbbcb,   false",
                "a***,       a,        true",
                "h[ae]llo,   hallo,    true",
                "h[ae]llo,   hillo,    false",
                "h[^e]llo,   hallo,    true",
                "h[^e]llo,   hello,    false",
                "[a-c],      b,        true",
                "[c-a],      b,        true",
                "[a-c],      d,        false",
                "[a\\-c],    b,        false",
                "[a\\-c],    -,        true",
                "[\\]],      ],        true",
                "[^\\]],     ],        false",
                "[],         a,        false",
                "[^],        a,        true",
                "[ab,        a,        true",
                "[,          a,        false",
                "\\*,        *,        true",
                "\\*,        a,        false",
                "a\\,        a\\,      true",
                "\\a,        a,        true",
                "HELLO,      hello,    false"
            })
    void patterns_match_as_in_Redis(String pattern, String text, boolean matches) {
        assertThat(matches(pattern, text)).isEqualTo(matches);
    }

    /** Each star that could be tried anew for each place of the one before it would take longer than the universe is old. */
    @Test
    void many_stars_do_not_multiply() {
        String pattern = "a*".repeat(100) + "b";
        String text = "a".repeat(10_000);

        assertThatCode(() -> assertThat(CompletableFuture.supplyAsync(() -> matches(pattern, text))
                                .get(20, TimeUnit.SECONDS))
                        .isFalse())
                .doesNotThrowAnyException();
    }
}
