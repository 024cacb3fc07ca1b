package io.tiercel.sidecar.control;

import java.time.Duration;

/**
 * What happens to commands for Redis beyond those that may be in flight.
 *
 * @param enabled whether they wait at all; off, they are refused at once
 * @param maxSize how many may wait; 1 to 1,000,000
 * @param timeout how long one may wait before it is refused; 1 ms to 60 s
 */
public record QueueSettings(boolean enabled, int maxSize, Duration timeout) {}
