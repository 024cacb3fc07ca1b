package io.tiercel.cache;

/**
 * What one tier did since the cache was built. Immutable.
 *
 * @param name {@code local}, or the remote tier's own name
 * @param hits keys that this tier answered
 * @param misses keys that this tier was asked for and did not have, or had only beyond use
 * @param failures keys whose operation failed or came too late; 0 for L1
 * @param puts keys written, fills and promotions included
 * @param removals keys removed by callers
 * @param promotions values of deeper tiers that were copied to this one
 * @param oversized values that were too large for this tier and passed it by; for L1, while the heap was nearly full
 * @param undecodable stored bytes that were not a value of this cache, counted as misses too
 * @param bytesRead bytes of the values read; 0 for L1
 * @param bytesWritten bytes of the values written; 0 for L1
 * @param evictions entries that L1 dropped to stay in its bounds or because they had ended; 0 for remote tiers
 * @param entries entries that L1 holds, about; 0 for remote tiers
 * @param bytes what L1's entries weigh if it is bounded by bytes, else 0
 */
public record TierStats(
        String name,
        long hits,
        long misses,
        long failures,
        long puts,
        long removals,
        long promotions,
        long oversized,
        long undecodable,
        long bytesRead,
        long bytesWritten,
        long evictions,
        long entries,
        long bytes) {}
