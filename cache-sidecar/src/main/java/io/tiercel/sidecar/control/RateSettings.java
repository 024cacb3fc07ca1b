package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

/**
 * A token bucket for commands.
 *
 * @param requestsPerMinute how fast it is refilled; 0 for no limit, at most 1,000,000,000
 * @param burst how many tokens it holds; 1 to 1,000,000,000, and it may be more than a minute's
 * @param per who shares it
 */
public record RateSettings(int requestsPerMinute, int burst, RateScope per) {
    public RateSettings {
        requireNonNull(per, "per");
    }
}
