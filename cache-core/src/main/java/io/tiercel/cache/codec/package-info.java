/** Between values and bytes. */
@NullMarked
package io.tiercel.cache.codec;

import org.jspecify.annotations.NullMarked;
