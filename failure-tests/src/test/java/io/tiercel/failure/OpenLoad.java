package io.tiercel.failure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Requests that arrive at their rate whether or not earlier ones were answered, as those of many users do; a load that
 * waits for answers would stop asking just when it matters. Each instance has threads and a queue as an application
 * server has. A request counts from its arrival; after its deadline its user is gone, and the answer an error.
 *
 * @param perSecond over all instances
 * @param deadline what a user waits
 * @param keys asked on one thread
 */
record OpenLoad(int perSecond, Duration deadline, Supplier<String> keys) {
    private static final int THREADS = 150;
    private static final int QUEUE = 1_000;

    /** Something that happens at a moment of the load. */
    record Happening(int second, Runnable what) {}

    /**
     * @param begin in {@code System.nanoTime()}; may have been a moment ago
     */
    Timeline run(
            List<? extends Client> clients,
            KneeDatabase database,
            long begin,
            int seconds,
            List<Happening> happenings) {
        Timeline timeline = new Timeline(seconds);
        List<ThreadPoolExecutor> servers = new ArrayList<>();
        for (int i = 0; i < clients.size(); i++) {
            ThreadPoolExecutor server = new ThreadPoolExecutor(
                    THREADS, THREADS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(QUEUE), task -> {
                        Thread thread = new Thread(task, "server");
                        thread.setDaemon(true);
                        return thread;
                    });
            server.prestartAllCoreThreads();
            servers.add(server);
        }
        try {
            long now = System.nanoTime();
            if (begin - now > 0) {
                LockSupport.parkNanos(begin - now);
            }
            arrive(clients, servers, database, timeline, Math.max(begin, now), happenings);
            LockSupport.parkNanos(deadline.toNanos()); // for those who came last
        } finally {
            servers.forEach(ThreadPoolExecutor::shutdownNow);
        }
        return timeline;
    }

    private void arrive(
            List<? extends Client> clients,
            List<ThreadPoolExecutor> servers,
            KneeDatabase database,
            Timeline timeline,
            long begin,
            List<Happening> happenings) {
        long gap = TimeUnit.SECONDS.toNanos(1) / perSecond;
        long before = database.queries() + database.refused();
        int second = -1;
        for (long request = 0; ; request++) {
            long arrival = begin + request * gap;
            int now = (int) ((arrival - begin) / 1_000_000_000);
            if (now > second) {
                if (second >= 0) {
                    long asked = database.queries() + database.refused();
                    timeline.queries(second, asked - before);
                    before = asked;
                }
                second = now;
                if (second == timeline.seconds()) {
                    return;
                }
                for (Happening one : happenings) {
                    if (one.second() == second) {
                        one.what().run();
                    }
                }
            }
            long early = arrival - System.nanoTime();
            if (early > 1_000_000) {
                LockSupport.parkNanos(early);
            }
            int server = (int) (request % clients.size());
            send(clients.get(server), servers.get(server), keys.get(), timeline, second, arrival);
        }
    }

    private void send(
            Client client, ThreadPoolExecutor server, String key, Timeline timeline, int second, long arrival) {
        timeline.arrived(second);
        long end = arrival + deadline.toNanos();
        try {
            server.execute(() -> {
                boolean good = false;
                if (System.nanoTime() - end < 0) {
                    try {
                        String value = client.get(key, end);
                        good = value.equals(KneeDatabase.value(key));
                        if (!good) {
                            timeline.wrong(second);
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt(); // the load is over
                    } catch (Exception e) {
                        good = false; // whatever it is, the user sees an error, and it is counted
                    }
                }
                long now = System.nanoTime();
                timeline.ended(second, good && now - end < 0, now - arrival);
            });
        } catch (RejectedExecutionException e) {
            timeline.ended(second, false, 0); // the server's queue is full
        }
    }
}
