package io.tiercel.sidecar.control;

/**
 * A token bucket for commands.
 *
 * @param requestsPerMinute how fast it is refilled; 0 for no limit, at most 1,000,000,000
 * @param burst how many tokens it holds; 1 to 1,000,000,000, and it may be more than a minute's
 */
public record RateSettings(int requestsPerMinute, int burst) {}
