/**
 * The Redis serialization protocol, versions 2 and 3, as a server speaks it: requests in, replies out. Knows buffers,
 * and neither sockets nor commands nor the cache.
 *
 * @see <a href="https://redis.io/docs/latest/develop/reference/protocol-spec/">Redis serialization protocol
 *     specification</a>
 */
@NullMarked
package io.tiercel.sidecar.resp;

import org.jspecify.annotations.NullMarked;
