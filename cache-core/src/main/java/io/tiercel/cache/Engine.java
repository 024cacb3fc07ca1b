package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the parts of one cache share: reads, writes and warm-up work on the same entries, flights and fences.
 *
 * @param local null if the cache has no L1
 * @param lookups looks into the remote tiers that are under way
 * @param loads reads that will call a loader if no tier has the key
 */
record Engine<K, V>(
        String name,
        @Nullable LocalEntries<K, V> local,
        RemoteTiers<V> remotes,
        Framing<V> framing,
        Lives lives,
        Function<? super K, String> keys,
        Live<CachePolicy> policy,
        Fences fences,
        Flights<K, Finding<V>> lookups,
        Flights<K, Answer<V>> loads,
        Counters counters,
        Events events,
        TimeSource time,
        Executor executor) {

    /** The key as the remote tiers know it. */
    String stored(K key) {
        String encoded = keys.apply(key);
        if (encoded == null) {
            throw new NullPointerException("keyEncoder gave null");
        }
        return name + ':' + encoded;
    }

    @Nullable
    Entry<V> localEntry(K key) {
        return local == null ? null : local.get(key);
    }

    /** The clock, of which L1 learns too. */
    long now() {
        long now = time.nanos();
        if (local != null) {
            local.sawTime(now);
        }
        return now;
    }

    /** Puts what was read or loaded into L1, unless the key was written or invalidated since the ticket was taken. */
    boolean install(K key, Entry<V> entry, long ticket) {
        if (local == null) {
            return fences.holds(ticket);
        }
        if (local.putIf(key, forLocal(entry), () -> fences.holds(ticket))) {
            counters.localPuts.increment();
            return true;
        }
        return false;
    }

    Entry<V> forLocal(Entry<V> entry) {
        CachePolicy now = policy.get();
        return now.localTtl().compareTo(now.ttl()) < 0
                ? entry.endingBy(time.nanos() + now.localTtl().toNanos())
                : entry;
    }

    /** From here on no ticket taken before is good, and no reader joins a flight that began before. */
    long advance(K key) {
        long ticket = fences.advance(key);
        lookups.detach(key);
        loads.detach(key);
        return ticket;
    }

    /** From here on L1 knows nothing of the key, and nothing that was read before comes in. */
    void forget(K key) {
        advance(key);
        if (local != null) {
            local.remove(key);
        }
    }

    /** The right to fill one key, as long as the ticket holds. */
    RemoteTiers.Claim claim(K key, long ticket) {
        return claim(Map.of(stored(key), key), Map.of(stored(key), ticket));
    }

    /** The right to fill some keys, each as long as its ticket holds; both maps by the stored key. */
    RemoteTiers.Claim claim(Map<String, K> keysByStored, Map<String, Long> tickets) {
        return new RemoteTiers.Claim() {
            @Override
            public boolean holds(String stored) {
                return fences.holds(requireNonNull(tickets.get(stored), stored));
            }

            @Override
            public <T> T ordered(Supplier<T> lookAndSend) {
                return fences.whileStill(tickets.values(), lookAndSend);
            }

            @Override
            public void withdrawn(String stored) {
                forget(requireNonNull(keysByStored.get(stored), stored));
            }
        };
    }
}
