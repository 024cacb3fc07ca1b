/** Real servers for development and tests. Knows nothing of the cache library. */
@NullMarked
package io.tiercel.embedded;

import org.jspecify.annotations.NullMarked;
