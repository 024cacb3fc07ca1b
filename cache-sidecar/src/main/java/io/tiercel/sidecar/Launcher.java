package io.tiercel.sidecar;

import io.tiercel.sidecar.config.SidecarConfig;

/** Starts a sidecar. */
@FunctionalInterface
public interface Launcher {
    /**
     * Opens the ports and connects to the tiers. Returns when clients are served; warming up may go on.
     *
     * @throws StartException if it could not; nothing is left open or running then
     */
    Running launch(SidecarConfig config) throws StartException;
}
