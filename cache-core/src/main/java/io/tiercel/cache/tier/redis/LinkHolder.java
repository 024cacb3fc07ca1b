package io.tiercel.cache.tier.redis;

import io.tiercel.cache.tier.TierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The link of a tier from its first connection to its end. Once connected Lettuce keeps it so; until then a thread of
 * this tries, less and less often, if the tier may start without a server.
 *
 * <p>Thread-safe.
 */
final class LinkHolder implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LinkHolder.class);
    private static final long FIRST_PAUSE_MS = 100;
    private static final long LONGEST_PAUSE_MS = 2_000;

    private final String tier;
    private final RedisConnector connector;
    private final CountDownLatch end = new CountDownLatch(1);
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable RedisLink link;
    private volatile @Nullable Thread connecting;

    private LinkHolder(String tier, RedisConnector connector) {
        this.tier = tier;
        this.connector = connector;
    }

    static LinkHolder connect(RedisConfig config, RedisConnector connector) {
        LinkHolder holder = new LinkHolder(config.name(), connector);
        try {
            holder.link = connector.connect();
        } catch (TierException e) {
            if (!config.startWithoutServer()) {
                throw e;
            }
            log.warn("{}: starts without a server: {}", config.name(), e.getMessage());
            holder.connectLater();
        }
        return holder;
    }

    @Nullable
    RedisLink link() {
        return link;
    }

    /** Why there is no link. */
    TierException whyNot() {
        return new TierException(tier + (end.getCount() == 0 ? ": closed" : ": not connected yet"));
    }

    private void connectLater() {
        Thread thread = new Thread(this::connectUntilDone, "tiercel-" + tier + "-connect");
        thread.setDaemon(true);
        connecting = thread;
        thread.start();
    }

    private void connectUntilDone() {
        long pause = FIRST_PAUSE_MS;
        try {
            while (!end.await(pause, TimeUnit.MILLISECONDS)) {
                try {
                    take(connector.connect());
                    log.info("{}: connected", tier);
                    return;
                } catch (RuntimeException e) {
                    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
                    log.debug("{}: still without a server", tier, e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void take(RedisLink connected) {
        lock.lock();
        try {
            if (end.getCount() > 0) {
                link = connected;
                return;
            }
        } finally {
            lock.unlock();
        }
        connected.close();
    }

    @Override
    public void close() {
        RedisLink last;
        lock.lock();
        try {
            end.countDown();
            last = link;
            link = null;
        } finally {
            lock.unlock();
        }
        if (last != null) {
            last.close();
        }
        Thread thread = connecting;
        if (thread != null) {
            thread.interrupt();
        }
    }
}
