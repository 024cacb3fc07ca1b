/** Micrometer meters of a cache. */
@NullMarked
package io.tiercel.cache.metrics;

import org.jspecify.annotations.NullMarked;
