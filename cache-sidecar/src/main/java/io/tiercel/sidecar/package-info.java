/** The sidecar: the cache as a process of its own, for services in any language. */
@NullMarked
package io.tiercel.sidecar;

import org.jspecify.annotations.NullMarked;
