package io.tiercel.failure;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A database that behaves as one does under load, in real time and without using a core: it has so many cores, which all
 * queries under way share, and a limit of connections, beyond which it refuses. Up to its cores it does more the more it
 * is asked; beyond, it does less and less, since the queries are in each other's way: that bend is its knee.
 *
 * <p>How much less is taken from one measurement: 16 cores that do 1,600 queries a second with 16 connections and 986
 * with 150. A query whose caller has gone away is worked on to its end all the same, as one over JDBC mostly is; without
 * that, no overload would outlive its cause.
 *
 * <p>Thread-safe. Answers come on the database's own thread.
 */
final class KneeDatabase implements AutoCloseable {
    private static final double THRASHING = (1_600.0 / 986 - 1) / (150.0 / 16 - 1);

    private final int cores;
    private final double perQuery;
    private final int connections;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition sooner = lock.newCondition();
    private final PriorityQueue<Running> running =
            new PriorityQueue<>(Comparator.comparingDouble(Running::end).thenComparingLong(Running::number));
    private final Queue<Running> done = new ArrayDeque<>();
    /** Nanoseconds of a core that each query has had which is under way since the beginning. */
    private double served;

    private long servedAt = System.nanoTime();
    /** Queries differ, or those that came together would end together for ever. */
    private final Random random = new Random(1);

    private double slowness = 1;
    private boolean closed;
    private long queries;
    private long refused;
    private int peak;

    private record Running(String key, double end, long number, CompletableFuture<String> answer) {}

    /** The database has no connection left. */
    static final class TooManyConnections extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooManyConnections(int connections) {
            // Thousands a second, and nobody looks at the place.
            super("too many connections: " + connections, null, false, false);
        }
    }

    /**
     * @param perQuery how long a query takes on average that has a core for itself: between half of it and half more
     * @param connections how many queries may be under way
     */
    KneeDatabase(int cores, Duration perQuery, int connections) {
        this.cores = cores;
        this.perQuery = perQuery.toNanos();
        this.connections = connections;
        Thread thread = new Thread(this::work, "knee-database");
        thread.setDaemon(true);
        thread.start();
    }

    /** The row of a key, which {@link #value} says. */
    CompletableFuture<String> query(String key) {
        return query(key, 1);
    }

    /** A query that is so many times as much work as others. */
    @SuppressWarnings("ReferenceEquality") // this very query, not one that equals it
    CompletableFuture<String> query(String key, double work) {
        lock.lock();
        try {
            advance();
            if (running.size() >= connections) {
                refused++;
                return CompletableFuture.failedFuture(new TooManyConnections(connections));
            }
            Running query = new Running(
                    key, served + perQuery * work * (0.5 + random.nextDouble()), queries++, new CompletableFuture<>());
            running.add(query);
            peak = Math.max(peak, running.size());
            if (running.peek() == query || !done.isEmpty()) {
                sooner.signal();
            }
            return query.answer();
        } finally {
            lock.unlock();
        }
    }

    static String value(String key) {
        return "row of " + key;
    }

    /** From now on everything takes so many times as long; 1 is as usual. */
    void slowDown(double factor) {
        lock.lock();
        try {
            advance();
            slowness = factor;
            sooner.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Queries begun so far. */
    long queries() {
        return locked(() -> queries);
    }

    /** Queries refused so far. */
    long refused() {
        return locked(() -> refused);
    }

    /** The most queries that were under way at once. */
    int peak() {
        return (int) locked(() -> peak);
    }

    int underWay() {
        return (int) locked(running::size);
    }

    private long locked(java.util.function.LongSupplier read) {
        lock.lock();
        try {
            return read.getAsLong();
        } finally {
            lock.unlock();
        }
    }

    /** Of a core, what each of so many queries gets. */
    private double speed(int concurrent) {
        if (concurrent <= cores) {
            return 1 / slowness;
        }
        double crowding = (double) concurrent / cores;
        return 1 / (crowding * (1 + THRASHING * (crowding - 1))) / slowness;
    }

    /** Brings what has been served up to now, one end of a query after the other. Under the lock. */
    private void advance() {
        long now = System.nanoTime();
        double left = now - servedAt;
        servedAt = now;
        while (!running.isEmpty()) {
            double speed = speed(running.size());
            double untilEnd = (running.peek().end() - served) / speed;
            if (untilEnd > left) {
                served += left * speed;
                return;
            }
            left -= untilEnd;
            served = running.peek().end();
            done.add(running.poll());
        }
    }

    private void work() {
        while (true) {
            List<Running> ended = new ArrayList<>();
            lock.lock();
            try {
                advance();
                while (done.isEmpty() && !closed) {
                    if (running.isEmpty()) {
                        sooner.await();
                    } else {
                        double nanos = (running.peek().end() - served) / speed(running.size());
                        long unused = sooner.awaitNanos((long) nanos + 1);
                    }
                    advance();
                }
                if (closed) {
                    return;
                }
                ended.addAll(done);
                done.clear();
            } catch (InterruptedException e) {
                return; // nobody else knows this thread
            } finally {
                lock.unlock();
            }
            ended.forEach(query -> query.answer().complete(value(query.key())));
        }
    }

    /** What is under way never answers. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            sooner.signal();
        } finally {
            lock.unlock();
        }
    }
}
