package io.tiercel.examples.demo;

import java.util.SplittableRandom;

/**
 * What the database holds for a key.
 *
 * @param key the key, as it is in the stored row: that is how an answer proves whose it is
 * @param text about 300 characters that follow from key and seed, see {@link #textOf}
 * @param madeAt when this object was made, on {@link System#nanoTime}'s clock; an answer that was made before it was
 *     asked for came from L1
 */
record Row(String key, String text, long madeAt) {
    private static final int LENGTH = 300;

    static Row of(String key, String text) {
        return new Row(key, text, System.nanoTime());
    }

    /** The text that belongs to a key, and to no other. */
    static String textOf(String key, long seed) {
        SplittableRandom random = new SplittableRandom(seed ^ (key.hashCode() * 0x9E3779B97F4A7C15L));
        StringBuilder text =
                new StringBuilder(LENGTH).append("item ").append(key).append(": ");
        while (text.length() < LENGTH) {
            text.append((char) ('a' + random.nextInt(26)));
        }
        return text.toString();
    }

    /** Whether this row is the whole one of the key. */
    boolean belongsTo(String asked, long seed) {
        return key.equals(asked) && text.equals(textOf(asked, seed));
    }
}
