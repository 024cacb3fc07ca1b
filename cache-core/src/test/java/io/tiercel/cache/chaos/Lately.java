package io.tiercel.cache.chaos;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The last values that went by, so that one of them can be given out under another key. Thread-safe. */
final class Lately {
    private final int most;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Pair> pairs = new ArrayDeque<>();

    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Pair(String key, byte[] value) {}

    Lately(int most) {
        this.most = most;
    }

    void note(String key, byte[] value) {
        lock.lock();
        try {
            if (pairs.size() == most) {
                pairs.removeFirst();
            }
            pairs.addLast(new Pair(key, value));
        } finally {
            lock.unlock();
        }
    }

    /** A value of any other key; null if none went by. */
    byte @Nullable [] other(String key, Random random) {
        lock.lock();
        try {
            List<Pair> others =
                    pairs.stream().filter(pair -> !pair.key().equals(key)).toList();
            return others.isEmpty()
                    ? null
                    : others.get(random.nextInt(others.size())).value();
        } finally {
            lock.unlock();
        }
    }
}
