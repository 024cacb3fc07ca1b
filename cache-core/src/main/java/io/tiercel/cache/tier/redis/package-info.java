/** Redis, standalone and Cluster, as a remote tier. The only package that knows Lettuce. */
@NullMarked
package io.tiercel.cache.tier.redis;

import org.jspecify.annotations.NullMarked;
