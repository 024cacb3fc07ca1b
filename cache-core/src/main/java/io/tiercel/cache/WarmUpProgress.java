package io.tiercel.cache;

import java.time.Duration;

/**
 * How far a warm-up has come.
 *
 * @param keys keys asked for so far
 * @param total keys to ask for, within the budget
 * @param found keys that a tier had
 * @param bytes bytes fetched so far
 * @param elapsed time since it began
 */
public record WarmUpProgress(int keys, int total, int found, long bytes, Duration elapsed) {
    /** From 0 to 100. */
    public int percent() {
        return total == 0 ? 100 : (int) (100L * keys / total);
    }

    /** Time to the end at the rate so far. */
    public Duration eta() {
        return keys == 0 ? Duration.ZERO : elapsed.multipliedBy(total - keys).dividedBy(keys);
    }
}
