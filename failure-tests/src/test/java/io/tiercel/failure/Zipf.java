package io.tiercel.failure;

import java.util.Arrays;
import java.util.Random;

/** Keys of which the n-th hottest is asked for in proportion to n to the power of -0.99. Thread-safe. */
final class Zipf {
    private static final double EXPONENT = 0.99;

    private final double[] upTo;
    private final Random random;

    Zipf(int keys, long seed) {
        upTo = new double[keys];
        double sum = 0;
        for (int i = 0; i < keys; i++) {
            sum += Math.pow(i + 1, -EXPONENT);
            upTo[i] = sum;
        }
        random = new Random(seed);
    }

    String next() {
        int found = Arrays.binarySearch(upTo, random.nextDouble() * upTo[upTo.length - 1]);
        return key(Math.min(found < 0 ? -found - 1 : found, upTo.length - 1));
    }

    static String key(int rank) {
        return "k" + rank;
    }
}
