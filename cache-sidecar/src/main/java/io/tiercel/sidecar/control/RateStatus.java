package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

/**
 * How the rate limit of the fleet is kept, by this sidecar.
 *
 * @param pods among how many sidecars the limit is divided when Redis cannot be asked, at least 1
 * @param fallback why this sidecar keeps to its own share of the limit, since Redis cannot be asked; empty if it does not
 * @param asks how often Redis was asked for tokens
 * @param failures how often it did not answer that
 */
public record RateStatus(int pods, String fallback, long asks, long failures) {
    /** Where nothing is shared. */
    public static final RateStatus ALONE = new RateStatus(1, "", 0, 0);

    public RateStatus {
        requireNonNull(fallback, "fallback");
    }
}
