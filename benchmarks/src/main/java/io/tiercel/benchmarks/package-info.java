/** Benchmarks beside the peers, in one run. */
@NullMarked
package io.tiercel.benchmarks;

import org.jspecify.annotations.NullMarked;
