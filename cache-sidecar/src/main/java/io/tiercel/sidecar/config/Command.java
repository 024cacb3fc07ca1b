package io.tiercel.sidecar.config;

/** What the command line asks for. */
public sealed interface Command {
    /**
     * A sidecar with these settings.
     *
     * @param config what it is to run with
     */
    record Run(SidecarConfig config) implements Command {}

    /**
     * A text on the standard output, and that is all: the help, or the settings in force.
     *
     * @param text with its last line break
     */
    record Print(String text) implements Command {}

    /** The version. */
    record Version() implements Command {}
}
