package io.tiercel.examples.demo;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Turns Ctrl-C into an orderly end: whoever is at work sees {@link #isGiven}, stops and closes what it opened. */
final class StopSignal {
    private static final int PATIENCE_SECONDS = 10;

    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean given;

    /**
     * Listens from now on.
     *
     * @param restore is called last, also when the work does not come to its end
     */
    void listen(Runnable restore) {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            given = true;
                            awaitClosed();
                            restore.run();
                        },
                        "stop"));
    }

    private void awaitClosed() {
        try {
            if (!closed.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("gave up waiting for the demo to end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    boolean isGiven() {
        return given;
    }

    /** Everything is closed: the process may end. */
    void closed() {
        closed.countDown();
    }
}
