package io.tiercel.sidecar.coherence;

import io.tiercel.sidecar.coherence.History.Outcome;
import io.tiercel.sidecar.coherence.History.Read;
import io.tiercel.sidecar.coherence.History.Write;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A client of one sidecar which writes its own keys, or reads all, and notes what it did and was told.
 *
 * <p>Some keys are written all the time. Others are written many times in a row and then not for longer than the bound:
 * what was kept of them by mistake shows then. Those are read most.
 */
final class Worker {
    static final int KEYS = 24;

    private static final int RESTING = 6;
    private static final int MOST_IN_A_ROW = 16;
    private static final int READS_IN_A_ROW = 8;
    private static final long REST = TimeUnit.MILLISECONDS.toNanos(2_300);
    private static final long READ_PAUSE = TimeUnit.MICROSECONDS.toNanos(150);
    private static final long WRITE_PAUSE = TimeUnit.MILLISECONDS.toNanos(4);
    private static final AtomicInteger CONNECTIONS = new AtomicInteger();

    private final int port;
    private final int sidecar;
    private final boolean resp3;
    /** Writers write each so-manieth key; 0 for readers. */
    private final int every;

    private final Settled settled;
    private final History history = new History();
    private final SplittableRandom random;
    private final int[] versions = new int[KEYS];
    private final long[] failedAt = new long[KEYS];
    private final boolean[] unknown = new boolean[KEYS];
    private final long[] restsUntil = new long[KEYS];
    private final Thread thread = new Thread(this::run, "worker");

    private volatile boolean stopped;
    private @Nullable RespClient client;
    private int connection;

    private Worker(int port, int sidecar, boolean resp3, int every, Settled settled) {
        this.port = port;
        this.sidecar = sidecar;
        this.resp3 = resp3;
        this.every = every;
        this.settled = settled;
        this.random = new SplittableRandom(port);
        java.util.Arrays.fill(restsUntil, System.nanoTime());
    }

    static Worker writer(int port, int sidecar, int every, Settled settled) {
        return new Worker(port, sidecar, false, every, settled);
    }

    static Worker reader(int port, int sidecar, boolean resp3, Settled settled) {
        return new Worker(port, sidecar, resp3, 0, settled);
    }

    static String key(int key) {
        return "h:" + key;
    }

    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    void stopWriting() {
        stopped |= every > 0;
    }

    void stop() {
        stopped = true;
    }

    /** After it has ended. */
    History history() throws InterruptedException {
        thread.join(TimeUnit.SECONDS.toMillis(30));
        if (thread.isAlive()) {
            throw new AssertionError("a client got no answer within 30 s");
        }
        return history;
    }

    private void run() {
        while (!stopped) {
            if (every > 0) {
                int key = sidecar + every * random.nextInt(KEYS / every);
                if (key >= RESTING) {
                    write(key);
                } else if (System.nanoTime() - restsUntil[key] >= 0) {
                    writeInARow(key);
                }
                LockSupport.parkNanos(WRITE_PAUSE);
            } else {
                read();
                LockSupport.parkNanos(READ_PAUSE);
            }
        }
        hangUp();
    }

    private void writeInARow(int key) {
        int count = 1 + random.nextInt(MOST_IN_A_ROW);
        for (int i = 0; i < count && !stopped; i++) {
            write(key);
        }
        restsUntil[key] = System.nanoTime() + REST;
    }

    private void write(int key) {
        if (unknown[key] && !settled.isSettled(failedAt[key])) {
            return;
        }
        unknown[key] = false;
        int version = ++versions[key];
        boolean removal = random.nextInt(8) == 0;
        long start = System.nanoTime();
        Object reply = removal ? ask("DEL", key(key)) : ask("SET", key(key), key + ":" + version);
        long end = System.nanoTime();
        boolean done = removal ? reply instanceof Long : "OK".equals(reply);
        if (!done) {
            unknown[key] = true;
            failedAt[key] = end;
        }
        history.add(new Write(key, version, removal, sidecar, start, end, done ? Outcome.OK : Outcome.FAILED));
    }

    private void read() {
        int key = random.nextInt(4) > 0 ? random.nextInt(RESTING) : random.nextInt(KEYS);
        for (int i = 0; i < READS_IN_A_ROW && !stopped; i++) {
            long start = System.nanoTime();
            Object reply = ask("GET", key(key));
            history.add(read(key, reply, sidecar, connection, start, false));
        }
    }

    static Read read(int key, @Nullable Object reply, int sidecar, int connection, long start, boolean atRest) {
        long end = System.nanoTime();
        if (reply == null) {
            return new Read(key, 0, sidecar, connection, start, end, Outcome.NOTHING, atRest);
        }
        if (!(reply instanceof String value)) {
            return new Read(key, 0, sidecar, connection, start, end, Outcome.FAILED, atRest);
        }
        String own = key + ":";
        int version = value.startsWith(own) ? Integer.parseInt(value.substring(own.length())) : -1;
        return new Read(key, version, sidecar, connection, start, end, Outcome.OK, atRest);
    }

    private @Nullable Object ask(String... words) {
        try {
            RespClient current = client;
            if (current == null) {
                current = resp3 ? RespClient.resp3(port) : new RespClient(port);
                client = current;
                connection = CONNECTIONS.incrementAndGet();
            }
            return current.ask(words);
        } catch (IOException e) {
            hangUp();
            return new RespClient.Failure(String.valueOf(e.getMessage()));
        }
    }

    private void hangUp() {
        RespClient last = client;
        client = null;
        if (last != null) {
            try {
                last.close();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}
