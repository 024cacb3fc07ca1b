package io.tiercel.cache.fleet;

import io.tiercel.cache.FleetShares;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The loader calls of one instance's caches as a share of a fleet's budget. What is told to Redis as in use is counted
 * under the lock under which calls are admitted: a call that was admitted by a larger share is counted, or sees that the
 * share has become smaller. Thread-safe.
 */
final class LoadShares implements FleetShares {
    private final IntSupplier size;
    private final @Nullable FleetBudget budget;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicInteger turn = new AtomicInteger();
    private int taken;

    /**
     * Shares of one instance.
     *
     * @param size by how many everything is divided
     * @param budget null if the fleet has no limit
     */
    LoadShares(IntSupplier size, @Nullable FleetBudget budget) {
        this.size = size;
        this.budget = budget;
    }

    static LoadShares of(IntSupplier size, FleetBudget budget) {
        LoadShares shares = new LoadShares(size, budget);
        budget.inUse(shares::taken);
        budget.onChange(shares::tell);
        return shares;
    }

    @Override
    public int size() {
        return size.getAsInt();
    }

    @Override
    public int loaderPermits() {
        return budget == null ? Integer.MAX_VALUE : budget.share();
    }

    @Override
    public boolean takeLoaderPermit() {
        lock.lock();
        try {
            if (taken >= loaderPermits()) {
                return false;
            }
            taken++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void returnLoaderPermit() {
        lock.lock();
        try {
            taken--;
        } finally {
            lock.unlock();
        }
        if (budget != null) {
            tell();
        }
    }

    private int taken() {
        lock.lock();
        try {
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** Each time another one is told first, or the caches behind it would get nothing while that has loads waiting. */
    private void tell() {
        List<Runnable> all = List.copyOf(listeners);
        int first = turn.getAndIncrement() & Integer.MAX_VALUE;
        for (int i = 0; i < all.size(); i++) {
            all.get((int) ((first + (long) i) % all.size())).run();
        }
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
