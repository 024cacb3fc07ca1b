package io.tiercel.examples.demo;

import io.tiercel.cache.CacheEvent;
import io.tiercel.cache.CacheEvent.TierFailed;
import io.tiercel.cache.CacheEvent.TierRecovered;
import io.tiercel.cache.CacheListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes news that a person can follow of what a cache tells about its tiers. A tier of several servers, one of which is
 * gone, fails and recovers all the time: that is one piece of news, and it has recovered when it failed no more for a
 * while. Events may come on any thread.
 */
final class TierNews implements CacheListener {
    private static final long QUIET = TimeUnit.SECONDS.toNanos(1);

    /**
     * Something worth a line.
     *
     * @param cause why the tier failed; {@code null} when it answers again
     * @param failedFor how long it had failed when it answers again
     */
    record News(String tier, @Nullable String cause, Duration failedFor) {}

    private static final class Tier {
        private boolean told;
        private boolean failing;
        private long since;
        private long last;
        private String cause = "";
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Tier> tiers = new LinkedHashMap<>();
    private final LongSupplier nanos;

    TierNews(LongSupplier nanos) {
        this.nanos = nanos;
    }

    @Override
    public void onEvent(CacheEvent event) {
        long now = nanos.getAsLong();
        lock.lock();
        try {
            if (event instanceof TierFailed failed) {
                fail(tiers.computeIfAbsent(failed.tier(), unused -> new Tier()), failed, now);
            } else if (event instanceof TierRecovered recovered) {
                Tier tier = tiers.computeIfAbsent(recovered.tier(), unused -> new Tier());
                tier.failing = false;
                tier.last = now;
            }
        } finally {
            lock.unlock();
        }
    }

    private static void fail(Tier tier, TierFailed failed, long now) {
        if (tier.cause.isEmpty()) {
            tier.since = now;
            tier.cause = String.valueOf(failed.cause().getMessage());
        }
        tier.failing = true;
        tier.last = now;
    }

    /** What has to be told since the last call. */
    List<News> latest() {
        long now = nanos.getAsLong();
        List<News> news = new ArrayList<>();
        lock.lock();
        try {
            tiers.forEach((name, tier) -> {
                if (tier.cause.isEmpty()) {
                    return;
                }
                if (!tier.told) {
                    tier.told = true;
                    news.add(new News(name, tier.cause, Duration.ZERO));
                } else if (!tier.failing && now - tier.last >= QUIET) {
                    news.add(new News(name, null, Duration.ofNanos(tier.last - tier.since)));
                    tier.told = false;
                    tier.cause = "";
                }
            });
        } finally {
            lock.unlock();
        }
        return news;
    }
}
