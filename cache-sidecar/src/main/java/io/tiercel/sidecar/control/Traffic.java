package io.tiercel.sidecar.control;

/**
 * What the Redis front end has done since the start, and what it is doing now.
 *
 * @param commands commands received
 * @param reads keys read by GET, MGET and the like
 * @param l1Hits of these, answered from memory
 * @param l2Hits of these, answered by Redis with a value
 * @param l3Hits of these, answered by Memcached while Redis could not be asked
 * @param staleHits of these, answered from memory although nobody vouches for the value any more
 * @param misses of these, found to have no value
 * @param readErrors of these, answered with an error
 * @param writes commands that change keys
 * @param writeErrors of these, answered with an error
 * @param passedThrough commands handed on to Redis as they are
 * @param rateLimited commands refused by the rate limit
 * @param overloaded commands refused because the queue was full or they waited too long
 * @param protocolErrors connections closed since what they sent is no request
 * @param connections clients connected now
 * @param connectionsOpened clients that have connected
 * @param connectionsRefused clients turned away at the limit
 * @param inFlight commands that wait for Redis now
 * @param queued commands that wait to be sent to Redis now
 * @param invalidations changes of keys that Redis told of
 * @param p50Micros half of the commands of the last minute took at most this long, in microseconds
 * @param p95Micros as p50Micros for 95 of 100
 * @param p99Micros as p50Micros for 99 of 100
 */
public record Traffic(
        long commands,
        long reads,
        long l1Hits,
        long l2Hits,
        long l3Hits,
        long staleHits,
        long misses,
        long readErrors,
        long writes,
        long writeErrors,
        long passedThrough,
        long rateLimited,
        long overloaded,
        long protocolErrors,
        long connections,
        long connectionsOpened,
        long connectionsRefused,
        long inFlight,
        long queued,
        long invalidations,
        long p50Micros,
        long p95Micros,
        long p99Micros) {}
