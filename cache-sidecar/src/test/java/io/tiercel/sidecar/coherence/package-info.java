/** Whether what clients read through sidecars is what Redis holds, also when things break. */
@NullMarked
package io.tiercel.sidecar.coherence;

import org.jspecify.annotations.NullMarked;
