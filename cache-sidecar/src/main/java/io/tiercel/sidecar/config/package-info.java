/** The sidecar's settings: a file, the environment and flags with the same names, and where each value came from. */
@NullMarked
package io.tiercel.sidecar.config;

import org.jspecify.annotations.NullMarked;
