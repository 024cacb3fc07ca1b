package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.Flights.Flight;
import io.tiercel.cache.tier.Provenance;
import io.tiercel.cache.tier.Section;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the parts of one cache share: reads, writes and warm-up work on the same entries, flights and fences.
 *
 * @param local null if the cache has no L1
 * @param lookups looks into the first remote tier that are under way, by stored key
 * @param loads reads that will call a loader if no tier has the key, by stored key
 * @param executor where the flow goes on when no caller's thread does it
 * @param loaderExecutor where loaders run that don't run on their caller's thread
 * @param repairWrites do not heed breakers: a write that a hung node got may be done when it wakes, and the removal that
 *     repairs it must then be behind it in the same queue, and not come when the breaker lets the next call through
 * @param generations null if the cache has no remote tier
 * @param fleet null if the cache belongs to none
 */
record Engine<K, V>(
        String name,
        @Nullable LocalEntries<K, V> local,
        RemoteTiers<V> remotes,
        RemoteWrites remoteWrites,
        RemoteWrites repairWrites,
        UnleasedFills unleasedFills,
        Framing<V> framing,
        Lives lives,
        Function<? super K, String> keys,
        Live<CachePolicy> policy,
        Fences fences,
        Flights<Finding<V>> lookups,
        Flights<Answer<V>> loads,
        Watch watch,
        @Nullable Generations generations,
        Tags tags,
        Leases<V> leases,
        Waiters waiters,
        OwnFills<K> ownFills,
        LoaderPermits permits,
        @Nullable FleetShares fleet,
        Backoffs backoffs,
        Patience<V> patience,
        Repairs repairs,
        Detours detours,
        MemoryPressure memory,
        Lag lag,
        Set<Guard> without,
        Counters counters,
        Events events,
        TimeSource time,
        Executor executor,
        Executor loaderExecutor) {
    /** A value of more bytes is not worth its place in L1 when memory is short: a thousand others have room there. */
    private static final int LARGE = 64 * 1024;

    /** How much older a change may be that is not seen while nobody tells of changes. */
    private static final int DEGRADED_BOUNDS = 5;

    /** The key as the remote tiers know it. */
    String stored(K key) {
        String encoded = keys.apply(key);
        if (encoded == null) {
            throw new NullPointerException("keyEncoder gave null");
        }
        return name + ':' + encoded;
    }

    /** To be taken before anything is read that may end in L1. */
    Ticket ticket(String stored) {
        Section section = watch.section(stored);
        return new Ticket(fences.open(stored), section, section == null ? 0 : section.epoch(), tags.changes(), now());
    }

    Sought sought(String stored) {
        return new Sought(stored, ticket(stored));
    }

    /** L1's entry, whoever may have changed it since. */
    @Nullable
    Entry<V> localEntry(K key) {
        return local == null ? null : local.get(key);
    }

    /** Whether L1's entry may be used as far as changes by others go. */
    boolean trusts(Entry<V> entry, long now) {
        return entry.isTrustedAt(now) || without.contains(Guard.BARRIER);
    }

    /** L1's entry if it is fresh and nobody can have changed it. */
    @Nullable
    Entry<V> freshLocalEntry(K key, long now) {
        Entry<V> entry = localEntry(key);
        return entry != null && entry.isFreshAt(now) && trusts(entry, now) ? entry : null;
    }

    /** The clock, of which L1 learns too. */
    long now() {
        long now = time.nanos();
        if (local != null) {
            local.sawTime(now);
        }
        return now;
    }

    /** Whether nobody wrote or invalidated the key since the ticket was taken, as far as is known here. */
    boolean holds(Ticket ticket) {
        return (fences.holds(ticket.fence()) || without.contains(Guard.FENCES)) && !ticket.isForgotten();
    }

    /**
     * Puts what was read or loaded into L1, unless the key was written or invalidated since the ticket was taken.
     *
     * @param backed whether the first tier has the value: what it does not have it can tell no removal of
     */
    boolean install(K key, String stored, Entry<V> entry, Ticket ticket, boolean backed) {
        if (entry.graced) {
            return true; // how long it may be served only the first tier knows
        }
        if (local == null) {
            return holds(ticket);
        }
        if (entry.size > LARGE && memory.isHigh()) {
            counters.localOversized.increment();
            local.remove(key, stored); // what it would have replaced
            return holds(ticket);
        }
        if (local.putIf(key, stored, forLocal(key, entry, ticket, backed), () -> holds(ticket))) {
            counters.localPuts.increment();
            return true;
        }
        return false;
    }

    /** As L1 keeps it: not longer than the policy says, and only as long as somebody vouches for it. */
    Entry<V> forLocal(K key, Entry<V> entry, Ticket ticket, boolean backed) {
        CachePolicy now = policy.get();
        Entry<V> watched = ticket.watch(entry, watch.boundNanos());
        if (!backed && ticket.section() != null) {
            watched = watched.endingBy(ticket.taken() + watch.boundNanos());
        }
        // Before it is bounded: what is renewed is the value in all tiers, by its own age and not by its copy's here.
        Entry<V> renewed = now.refreshAhead() == 0 ? watched : renewedAhead(key, watched, now.refreshAhead());
        Duration most = localTtl(now, ticket.section());
        return most.compareTo(now.ttl()) < 0 ? renewed.endingBy(time.nanos() + most.toNanos()) : renewed;
    }

    /**
     * With twice the instances each of them reads a key half as often, and with the same life its copy would be used half as
     * often before it ends. A longer life asks somebody to tell of changes.
     */
    private Duration localTtl(CachePolicy policy, @Nullable Section section) {
        return fleet == null || section == null || !section.isVouched(time.nanos())
                ? policy.localTtl()
                : policy.localTtl(fleet.size());
    }

    /** It is not read by being renewed: when it was read last is known of the entry before. */
    private Entry<V> renewedAhead(K key, Entry<V> entry, double share) {
        long now = time.nanos();
        Entry<V> before = localEntry(key);
        Ahead known = before == null ? null : before.ahead;
        return entry.renewedAfter(later(share), now, time.millis(), known == null ? now : known.readAt());
    }

    /** The instances' copies come of age together: the first to renew one spares the others from asking for it. */
    private double later(double share) {
        if (fleet == null) {
            return share;
        }
        double spread = (1 - share) / 2 * (1 - 1.0 / fleet.size());
        return share + spread * lives.random().getAsDouble();
    }

    /** From here on no ticket taken before is good, and no reader joins a flight that began before. */
    Ticket advance(String stored) {
        Section section = watch.section(stored);
        long epoch = section == null ? 0 : section.epoch();
        Ticket ticket = new Ticket(fences.advance(stored), section, epoch, tags.changes(), now());
        detach(stored);
        backoffs.forget(stored);
        return ticket;
    }

    private void detach(String stored) {
        if (!without.contains(Guard.DETACHING)) {
            lookups.detach(stored);
            loads.detach(stored);
        }
    }

    /** From here on L1 knows nothing of the key, and nothing that was read before comes in. */
    void forget(K key, String stored) {
        advance(stored);
        if (local != null) {
            local.remove(key, stored);
        }
    }

    /** From here on L1 knows nothing at all. */
    void forgetAll() {
        fences.advanceAll();
        lookups.detachAll();
        loads.detachAll();
        backoffs.forgetAll();
        if (local != null) {
            local.clear();
        }
    }

    /**
     * Somebody changed the key; runs on a thread of a store's client.
     *
     * @param before done when what was read before counts no more, and before L1 forgets: a look that readers can join from
     *     here on leaves no moment in which a reader finds neither. What it returns is done after that
     */
    void changed(String stored, Function<String, Runnable> before) {
        fences.moved(stored);
        lag.told(stored);
        Runnable after = before.apply(stored);
        if (local != null) {
            local.removeStored(stored);
        }
        after.run();
        waiters.changed(stored);
    }

    /** Joins the look into the first tier that is under way, if it began after all that is known to have happened. */
    @Nullable
    Flight<Finding<V>> joinLook(String stored, Flight<Finding<V>> mine) {
        return lookups.join(
                stored, mine, other -> knowsTagsOf(other.asOf(), mine.asOf()) && isAsGoodAs(other.asOf(), mine.asOf()));
    }

    /**
     * Whether what a flight brings is new enough for who joined it: nothing that was told of came between the flight's
     * last look and the joining. Or else the first tier must have said so itself, to who joined before it was asked or
     * has been told of nothing since; what came after its answer it could not know. Of tags it says nothing, so what
     * carries any must have been read after all changes to tags that the joining knew of.
     *
     * @param joined taken when joining
     */
    boolean isGoodFor(Flight<Answer<V>> flight, Answer<V> answer, Ticket joined) {
        Ticket confirmed = flight.confirmed();
        if (answer.tagged() && !knowsTagsOf(flight.asOf(), joined)) {
            return false;
        }
        return isAsGoodAs(flight.asOf(), joined)
                || (confirmed != null && (joined.taken() - confirmed.taken() < 0 || isAsGoodAs(confirmed, joined)));
    }

    private boolean knowsTagsOf(Ticket asOf, Ticket later) {
        return asOf.tagChanges() - later.tagChanges() >= 0 || without.contains(Guard.DETACHING);
    }

    private boolean isAsGoodAs(Ticket asOf, Ticket later) {
        if (without.contains(Guard.DETACHING)) {
            return true;
        }
        if (asOf.fence() != later.fence() || asOf.epoch() != later.epoch()) {
            return false;
        }
        Section section = later.section();
        return section == null
                || section.isVouched(time.nanos())
                || later.taken() - asOf.taken() < DEGRADED_BOUNDS * watch.boundNanos();
    }

    /** Whether a deeper tier may have kept what the first one no longer has. */
    boolean hasLifeboat() {
        return remotes.guards().size() > 1 && !policy.get().lifeboat().isZero();
    }

    /** Where a loader runs for a reader whose flow runs on the executor. */
    Executor loaderExecutor(Executor reader) {
        return reader instanceof CallerThread && !policy.get().limitsLoaders() ? reader : loaderExecutor;
    }

    /** What a value that is read from its source under the lease depends on; null if that is not known. */
    @Nullable
    Provenance provenance(Lease lease, List<String> tagNames) {
        Generations.Known generation = lease.generation;
        if (generation == null) {
            return null;
        }
        return new Provenance(generation.stamped(), lease.stamp, tagNames);
    }

    /** The right to fill one key, as long as the ticket holds. */
    UnleasedFills.Claim claim(K key, Sought sought) {
        return claim(
                Map.of(sought.key(), key), Map.of(sought.key(), sought.ticket().fence()));
    }

    /** The right to fill some keys, each as long as its ticket holds; both maps by the stored key. */
    UnleasedFills.Claim claim(Map<String, K> keysByStored, Map<String, Long> tickets) {
        return new UnleasedFills.Claim() {
            @Override
            public boolean holds(String stored) {
                return fences.holds(requireNonNull(tickets.get(stored), stored)) || without.contains(Guard.FENCES);
            }

            @Override
            public <T> T ordered(Supplier<T> lookAndSend) {
                return fences.whileStill(tickets.values(), lookAndSend);
            }

            @Override
            public void withdrawn(String stored) {
                forget(requireNonNull(keysByStored.get(stored), stored), stored);
            }
        };
    }
}
