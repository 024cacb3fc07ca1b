package io.tiercel.cache;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The executor of a cache that was given none: few daemon threads that go when idle, and a bounded queue. */
final class LoaderThreads {
    private static final int THREADS = 32;
    private static final int QUEUE = 10_000;
    private static final long IDLE_SECONDS = 10;

    private LoaderThreads() {}

    static ThreadPoolExecutor named(String cache) {
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                THREADS, THREADS, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(QUEUE), task -> {
                    Thread thread = new Thread(task, "tiercel-" + cache + "-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }
}
