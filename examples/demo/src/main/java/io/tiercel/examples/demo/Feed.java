package io.tiercel.examples.demo;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** Hands out a trace piece by piece, and starts over when it ends. May be called from any thread. */
final class Feed implements AutoCloseable {
    private final ReentrantLock lock = new ReentrantLock();
    private final Trace trace;
    private TraceReader reader;
    private boolean startedOver;

    Feed(Trace trace) throws TraceException {
        this.trace = trace;
        this.reader = trace.open();
    }

    /** The next {@code count} keys of the trace. */
    List<String> take(int count) throws TraceException {
        List<String> keys = new ArrayList<>(count);
        lock.lock();
        try {
            while (keys.size() < count) {
                keys.add(next());
            }
        } finally {
            lock.unlock();
        }
        return keys;
    }

    /** The different keys among the next {@code count}. */
    Set<String> distinct(long count, int limit) throws TraceException {
        Set<String> keys = new HashSet<>();
        lock.lock();
        try {
            for (long i = 0; i < count && !startedOver; i++) {
                keys.add(next());
                if (keys.size() > limit) {
                    throw new TraceException(String.format(
                            "the trace %s has more than %,d keys in its first %,d requests, which is as many as the"
                                    + " demo's database takes: lower --requests",
                            trace.name(), limit, i + 1));
                }
            }
        } finally {
            lock.unlock();
        }
        return keys;
    }

    /** Whether the trace came to its end and went on at its beginning. */
    boolean startedOver() {
        lock.lock();
        try {
            return startedOver;
        } finally {
            lock.unlock();
        }
    }

    private String next() throws TraceException {
        String key = reader.next();
        if (key != null) {
            return key;
        }
        close();
        startedOver = true;
        reader = trace.open();
        key = reader.next();
        if (key == null) {
            throw new TraceException("the trace " + trace.name() + " has no key");
        }
        return key;
    }

    @Override
    public void close() throws TraceException {
        try {
            reader.close();
        } catch (IOException e) {
            throw Trace.explain(trace.name(), e);
        }
    }
}
