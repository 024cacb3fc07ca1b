package io.tiercel.examples.demo;

import io.tiercel.cache.CacheStats;
import io.tiercel.cache.Loader;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.TieredCacheBuilder;
import io.tiercel.cache.WarmUpOptions;
import io.tiercel.cache.WarmUpReport;
import io.tiercel.cache.WarmUpSource;
import io.tiercel.cache.tier.RemoteTier;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * One instance of a service: a cache with an L1 and clients of its own, and what the demo itself counts of the requests
 * that it makes. {@link #request} may be called from any thread.
 */
final class Instance implements AutoCloseable {
    private final String name;
    private final long seed;
    private final TieredCache<String, Row> cache;
    private final Loader<String, Row> loader;
    private final Latencies latencies = new Latencies();
    private final TierNews news = new TierNews(System::nanoTime);

    private final LongAdder issued = new LongAdder();
    private final LongAdder wrong = new LongAdder();
    private final LongAdder failed = new LongAdder();

    private Instance(String name, long seed, TieredCache<String, Row> cache, SlowDatabase database) {
        this.name = name;
        this.seed = seed;
        this.cache = cache;
        this.loader = database::load;
        cache.addTimings(latencies);
        cache.addListener(news);
    }

    /** An instance with an empty L1 of that many entries. */
    static Instance join(String name, List<RemoteTier> tiers, long localEntries, SlowDatabase database, long seed) {
        TieredCacheBuilder<String, Row> builder = TieredCache.<String, Row>builder("items")
                .local(LocalTier.maximumSize(localEntries))
                .codec(new RowCodec())
                .policy(p -> p.ttl(Duration.ofMinutes(10)));
        for (RemoteTier tier : tiers) {
            builder.remote(tier);
        }
        return new Instance(name, seed, builder.build(), database);
    }

    String name() {
        return name;
    }

    /** Asks for a key and checks the answer. */
    void request(String key) {
        issued.increment();
        Row row = answer(key);
        if (row != null && !row.key().equals(key)) {
            wrong.increment();
        }
    }

    /**
     * As {@link #request}, with a look at the clock and at every character of the answer.
     *
     * @param since when the request was due
     * @return how long it took since then, in nanoseconds
     */
    long timedRequest(String key, long since) {
        issued.increment();
        long start = System.nanoTime();
        Row row = answer(key);
        long end = System.nanoTime();
        if (row != null && !row.belongsTo(key, seed)) {
            wrong.increment();
        }
        if (row != null && row.madeAt() - start < 0) {
            latencies.localHit(end - start);
        }
        return end - since;
    }

    /** The answer; {@code null} if there was none, which is counted. */
    private @Nullable Row answer(String key) {
        try {
            Row row = cache.get(key, loader);
            if (row == null) {
                wrong.increment();
            }
            return row;
        } catch (RuntimeException e) {
            failed.increment();
            return null;
        }
    }

    long issued() {
        return issued.sum();
    }

    CacheStats stats() {
        return cache.stats();
    }

    Latencies latencies() {
        return latencies;
    }

    Sums sums() {
        return new Sums(name, issued.sum(), wrong.sum(), failed.sum(), cache.stats());
    }

    /** Which tiers failed or answer again since the last call. */
    List<TierNews.News> news() {
        return news.latest();
    }

    List<String> hottestKeys(int limit) {
        return cache.hottestKeys(limit);
    }

    WarmUpReport warmUp(List<String> keys, WarmUpOptions options) {
        return cache.warmUp(WarmUpSource.of(keys), options);
    }

    @Override
    public void close() {
        cache.close();
    }
}
