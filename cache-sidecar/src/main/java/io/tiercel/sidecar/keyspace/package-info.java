/** The users' keys: Redis as the truth, copies in memory kept in step by the change feed, Memcached for when Redis is away. */
@NullMarked
package io.tiercel.sidecar.keyspace;

import org.jspecify.annotations.NullMarked;
