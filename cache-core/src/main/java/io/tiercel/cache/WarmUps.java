package io.tiercel.cache;

import io.tiercel.cache.Leases.Ask;
import io.tiercel.cache.Leases.Verdict;
import io.tiercel.cache.WarmUpReport.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
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

    private record Fetched<K, V>(K key, Sought sought, Entry<V> entry) {}

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
        List<Sought> sought =
                batch.stream().map(key -> engine.sought(engine.stored(key))).toList();
        CallerThread caller = new CallerThread(engine.executor());
        CompletableFuture<List<Finding<V>>> looked = engine.remotes()
                .findFirst(sought, caller)
                .thenCompose(first -> engine.remotes()
                        .findDeeper(sought, first, false, caller)
                        .thenCompose(all -> broughtUp(sought, first, all, caller)));
        caller.await(looked);
        List<Finding<V>> findings = looked.join();
        for (int i = 0; i < batch.size(); i++) {
            take(batch.get(i), sought.get(i), findings.get(i));
        }
    }

    /** What only a deeper tier has goes into the first one, or L1 would never be told of its end. */
    private CompletableFuture<List<Finding<V>>> broughtUp(
            List<Sought> sought, List<Finding<V>> first, List<Finding<V>> all, Executor executor) {
        List<Integer> deeper = new ArrayList<>();
        List<Ask<V>> asks = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).depth() > 0 && all.get(i).isFreshAt(engine.now())) {
                deeper.add(i);
                asks.add(new Ask<>(sought.get(i), first.get(i)));
            }
        }
        if (asks.isEmpty() || !engine.leases().on()) {
            return CompletableFuture.completedFuture(all);
        }
        return engine.leases().ask(asks, executor).thenApply(verdicts -> {
            List<Finding<V>> findings = new ArrayList<>(all);
            for (int i = 0; i < deeper.size(); i++) {
                Finding<V> finding = Finding.nothing(0);
                if (verdicts.get(i) instanceof Verdict.Found<V> found && found.backed()) {
                    finding = found.finding();
                } else if (verdicts.get(i) instanceof Verdict.Load<V> load) {
                    engine.leases().release(load.lease());
                }
                findings.set(deeper.get(i), finding);
            }
            return findings;
        });
    }

    private void take(K key, Sought sought, Finding<V> finding) {
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
            fetched.add(new Fetched<>(key, sought, shortened));
            weight += taken;
        } else {
            weight = local.maximum();
        }
    }

    private int install() {
        int installed = 0;
        for (int i = fetched.size() - 1; i >= 0; i--) {
            Fetched<K, V> one = fetched.get(i);
            Ticket ticket = one.sought().ticket();
            if (local.putIf(
                    one.key(),
                    one.sought().key(),
                    engine.forLocal(one.key(), one.entry(), ticket, true),
                    () -> engine.holds(ticket))) {
                installed++;
            }
        }
        engine.counters().localPromotions.add(installed);
        return installed;
    }
}
