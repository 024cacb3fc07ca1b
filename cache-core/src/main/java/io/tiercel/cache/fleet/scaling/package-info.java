/**
 * When to have more pods or fewer. {@link io.tiercel.cache.fleet.scaling.Signals} measures one pod, {@link
 * io.tiercel.cache.fleet.scaling.Recommender} judges the fleet. Nothing here knows how pods tell each other; nothing reads
 * a clock.
 */
@NullMarked
package io.tiercel.cache.fleet.scaling;

import org.jspecify.annotations.NullMarked;
