package io.tiercel.sidecar.memory;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The arithmetic of INCRBYFLOAT, which Redis does with the 80-bit floats of x86: 64 bits of precision, and 17 digits
 * behind the point when written. Java has no such type, so each result is rounded to what that type could hold.
 *
 * @param mantissa the number is this times two to the exponent; null for an infinite one, whose sign does not matter: no
 *     sum of it is written
 */
record LongDouble(@Nullable BigInteger mantissa, int exponent) {
    private static final int PRECISION = 64;
    private static final int LEAST_EXPONENT = -16_445;
    private static final int BEYOND_EXPONENT = 16_384;
    private static final int LONGEST = 5 * 1_024;
    private static final int WRITTEN_DIGITS = 17;
    /** Powers of ten beyond all that the type can hold, which are not to be written out in digits. */
    private static final int BEYOND_TEN = 6_000;

    private static final LongDouble ZERO = new LongDouble(BigInteger.ZERO, 0);
    private static final LongDouble INFINITE = new LongDouble(null, 0);
    private static final BigInteger LAST_WRITTEN = BigInteger.TEN.pow(WRITTEN_DIGITS);

    /** No quantifier has anything behind it that it could give bytes back to, so it takes linear time. */
    private static final Pattern DECIMAL =
            Pattern.compile("([+-]?)(?:(\\d++)(?:\\.(\\d*+))?+|\\.(\\d++))(?:[eE]([+-]?\\d++))?+");

    private static final Pattern HEXADECIMAL = Pattern.compile(
            "([+-]?)0[xX](?:(\\p{XDigit}++)(?:\\.(\\p{XDigit}*+))?+|\\.(\\p{XDigit}++))(?:[pP]([+-]?\\d++))?+");

    private static final Pattern INFINITY = Pattern.compile("[+-]?(?:inf|infinity)", Pattern.CASE_INSENSITIVE);

    /** @throws Refusal if it is no number as {@code strtold} of C reads them, or one too large or too small */
    static LongDouble parse(byte[] bytes) {
        if (bytes.length >= LONGEST) {
            throw new Refusal(Refusal.NOT_FLOAT);
        }
        String text = new String(bytes, ISO_8859_1);
        Matcher decimal = DECIMAL.matcher(text);
        if (decimal.matches()) {
            return read(decimal, 10);
        }
        Matcher hexadecimal = HEXADECIMAL.matcher(text);
        if (hexadecimal.matches()) {
            return read(hexadecimal, 16);
        }
        if (INFINITY.matcher(text).matches()) {
            return INFINITE;
        }
        throw new Refusal(Refusal.NOT_FLOAT);
    }

    private static LongDouble read(Matcher matched, int radix) {
        String whole = matched.group(2) == null ? "" : matched.group(2);
        String behind = matched.group(2) == null ? matched.group(4) : matched.group(3);
        String fraction = behind == null ? "" : behind;
        BigInteger digits = new BigInteger(whole + fraction, radix);
        if (digits.signum() == 0) {
            return ZERO;
        }
        LongDouble read = radix == 10
                ? timesTen(digits, exponent(matched.group(5)) - fraction.length())
                : timesTwo(digits, exponent(matched.group(5)) - 4L * fraction.length());
        if (read.mantissa == null || read.mantissa.signum() == 0) {
            throw new Refusal(Refusal.NOT_FLOAT);
        }
        return matched.group(1).equals("-") ? new LongDouble(read.mantissa.negate(), read.exponent) : read;
    }

    /** At most a few digits count: what is beyond them is beyond the type. */
    private static long exponent(@Nullable String text) {
        if (text == null) {
            return 0;
        }
        BigInteger exponent = new BigInteger(text);
        return exponent.bitLength() < 31 ? exponent.intValue() : exponent.signum() * (long) Integer.MAX_VALUE;
    }

    private static LongDouble timesTen(BigInteger digits, long exponent) {
        long magnitude = (long) (digits.bitLength() * Math.log10(2)) + exponent;
        if (Math.abs(magnitude) > BEYOND_TEN) {
            throw new Refusal(Refusal.NOT_FLOAT);
        }
        BigInteger power = BigInteger.TEN.pow((int) Math.abs(exponent));
        if (exponent >= 0) {
            return rounded(digits.multiply(power), 0);
        }
        // A few bits more than are kept, and one that says whether any follow.
        int shift = PRECISION + 3 - digits.bitLength() + power.bitLength();
        BigInteger[] quotient = shift >= 0
                ? digits.shiftLeft(shift).divideAndRemainder(power)
                : digits.divideAndRemainder(power.shiftLeft(-shift));
        BigInteger more = quotient[1].signum() == 0 ? BigInteger.ZERO : BigInteger.ONE;
        return rounded(quotient[0].shiftLeft(1).or(more), -shift - 1);
    }

    private static LongDouble timesTwo(BigInteger digits, long exponent) {
        long magnitude = digits.bitLength() + exponent;
        if (Math.abs(magnitude) > 2 * BEYOND_EXPONENT) {
            throw new Refusal(Refusal.NOT_FLOAT);
        }
        return rounded(digits, (int) exponent);
    }

    /** The nearest number that the type can hold, the even one of two. */
    private static LongDouble rounded(BigInteger mantissa, int exponent) {
        int drop = Math.max(mantissa.abs().bitLength() - PRECISION, LEAST_EXPONENT - exponent);
        if (drop <= 0) {
            return finite(mantissa, exponent);
        }
        return finite(dropped(mantissa, drop), exponent + drop);
    }

    private static LongDouble finite(BigInteger mantissa, int exponent) {
        boolean fits = mantissa.abs().bitLength() + exponent <= BEYOND_EXPONENT;
        return fits ? new LongDouble(mantissa, exponent) : INFINITE;
    }

    /** Without its last bits, rounded to the nearest, the even one of two. */
    private static BigInteger dropped(BigInteger number, int bits) {
        BigInteger magnitude = number.abs();
        BigInteger kept = magnitude.shiftRight(bits);
        boolean half = magnitude.testBit(bits - 1);
        if (half && (kept.testBit(0) || magnitude.getLowestSetBit() < bits - 1)) {
            kept = kept.add(BigInteger.ONE);
        }
        return number.signum() < 0 ? kept.negate() : kept;
    }

    /** @throws Refusal if it is infinite */
    LongDouble plus(LongDouble other) {
        LongDouble sum = mantissa == null || other.mantissa == null ? INFINITE : sum(mantissa, other, other.mantissa);
        if (sum.mantissa == null) {
            throw new Refusal("ERR increment would produce NaN or Infinity");
        }
        return sum;
    }

    private LongDouble sum(BigInteger own, LongDouble other, BigInteger others) {
        int least = Math.min(exponent, other.exponent);
        return rounded(own.shiftLeft(exponent - least).add(others.shiftLeft(other.exponent - least)), least);
    }

    /** As Redis writes it: in full, with at most 17 digits behind the point and no zeros at its end. */
    String text() {
        if (mantissa == null) {
            return "inf";
        }
        if (exponent >= 0) {
            return mantissa.shiftLeft(exponent).toString();
        }
        BigInteger written = dropped(mantissa.multiply(LAST_WRITTEN), -exponent);
        return written.signum() == 0
                ? "0"
                : new BigDecimal(written, WRITTEN_DIGITS).stripTrailingZeros().toPlainString();
    }
}
