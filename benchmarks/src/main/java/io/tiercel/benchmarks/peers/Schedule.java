package io.tiercel.benchmarks.peers;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A reader on instance 0 has got the old value and not yet put it where it belongs, when somebody writes.
 *
 * @param reads what the reader waits for
 * @param writer the instance that writes
 * @param write what it does
 */
record Schedule(Reads reads, int writer, Write write) {
    /** Longer than the run: nothing old goes away by itself. */
    static final Duration TTL = Duration.ofMinutes(10);

    static final String OLD = "old";
    static final String NEW = "new";

    private static final long SHORT_MILLIS = 10;
    /** For news to arrive while the reader still waits: they take one or two. */
    private static final long NEWS_MILLIS = 50;

    private static final long PATIENCE_SECONDS = 60;
    private static final int ATTEMPTS = 20;

    enum Reads {
        /** L2 has the old value, and its answer is late. */
        ANSWER,
        /** No tier has a value; the loader has read the old one from its source and is late. */
        LOAD
    }

    enum Write {
        PUT,
        REMOVE
    }

    @Override
    public String toString() {
        return (reads == Reads.ANSWER ? "L2's answer is late, " : "the loader is late, ")
                + (writer == 0 ? "same instance " : "another instance ")
                + (write == Write.PUT ? "puts" : "removes");
    }

    /** One key's round. Returns when reader and writer have. */
    void run(Contestant cache, LateAnswers network, String key) throws Exception {
        if (reads == Reads.ANSWER) {
            acknowledged(() -> cache.put(1, key, OLD));
            Thread.sleep(SHORT_MILLIS);
            answerIsLate(cache, network, key);
        } else {
            loaderIsLate(cache, key);
        }
    }

    private void answerIsLate(Contestant cache, LateAnswers network, String key) throws Exception {
        network.hold(key);
        CompletableFuture<Void> reader;
        CompletableFuture<Void> written;
        try {
            reader = CompletableFuture.runAsync(() -> cache.get(0, key, null));
            network.awaitRequest();
            Thread.sleep(SHORT_MILLIS); // Redis has answered, with the old value
            written = CompletableFuture.runAsync(() -> write(cache, key));
            Thread.sleep(NEWS_MILLIS);
        } finally {
            network.release();
        }
        await(reader);
        await(written);
    }

    private void loaderIsLate(Contestant cache, String key) throws Exception {
        AtomicReference<String> database = new AtomicReference<>(OLD);
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> cache.get(0, key, k -> {
            String row = database.get(); // who loads once more, after the writer, gets the new one
            loading.countDown();
            awaitUninterruptibly(go);
            return row;
        }));
        if (!loading.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException(cache.name() + " did not load " + key);
        }
        database.set(NEW);
        CompletableFuture<Void> written = CompletableFuture.runAsync(() -> write(cache, key));
        Thread.sleep(NEWS_MILLIS);
        go.countDown();
        await(reader);
        await(written);
    }

    private void write(Contestant cache, String key) {
        acknowledged(() -> {
            if (write == Write.PUT) {
                cache.put(writer, key, NEW);
            } else {
                cache.remove(writer, key);
            }
        });
    }

    /** On a busy machine a write may time out, and is repeated until it does not. */
    private static void acknowledged(Runnable write) {
        for (int attempt = 1; ; attempt++) {
            try {
                write.run();
                return;
            } catch (RuntimeException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static void await(CompletableFuture<Void> one) throws Exception {
        one.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            if (!latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the writer did not come");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
