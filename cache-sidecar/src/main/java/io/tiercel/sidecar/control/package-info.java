/** What can be seen of the sidecar and changed while it runs, whoever asks: HTTP or a client of the Redis protocol. */
@NullMarked
package io.tiercel.sidecar.control;

import org.jspecify.annotations.NullMarked;
