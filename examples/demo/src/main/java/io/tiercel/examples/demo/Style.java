package io.tiercel.examples.demo;

import java.nio.charset.Charset;

/**
 * What bars and units are drawn with, and whether in colour.
 *
 * @param blocks whether the terminal can show block characters; otherwise ASCII
 * @param colours whether to use ANSI colours
 */
record Style(boolean blocks, boolean colours) {
    static final Style PLAIN = new Style(false, false);

    private static final String EIGHTHS = " ▏▎▍▌▋▊▉";

    /** The best that a character set can express. */
    static Style of(Charset charset, boolean colours) {
        return new Style(charset.newEncoder().canEncode(EIGHTHS + "█░µ"), colours);
    }

    /** A bar of {@code width} characters, filled from the left; a share above zero always shows. */
    String bar(double share, int width) {
        double filled = Math.min(1, Math.max(0, share)) * width;
        return blocks ? blockBar(filled, width) : asciiBar(filled, width);
    }

    private static String blockBar(double filled, int width) {
        int eighths = (int) Math.round(filled * 8);
        if (eighths == 0 && filled > 0) {
            eighths = 1;
        }
        int whole = eighths / 8;
        if (whole == width) {
            return "█".repeat(width);
        }
        return "█".repeat(whole) + EIGHTHS.charAt(eighths % 8) + " ".repeat(width - whole - 1);
    }

    private static String asciiBar(double filled, int width) {
        int whole = (int) Math.round(filled);
        if (whole == 0 && filled > 0) {
            whole = 1;
        }
        return "#".repeat(whole) + ".".repeat(width - whole);
    }

    /** A bar for something that goes on: what is still to come can be seen too. */
    String progress(double share, int width) {
        if (!blocks) {
            return asciiBar(Math.min(1, Math.max(0, share)) * width, width);
        }
        int whole = (int) (Math.min(1, Math.max(0, share)) * width);
        return "█".repeat(whole) + "░".repeat(width - whole);
    }

    /** A time in at most 7 characters: {@code 420 ns}, {@code 1.25 ms}. */
    String time(long nanos) {
        if (nanos < 1_000) {
            return nanos + " ns";
        }
        if (nanos < 1_000_000) {
            return digits(nanos / 1e3) + (blocks ? " µs" : " us");
        }
        return nanos < 1_000_000_000 ? digits(nanos / 1e6) + " ms" : digits(nanos / 1e9) + " s";
    }

    private static String digits(double value) {
        String format = value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f";
        return String.format(java.util.Locale.ROOT, format, value);
    }

    String bold(String text) {
        return paint("1", text);
    }

    String dim(String text) {
        return paint("2", text);
    }

    String green(String text) {
        return paint("32", text);
    }

    String yellow(String text) {
        return paint("33", text);
    }

    String red(String text) {
        return paint("31", text);
    }

    String cyan(String text) {
        return paint("36", text);
    }

    private String paint(String code, String text) {
        return colours ? "\033[" + code + "m" + text + "\033[0m" : text;
    }
}
