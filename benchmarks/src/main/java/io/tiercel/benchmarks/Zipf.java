package io.tiercel.benchmarks;

import java.util.Arrays;
import java.util.Random;

/** Draws of 0, 1, 2… where n comes as often as 1 / (n + 1) to the power of the skew. */
final class Zipf {
    private final double[] upTo;

    Zipf(int items, double skew) {
        upTo = new double[items];
        double sum = 0;
        for (int i = 0; i < items; i++) {
            sum += 1 / Math.pow(i + 1, skew);
            upTo[i] = sum;
        }
    }

    int draw(Random random) {
        int at = Arrays.binarySearch(upTo, random.nextDouble() * upTo[upTo.length - 1]);
        return Math.min(upTo.length - 1, at >= 0 ? at : -at - 1);
    }
}
