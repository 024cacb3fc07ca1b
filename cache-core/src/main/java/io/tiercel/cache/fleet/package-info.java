/** What the instances of a service know of each other and decide together, by way of the Redis that they share. */
@NullMarked
package io.tiercel.cache.fleet;

import org.jspecify.annotations.NullMarked;
