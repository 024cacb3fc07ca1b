/** Memcached as a remote tier. The only package that knows spymemcached. */
@NullMarked
package io.tiercel.cache.tier.memcached;

import org.jspecify.annotations.NullMarked;
