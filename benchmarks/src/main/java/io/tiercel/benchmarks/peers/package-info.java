/** The same schedules against Tiercel and against a peer. Nothing outside this module may depend on peers. */
@NullMarked
package io.tiercel.benchmarks.peers;

import org.jspecify.annotations.NullMarked;
