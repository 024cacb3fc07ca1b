package io.tiercel.cache;

import io.tiercel.cache.WarmUpReport.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Fills L1 from the remote tiers, in batches, hottest keys first, within a budget. What was fetched goes into L1 at the
 * end and coldest first: L1 then finds the hottest among its newest entries, whichever limit ended the fetching. It is
 * never more than L1 can hold: a full cache that knows no frequencies yet keeps what it has, and that would be the
 * coldest.
 *
 * <p>Each entry gets a random share of the life that it has left, from half of it up: entries that came together must
 * not end together. One warm-up is used by one thread.
 */
final class WarmUps<K, V> {
    private static final double LEAST_SHARE = 0.5;

    private final Engine<K, V> engine;
    private final LocalEntries<K, V> local;
    private final WarmUpOptions options;
    private final long start;

    private final List<Fetched<K, V>> fetched = new ArrayList<>();
    private long bytes;
    private long weight;
    private int absent;
    private int failed;

    WarmUps(Engine<K, V> engine, LocalEntries<K, V> local, WarmUpOptions options) {
        this.engine = engine;
        this.local = local;
        this.options = options;
        this.start = engine.time().nanos();
    }

    private record Fetched<K, V>(K key, long ticket, Entry<V> entry) {}

    WarmUpReport run(List<K> source) {
        List<K> keys = new ArrayList<>(new LinkedHashSet<>(source));
        int total = Math.min(keys.size(), options.maximumKeys());
        Outcome outcome = total < keys.size() ? Outcome.KEY_LIMIT : Outcome.COMPLETE;
        int asked = 0;
        try {
            while (asked < total) {
                int end = Math.min(asked + options.batch(), total);
                fetch(keys.subList(asked, end));
                asked = end;
                options.listener().accept(new WarmUpProgress(asked, total, fetched.size(), bytes, elapsed()));
                if (weight >= local.maximum()) {
                    outcome = Outcome.LOCAL_LIMIT;
                    break;
                }
                if (asked < total && bytes >= options.maximumBytes()) {
                    outcome = Outcome.BYTE_LIMIT;
                    break;
                }
                if (asked < total && !waitForRate(asked)) {
                    outcome = Outcome.TIME_LIMIT;
                    break;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            outcome = Outcome.INTERRUPTED;
        }
        int installed = install();
        return new WarmUpReport(
                outcome, keys.size(), asked, installed, absent, failed, fetched.size() - installed, bytes, elapsed());
    }

    private Duration elapsed() {
        return Duration.ofNanos(engine.time().nanos() - start);
    }

    /** False when the time is over, or would be before the next batch may go. */
    private boolean waitForRate(int asked) throws InterruptedException {
        long limit = options.timeLimit().toNanos();
        long elapsed = engine.time().nanos() - start;
        long due = TimeUnit.SECONDS.toNanos(1) * asked / options.keysPerSecond();
        if (elapsed >= limit || due >= limit) {
            return false;
        }
        if (due > elapsed) {
            TimeUnit.NANOSECONDS.sleep(due - elapsed);
        }
        return true;
    }

    private void fetch(List<K> batch) throws InterruptedException {
        List<String> stored = new ArrayList<>(batch.size());
        List<Long> tickets = new ArrayList<>(batch.size());
        for (K key : batch) {
            tickets.add(engine.fences().open(key));
            stored.add(engine.stored(key));
        }
        CallerThread caller = new CallerThread(engine.executor());
        CompletableFuture<List<Finding<V>>> looked = engine.remotes().findAll(stored, caller);
        caller.await(looked);
        List<Finding<V>> findings = looked.join();
        for (int i = 0; i < batch.size(); i++) {
            take(batch.get(i), tickets.get(i), findings.get(i));
        }
    }

    private void take(K key, long ticket, Finding<V> finding) {
        Entry<V> entry = finding.entry();
        long now = engine.now();
        if (entry == null || !entry.isFreshAt(now)) {
            if (finding.failed() == 0) {
                absent++;
            } else {
                failed++;
            }
            return;
        }
        double share =
                LEAST_SHARE + (1 - LEAST_SHARE) * ThreadLocalRandom.current().nextDouble();
        long latest = now + (long) ((entry.freshEnd - now) * share);
        bytes += entry.size;
        Entry<V> shortened = entry.endingBy(latest);
        long taken = local.weightOf(key, shortened);
        if (weight + taken <= local.maximum()) {
            fetched.add(new Fetched<>(key, ticket, shortened));
            weight += taken;
        } else {
            weight = local.maximum();
        }
    }

    private int install() {
        int installed = 0;
        for (int i = fetched.size() - 1; i >= 0; i--) {
            Fetched<K, V> one = fetched.get(i);
            if (local.putIf(
                    one.key(),
                    engine.forLocal(one.entry()),
                    () -> engine.fences().holds(one.ticket()))) {
                installed++;
            }
        }
        engine.counters().localPromotions.add(installed);
        return installed;
    }
}
