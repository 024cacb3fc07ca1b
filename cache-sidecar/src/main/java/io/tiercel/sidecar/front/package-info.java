/** The server of the Redis protocol: connections, sessions, the table of commands. */
@NullMarked
package io.tiercel.sidecar.front;

import org.jspecify.annotations.NullMarked;
