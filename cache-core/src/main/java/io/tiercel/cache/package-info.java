/** The multi-level cache: public API and engine. */
@NullMarked
package io.tiercel.cache;

import org.jspecify.annotations.NullMarked;
