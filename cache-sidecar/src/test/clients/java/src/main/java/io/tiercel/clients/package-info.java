/** Java clients of the Redis protocol, each doing the same steps against a server that it knows by host and port only. */
@NullMarked
package io.tiercel.clients;

import org.jspecify.annotations.NullMarked;
