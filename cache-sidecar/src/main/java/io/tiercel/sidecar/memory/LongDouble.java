package io.tiercel.sidecar.memory;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The arithmetic of INCRBYFLOAT, which Redis does with the 80-bit floats of x86: 64 bits of precision, and 17 digits
 * behind the point when written. Java has no such type, so each result is rounded to what that type could hold.
 *
 * @param value null for an infinite one, whose sign does not matter: no sum of it is written
 */
record LongDouble(@Nullable BigDecimal value) {
    private static final int PRECISION = 64;
    private static final int LEAST_EXPONENT = -16_445;
    private static final int BEYOND_EXPONENT = 16_384;
    private static final int LONGEST = 5 * 1_024;
    private static final int WRITTEN_DIGITS = 17;
    /** Powers of ten beyond all that the type can hold, which are not to be written out in digits. */
    private static final int BEYOND_TEN = 6_000;

    private static final BigInteger FIVE = BigInteger.valueOf(5);

    /** No quantifier has anything behind it that it could give bytes back to, so it takes linear time. */
    private static final Pattern DECIMAL =
            Pattern.compile("([+-]?)(?:(\\d++)(?:\\.(\\d*+))?+|\\.(\\d++))(?:[eE]([+-]?\\d++))?+");

    private static final Pattern HEXADECIMAL = Pattern.compile(
            "([+-]?)0[xX](?:(\\p{XDigit}++)(?:\\.(\\p{XDigit}*+))?+|\\.(\\p{XDigit}++))(?:[pP]([+-]?\\d++))?+");

    private static final Pattern INFINITE = Pattern.compile("[+-]?(?:inf|infinity)", Pattern.CASE_INSENSITIVE);

    /** @throws Refusal if it is no number as {@code strtold} of C reads them, or one too large or too small */
    static LongDouble parse(byte[] bytes) {
        if (bytes.length >= LONGEST) {
            throw new Refusal(Refusal.NOT_FLOAT);
        }
        String text = new String(bytes, ISO_8859_1);
        Matcher decimal = DECIMAL.matcher(text);
        if (decimal.matches()) {
            return new LongDouble(read(decimal, 10));
        }
        Matcher hexadecimal = HEXADECIMAL.matcher(text);
        if (hexadecimal.matches()) {
            return new LongDouble(read(hexadecimal, 16));
        }
        if (INFINITE.matcher(text).matches()) {
            return new LongDouble(null);
        }
        throw new Refusal(Refusal.NOT_FLOAT);
    }

    private static BigDecimal read(Matcher matched, int radix) {
        String whole = matched.group(2) == null ? "" : matched.group(2);
        String behind = matched.group(2) == null ? matched.group(4) : matched.group(3);
        String fraction = behind == null ? "" : behind;
        BigInteger digits = new BigInteger(whole + fraction, radix);
        if (digits.signum() == 0) {
            return BigDecimal.ZERO;
        }
        BigDecimal read = radix == 10
                ? timesTen(digits, exponent(matched.group(5)) - fraction.length())
                : timesTwo(digits, exponent(matched.group(5)) - 4L * fraction.length());
        BigDecimal rounded = rounded(read);
        if (rounded == null || rounded.signum() == 0) {
            throw new Refusal(Refusal.NOT_FLOAT);
        }
        return matched.group(1).equals("-") ? rounded.negate() : rounded;
    }

    /** At most a few digits count: what is beyond them is beyond the type. */
    private static long exponent(@Nullable String text) {
        if (text == null) {
            return 0;
        }
        BigInteger exponent = new BigInteger(text);
        return exponent.bitLength() < 31 ? exponent.intValue() : exponent.signum() * (long) Integer.MAX_VALUE;
    }

    private static BigDecimal timesTen(BigInteger digits, long exponent) {
        long magnitude = new BigDecimal(digits).precision() + exponent;
        if (Math.abs(magnitude) > BEYOND_TEN) {
            throw new Refusal(Refusal.NOT_FLOAT);
        }
        return new BigDecimal(digits, (int) -exponent);
    }

    private static BigDecimal timesTwo(BigInteger digits, long exponent) {
        long magnitude = digits.bitLength() + exponent;
        if (Math.abs(magnitude) > 2 * BEYOND_EXPONENT) {
            throw new Refusal(Refusal.NOT_FLOAT);
        }
        return scaled(digits, (int) exponent);
    }

    private static BigDecimal scaled(BigInteger mantissa, int exponent) {
        // 2^-n is 5^n / 10^n.
        return exponent >= 0
                ? new BigDecimal(mantissa.shiftLeft(exponent))
                : new BigDecimal(mantissa.multiply(FIVE.pow(-exponent)), -exponent);
    }

    /** The nearest number that the type can hold, the even one of two; null if that is infinite. */
    private static @Nullable BigDecimal rounded(BigDecimal exact) {
        if (exact.signum() == 0) {
            return BigDecimal.ZERO;
        }
        BigInteger unscaled = exact.unscaledValue().abs();
        BigInteger numerator = exact.scale() < 0 ? unscaled.multiply(BigInteger.TEN.pow(-exact.scale())) : unscaled;
        BigInteger denominator = exact.scale() > 0 ? BigInteger.TEN.pow(exact.scale()) : BigInteger.ONE;
        int exponent = Math.max(LEAST_EXPONENT, numerator.bitLength() - denominator.bitLength() - PRECISION);
        BigInteger mantissa = quotient(numerator, denominator, exponent);
        if (mantissa.bitLength() > PRECISION) {
            exponent++;
            mantissa = quotient(numerator, denominator, exponent);
        }
        if (mantissa.bitLength() + exponent > BEYOND_EXPONENT) {
            return null;
        }
        BigDecimal rounded = scaled(mantissa, exponent);
        return exact.signum() < 0 ? rounded.negate() : rounded;
    }

    /** {@code numerator / (denominator * 2^exponent)}, rounded to the nearest, the even one of two. */
    private static BigInteger quotient(BigInteger numerator, BigInteger denominator, int exponent) {
        BigInteger above = exponent < 0 ? numerator.shiftLeft(-exponent) : numerator;
        BigInteger below = exponent > 0 ? denominator.shiftLeft(exponent) : denominator;
        return new BigDecimal(above)
                .divide(new BigDecimal(below), 0, RoundingMode.HALF_EVEN)
                .toBigIntegerExact();
    }

    /** @throws Refusal if it is infinite */
    LongDouble plus(LongDouble other) {
        BigDecimal sum = value == null || other.value == null ? null : rounded(value.add(other.value));
        if (sum == null) {
            throw new Refusal("ERR increment would produce NaN or Infinity");
        }
        return new LongDouble(sum);
    }

    /** As Redis writes it: in full, with at most 17 digits behind the point and no zeros at its end. */
    String text() {
        if (value == null) {
            return "inf";
        }
        BigDecimal written = value.setScale(WRITTEN_DIGITS, RoundingMode.HALF_EVEN);
        return written.signum() == 0 ? "0" : written.stripTrailingZeros().toPlainString();
    }
}
