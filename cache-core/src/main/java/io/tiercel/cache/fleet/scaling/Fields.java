package io.tiercel.cache.fleet.scaling;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Numbers and texts that come from outside: checked, and refused with the field's name and what was expected. */
final class Fields {
    /** The largest value of any signal. */
    static final double LARGEST = 1e9;

    private static final int LONGEST_SHOWN = 40;
    private static final int DECIMALS = 6;

    // Five digits tell more than any of the measurements does, and keep heartbeats short.
    private static final MathContext DIGITS = new MathContext(5, RoundingMode.HALF_EVEN);

    private Fields() {}

    static void between(String field, double value, double from, double to) {
        if (!(value >= from && value <= to)) {
            throw new IllegalArgumentException(
                    field + " must be from " + number(from) + " to " + number(to) + ": " + value);
        }
    }

    static void between(String field, long value, long from, long to) {
        if (value < from || value > to) {
            throw new IllegalArgumentException(field + " must be from " + from + " to " + to + ": " + value);
        }
    }

    static void between(String field, Duration value, Duration from, Duration to) {
        if (value.compareTo(from) < 0 || value.compareTo(to) > 0) {
            throw new IllegalArgumentException(field + " must be from " + from + " to " + to + ": " + value);
        }
    }

    static void overZero(String field, double value, double to) {
        if (!(value > 0 && value <= to)) {
            throw new IllegalArgumentException(field + " must be over 0 and at most " + number(to) + ": " + value);
        }
    }

    static void longest(String what, String text, int longest) {
        if (text.length() > longest) {
            throw new IllegalArgumentException(
                    what + " must have " + longest + " characters at most: " + text.length());
        }
    }

    /** What {@link #number} keeps of a value: five digits, six decimals. */
    static double rounded(double value) {
        return exact(value).doubleValue();
    }

    /** Without an exponent, so that a number has at most 11 characters up to {@link #LARGEST}. */
    static String number(double value) {
        return exact(value).stripTrailingZeros().toPlainString();
    }

    private static BigDecimal exact(double value) {
        return new BigDecimal(value).round(DIGITS).setScale(DECIMALS, RoundingMode.HALF_EVEN);
    }

    static double number(String field, String text) {
        if (text.isEmpty() || text.length() > 24 || !text.chars().allMatch(Fields::isOfNumber)) {
            throw new IllegalArgumentException(field + " must be a decimal number: " + shown(text));
        }
        try {
            double value = Double.parseDouble(text);
            between(field, value, 0, LARGEST);
            return value;
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(field + " must be a decimal number: " + shown(text), e);
        }
    }

    private static boolean isOfNumber(int c) {
        return (c >= '0' && c <= '9') || c == '.';
    }

    static long whole(String field, String text, long from, long to) {
        try {
            if (text.length() > 19 || text.startsWith("+")) {
                throw new NumberFormatException("not as it is written here");
            }
            long value = Long.parseLong(text);
            between(field, value, from, to);
            return value;
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(field + " must be a whole number: " + shown(text), e);
        }
    }

    /** The parts between separators, none of them left out; no parts of an empty text. */
    static List<String> parts(String what, String text, char separator, int most) {
        List<String> parts = new ArrayList<>();
        if (text.isEmpty()) {
            return parts;
        }
        int from = 0;
        for (int to = text.indexOf(separator); to >= 0; to = text.indexOf(separator, from)) {
            parts.add(text.substring(from, to));
            from = to + 1;
            if (parts.size() >= most) {
                throw new IllegalArgumentException(what + " must have " + most + " parts at most");
            }
        }
        parts.add(text.substring(from));
        return parts;
    }

    /** As {@link #parts}, if there are exactly so many. */
    static List<String> exactly(String what, String text, char separator, int count) {
        List<String> parts = parts(what, text, separator, count);
        if (parts.size() != count) {
            throw new IllegalArgumentException(what + " must have " + count + " parts: " + parts.size());
        }
        return parts;
    }

    /** Fit for a message: not longer than a line, printable. */
    static String shown(String text) {
        String cut = text.length() > LONGEST_SHOWN ? text.substring(0, LONGEST_SHOWN) + "..." : text;
        return "\"" + cut.replaceAll("[^\\x20-\\x7e]", "?") + "\"";
    }
}
