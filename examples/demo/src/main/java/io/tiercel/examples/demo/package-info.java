/** A real trace through three real tiers and a slow database, watched in the terminal. */
@NullMarked
package io.tiercel.examples.demo;

import org.jspecify.annotations.NullMarked;
