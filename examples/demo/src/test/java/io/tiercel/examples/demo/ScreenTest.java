package io.tiercel.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScreenTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(written, false, StandardCharsets.UTF_8);

    @Test
    void a_terminal_draws_a_frame_over_the_one_before() {
        try (Screen screen = new Screen.Terminal(out, Style.PLAIN)) {
            screen.frame(List.of("one", "two"), "");
            written.reset();

            screen.frame(List.of("three", "four"), "");
        }

        assertThat(text()).contains("\033[2A\r").contains("three\033[K\nfour\033[K\n\033[J");
    }

    @Test
    void a_line_that_stays_goes_above_the_frame() {
        try (Screen screen = new Screen.Terminal(out, Style.PLAIN)) {
            screen.frame(List.of("one", "two"), "");
            written.reset();

            screen.say("news");
        }

        assertThat(text()).startsWith("\033[2A\r\033[Jnews\n").contains("one\033[K\ntwo\033[K\n");
    }

    @Test
    void a_settled_frame_is_left_alone() {
        try (Screen screen = new Screen.Terminal(out, Style.PLAIN)) {
            screen.frame(List.of("one", "two"), "");
            screen.settle();
            written.reset();

            screen.frame(List.of("three"), "");
        }

        assertThat(text()).doesNotContain("\033[2A");
    }

    @Test
    void a_terminal_gets_its_cursor_back() {
        Screen screen = new Screen.Terminal(out, Style.PLAIN);
        screen.frame(List.of("one"), "");
        assertThat(text()).contains("\033[?25l");

        screen.close();

        assertThat(text()).endsWith("\033[?7h\033[?25h");
    }

    @Test
    void a_log_has_lines_and_no_control_sequences() {
        try (Screen screen = new Screen.Log(out, Style.PLAIN)) {
            screen.say("begin");
            screen.frame(List.of("one", "two"), "one line");
            screen.erase();
            screen.settle();
        }

        assertThat(text()).isEqualToNormalizingNewlines("begin\none line\n");
    }

    private String text() {
        return written.toString(StandardCharsets.UTF_8);
    }
}
