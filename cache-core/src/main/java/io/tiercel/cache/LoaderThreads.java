package io.tiercel.cache;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The executors of a cache that was given none: few daemon threads that go when idle, and a bounded queue. */
final class LoaderThreads {
    private static final int THREADS = 32;
    private static final int QUEUE = 10_000;
    private static final long IDLE_SECONDS = 10;

    private LoaderThreads() {}

    /**
     * Threads for loaders alone: those that hang must not be in the way of the rest. How many there are the loader permits
     * say.
     */
    static ThreadPoolExecutor forLoaders(String cache) {
        return new ThreadPoolExecutor(
                0,
                Integer.MAX_VALUE,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                threads("tiercel-" + cache + "-loader-"));
    }

    static ThreadPoolExecutor named(String cache) {
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(QUEUE),
                threads("tiercel-" + cache + "-"));
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    private static ThreadFactory threads(String prefix) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, prefix + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }
}
