/** What a remote tier must do ({@link io.tiercel.cache.tier.RemoteTier}) and the bytes that it stores for the engine. */
@NullMarked
package io.tiercel.cache.tier;

import org.jspecify.annotations.NullMarked;
