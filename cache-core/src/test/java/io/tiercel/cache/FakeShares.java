package io.tiercel.cache;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A fleet that is as large as the test says. */
final class FakeShares implements FleetShares {
    final AtomicInteger taken = new AtomicInteger();
    final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    volatile int size;
    private volatile int permits = Integer.MAX_VALUE;

    FakeShares(int size) {
        this.size = size;
    }

    void permits(int permits) {
        this.permits = permits;
        listeners.forEach(Runnable::run);
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int loaderPermits() {
        return permits;
    }

    @Override
    public boolean takeLoaderPermit() {
        int before = taken.getAndUpdate(now -> now < permits ? now + 1 : now);
        return before < permits;
    }

    @Override
    public void returnLoaderPermit() {
        taken.decrementAndGet();
        listeners.forEach(Runnable::run);
    }

    @Override
    public void onMore(Runnable listener) {
        listeners.add(listener);
    }

    @Override
    public void forget(Runnable listener) {
        listeners.remove(listener);
    }
}
