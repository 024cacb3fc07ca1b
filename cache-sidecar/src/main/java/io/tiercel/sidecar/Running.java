package io.tiercel.sidecar;

/** A sidecar that runs. All methods may be called from any thread. */
public interface Running extends AutoCloseable {
    /** What the start-up screen shows; the ports are those that were bound. */
    StartFacts facts();

    /**
     * Waits until the sidecar has ended, whoever asked for it.
     *
     * @throws InterruptedException if the waiting thread was interrupted; the sidecar goes on
     */
    void awaitEnd() throws InterruptedException;

    /**
     * Says that it is not ready, takes nothing more in, and waits until all that was received is answered, but no longer
     * than {@code drain-timeout}. Further calls wait for the same.
     */
    void drain();

    /** Closes everything, at once; without effect if it is closed. */
    @Override
    void close();
}
