package io.tiercel.examples.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Some threads that do the same work, while the caller's looks on. */
final class Crew {
    private Crew() {}

    /**
     * Runs the work on that many threads and returns when all of them are done.
     *
     * @param period how often to look on, in milliseconds
     * @param lookOn is called on the caller's thread meanwhile, and once at the end
     * @throws Exception what the work threw
     */
    static void run(int threads, Callable<Void> work, long period, Runnable lookOn) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "request");
            thread.setDaemon(true);
            return thread;
        });
        CountDownLatch atWork = new CountDownLatch(threads);
        try {
            List<Future<Void>> results = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                results.add(executor.submit(() -> {
                    try {
                        return work.call();
                    } finally {
                        atWork.countDown();
                    }
                }));
            }
            while (!atWork.await(period, TimeUnit.MILLISECONDS)) {
                lookOn.run();
            }
            for (Future<Void> result : results) {
                result.get();
            }
            lookOn.run();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        } finally {
            executor.shutdown();
        }
    }
}
