package io.tiercel.examples.demo;

import java.io.PrintStream;
import java.util.List;

/**
 * Where the demo shows what goes on: lines that stay, and one frame that is drawn anew again and again. Used by one
 * thread, but for {@link #close()}.
 */
sealed interface Screen extends AutoCloseable {
    Style style();

    /** How often it is worth calling {@link #frame}, in milliseconds. */
    long period();

    /** A line that stays. */
    void say(String line);

    /**
     * Shows the state of what goes on.
     *
     * @param frame the whole of it, at most 79 columns wide
     * @param line the same in one line, for a log
     */
    void frame(List<String> frame, String line);

    /** Lets the last frame stand; the next one comes below it. */
    void settle();

    /** Takes the last frame away. */
    void erase();

    /** Gives the terminal back as it was. May be called from any thread and more than once. */
    @Override
    void close();

    /** A terminal that understands ANSI sequences. */
    final class Terminal implements Screen {
        private static final String HIDE_CURSOR = "\033[?25l";
        private static final String SHOW_CURSOR = "\033[?25h";
        /** Without wrapping a narrow terminal cuts lines off, and the frame keeps its height. */
        private static final String DONT_WRAP = "\033[?7l";

        private static final String WRAP = "\033[?7h";
        private static final String CLEAR_TO_END_OF_LINE = "\033[K";
        private static final String CLEAR_BELOW = "\033[J";

        private final PrintStream out;
        private final Style style;
        private List<String> shown = List.of();

        Terminal(PrintStream out, Style style) {
            this.out = out;
            this.style = style;
        }

        @Override
        public Style style() {
            return style;
        }

        @Override
        public long period() {
            return 250;
        }

        @Override
        public void say(String line) {
            List<String> frame = shown;
            write(up(frame.size()) + CLEAR_BELOW + line + "\n");
            shown = List.of();
            if (!frame.isEmpty()) {
                frame(frame, "");
            }
        }

        /** One write for the whole frame, so that no half of one is ever seen. */
        @Override
        public void frame(List<String> frame, String line) {
            StringBuilder text =
                    new StringBuilder(HIDE_CURSOR).append(DONT_WRAP).append(up(shown.size()));
            for (String each : frame) {
                text.append(each).append(CLEAR_TO_END_OF_LINE).append('\n');
            }
            write(text.append(CLEAR_BELOW).append(WRAP).toString());
            shown = List.copyOf(frame);
        }

        @Override
        public void settle() {
            shown = List.of();
        }

        @Override
        public void erase() {
            write(up(shown.size()) + CLEAR_BELOW);
            shown = List.of();
        }

        @Override
        public void close() {
            write(WRAP + SHOW_CURSOR);
        }

        private static String up(int lines) {
            return lines == 0 ? "" : "\033[" + lines + "A\r";
        }

        private void write(String text) {
            out.print(text);
            out.flush();
        }
    }

    /** A file, a pipe, or a reader who wants to scroll. */
    final class Log implements Screen {
        private final PrintStream out;
        private final Style style;

        Log(PrintStream out, Style style) {
            this.out = out;
            this.style = style;
        }

        @Override
        public Style style() {
            return style;
        }

        @Override
        public long period() {
            return 1_000;
        }

        @Override
        public void say(String line) {
            out.println(line);
            out.flush();
        }

        @Override
        public void frame(List<String> frame, String line) {
            say(line);
        }

        @Override
        public void settle() {}

        @Override
        public void erase() {}

        @Override
        public void close() {
            out.flush();
        }
    }
}
