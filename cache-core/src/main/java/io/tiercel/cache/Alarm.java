package io.tiercel.cache;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The cache's own timer: one daemon thread, made when first needed. What it runs must be short and not wait.
 * Thread-safe.
 */
final class Alarm implements AutoCloseable {
    private final ScheduledThreadPoolExecutor thread;

    Alarm(String cache) {
        thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread timer = new Thread(task, "tiercel-" + cache + "-timer");
            timer.setDaemon(true);
            return timer;
        });
        thread.setRemoveOnCancelPolicy(true);
        thread.setKeepAliveTime(10, TimeUnit.SECONDS);
        thread.allowCoreThreadTimeOut(true);
    }

    /** Runs it once; never, if the cache is closed first. */
    @Nullable
    ScheduledFuture<?> in(long millis, Runnable task) {
        try {
            return thread.schedule(task, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            return null;
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
