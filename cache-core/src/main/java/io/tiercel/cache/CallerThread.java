package io.tiercel.cache;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Makes a blocking view of the future one: runs on the calling thread whatever the flow hands to its executor, for as
 * long as that thread waits for the outcome. So a loader runs on its caller's thread, with its transaction, its logging
 * context and its own stack trace, and there is one flow and not two.
 *
 * <p>When the caller has gone (it has its answer, or was interrupted), what is still to be done goes to the fallback:
 * others may be waiting for it.
 *
 * <p>One thread waits, any thread executes.
 */
final class CallerThread implements Executor {
    private final Thread caller = Thread.currentThread();
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Executor fallback;
    private volatile boolean gone;

    CallerThread(Executor fallback) {
        this.fallback = fallback;
    }

    @Override
    public void execute(Runnable task) {
        if (gone) {
            fallback.execute(task);
            return;
        }
        if (Thread.currentThread() == caller) {
            task.run();
            return;
        }
        tasks.add(task);
        LockSupport.unpark(caller);
        // The caller may have gone between the look and the addition; whoever takes the task out runs it.
        if (gone && tasks.remove(task)) {
            fallback.execute(task);
        }
    }

    /**
     * Works and waits until the future has ended.
     *
     * @throws InterruptedException if the thread is interrupted first; the work goes on elsewhere
     */
    void await(CompletableFuture<?> future) throws InterruptedException {
        try {
            if (!future.isDone()) {
                var unused = future.whenComplete((result, error) -> LockSupport.unpark(caller));
                work(future);
            }
        } finally {
            gone = true;
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                fallback.execute(task);
            }
        }
    }

    private void work(CompletableFuture<?> future) throws InterruptedException {
        while (!future.isDone()) {
            @Nullable Runnable task = tasks.poll();
            if (task != null) {
                task.run();
            } else if (Thread.interrupted()) {
                throw new InterruptedException();
            } else {
                LockSupport.park(this);
            }
        }
    }
}
