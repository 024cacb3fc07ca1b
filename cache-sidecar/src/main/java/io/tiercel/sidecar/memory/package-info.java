/** Keys in this process' memory alone, for a sidecar without Redis. */
@NullMarked
package io.tiercel.sidecar.memory;

import org.jspecify.annotations.NullMarked;
