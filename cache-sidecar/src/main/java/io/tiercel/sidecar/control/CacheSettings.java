package io.tiercel.sidecar.control;

import java.time.Duration;

/**
 * How long copies of what Redis holds are used.
 *
 * @param ttl how long a copy in memory may be used without being read again, and how long a value lives that was filled
 *     without a life of its own; Redis' own expiry always ends it sooner; 1 s to 30 days
 * @param aggressive spares Redis and the source behind it at the cost of freshness: see docs/sidecar.md
 */
public record CacheSettings(Duration ttl, boolean aggressive) {}
