package io.tiercel.cache;

import java.time.Duration;

/**
 * What the number of instances makes of a cache's settings at the moment. Immutable.
 *
 * @param size by how many instances everything is divided; at least 1
 * @param loaderPermits how many loader calls may be under way here as far as the fleet goes, of all caches that share them;
 *     0 or more, {@link Integer#MAX_VALUE} if it has no limit
 * @param localTtl how long a copy stays in L1 that comes in now, while changes by others are told of
 * @see TieredCacheBuilder#fleet
 */
public record FleetStats(int size, int loaderPermits, Duration localTtl) {}
