package io.tiercel.coherence;

import java.io.IOException;

/** An instance as the harness handles it, in this JVM or in one of its own. */
interface Member extends AutoCloseable {
    /** Its threads begin to work. */
    void start() throws Exception;

    /** Its threads stop; returns when the last has. */
    void rest() throws Exception;

    /** Looks every key up without a loader, and records what it got. */
    void look() throws Exception;

    /** Gets every key, and records what it got. */
    void get() throws Exception;

    Tally tally() throws Exception;

    /** Ends it; its log is complete. */
    @Override
    void close() throws IOException;
}
