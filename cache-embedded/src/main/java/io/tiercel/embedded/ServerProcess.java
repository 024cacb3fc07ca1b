package io.tiercel.embedded;

import java.time.Duration;

/** One server process of a {@link Host}, which can be started again after it ended. Safe for use by any thread. */
sealed interface ServerProcess permits LocalProcess, ContainerProcess {

    /** Starts it; the caller has made sure that it does not run. */
    void start();

    boolean isAlive();

    long pid();

    /** Sends a signal by its short name, such as {@code STOP}. */
    void signal(String name);

    /** Whether it has ended within that time. */
    boolean awaitExit(Duration timeout);

    /** The last lines of what it printed. */
    String logTail();

    /** Where the log is, for a person. */
    String logPlace();

    /** Ends it at once, even when it is stopped. */
    default void kill() {
        if (!isAlive()) {
            return;
        }
        signal("KILL");
        if (!awaitExit(Duration.ofSeconds(5))) {
            throw new IllegalStateException("process " + pid() + " survived SIGKILL for 5 s");
        }
    }
}
