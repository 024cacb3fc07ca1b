package io.tiercel.cache.fleet;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.tier.Script;
import io.tiercel.cache.tier.ScriptRunner;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the fleet was and did, slot by slot of time, in Redis. Each instance tells the others with its heartbeats what it has
 * counted in the last whole slot; a while after the slot's end whoever comes first writes one entry of all that was told.
 *
 * <p>No count is in two entries: an instance tells each of its counts for one slot, and of a slot there is one entry, whose
 * id in the stream is the slot's beginning. Some are in none: those of an instance that ends, of its last slot and of what
 * there was of the next. A slot in which nobody could write has no entry, which is not the same as one in which nothing
 * happened; what Redis forgets is gone.
 */
public final class FleetLog {
    /** Under which name an instance's {@link #fact} is to be among its {@linkplain Fleet#facts facts}. */
    public static final String FACT = "counts";

    private static final Logger log = LoggerFactory.getLogger(FleetLog.class);
    private static final int CHUNK = 500;
    private static final int LONGEST_ENTRY = 16_384;

    /** Whoever comes later finds the slot taken; who believes that it is later than it is, is told so. */
    private static final Script APPEND = Script.of("""
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            if tonumber(ARGV[1]) + tonumber(ARGV[2]) > now then return { 'early' } end
            local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
            if #last > 0 and tonumber(string.match(last[1][1], '^%d+')) >= tonumber(ARGV[1]) then return { 'there' } end
            redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[3], ARGV[1] .. '-0', 'entry', ARGV[5])
            redis.call('PEXPIRE', KEYS[1], ARGV[4])
            return { 'written' }
            """);

    private static final Script READ = Script.of("""
            local answer = {}
            for _, entry in ipairs(redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])) do
              answer[#answer + 1] = string.match(entry[1], '^%d+')
              answer[#answer + 1] = entry[2][2]
            end
            return answer
            """);

    private final ScriptRunner scripts;
    private final Fleet fleet;
    private final long slotMillis;
    private final long waitMillis;
    private final long kept;
    private final List<String> keys;
    private final SlotCounts counts;
    private final AtomicBoolean underWay = new AtomicBoolean();
    private volatile String fact = "";
    private volatile long written;

    FleetLog(ScriptRunner scripts, Fleet fleet, Duration slot, Duration wait, Duration kept) {
        this.scripts = scripts;
        this.fleet = fleet;
        this.slotMillis = slot.toMillis();
        this.waitMillis = wait.toMillis();
        if (slotMillis < 100 || waitMillis < 0 || waitMillis >= slotMillis || kept.compareTo(slot) < 0) {
            throw new IllegalArgumentException("slot must be at least 100 ms, wait shorter than it, kept not: " + slot
                    + ", " + wait + ", " + kept);
        }
        this.kept = kept.toMillis() / slotMillis;
        this.keys = List.of(fleet.settings().key("log"));
        this.counts = new SlotCounts(slot);
    }

    /** How long a slot is. */
    public Duration slot() {
        return Duration.ofMillis(slotMillis);
    }

    /** For how long entries are kept. */
    public Duration kept() {
        return Duration.ofMillis(kept * slotMillis);
    }

    /** The end of the last slot of which there should be an entry now. */
    public Instant until() {
        return Instant.ofEpochMilli((due(fleet.time()) + 1) * slotMillis);
    }

    /** What the others are to be told, for {@link #FACT}; empty before the end of the first slot. */
    public String fact() {
        return fact;
    }

    private long due(Instant now) {
        return Math.floorDiv(now.toEpochMilli() - waitMillis, slotMillis) - 1;
    }

    /**
     * Looks at this instance's counters, and writes an entry if one is due and nobody has. To be called several times
     * within a slot, on one thread at a time.
     *
     * @param totals counts since this instance began, by name; see {@link LogCounts}
     * @param gauges of which a slot keeps the highest
     * @param notes what else an entry shall say, asked for when one is written
     */
    public void look(Map<String, Long> totals, Map<String, Long> gauges, Supplier<Map<String, String>> notes) {
        Instant now = fleet.time();
        SlotCounts.Fact ended = counts.see(now, totals, gauges);
        if (ended != null) {
            fact = ended.encode();
            fleet.beatSoon();
        }
        long due = due(now);
        if (due > written && mayWrite(now, due) && underWay.compareAndSet(false, true)) {
            try {
                write(due, notes.get());
            } catch (RuntimeException e) {
                underWay.set(false);
                throw e;
            }
        }
    }

    /** After a Redis that lost its memory, or a silence, not all have been heard of again: it can wait for half a slot. */
    private boolean mayWrite(Instant now, long due) {
        FleetView view = fleet.view();
        boolean late = now.toEpochMilli() - (due + 1) * slotMillis > waitMillis + slotMillis / 2;
        return view.known() && (late || view.members().size() >= view.size());
    }

    private void write(long slot, Map<String, String> notes) {
        String text = entry(slot, notes).encode();
        if (text.length() > LONGEST_ENTRY) {
            throw new IllegalArgumentException("an entry must have " + LONGEST_ENTRY + " characters at most");
        }
        List<String> arguments = List.of(
                Long.toString(slot * slotMillis),
                Long.toString(slotMillis),
                Long.toString(kept),
                Long.toString(kept * slotMillis),
                text);
        var unused = scripts.run(APPEND, keys, arguments).whenComplete((answer, failure) -> {
            if (failure != null) {
                log.debug("fleet {}: the log was not written", fleet.settings().fleet(), failure);
            } else if (!answer.get(0).equals("early")) {
                written = slot;
            }
            underWay.set(false);
        });
    }

    private LogEntry entry(long slot, Map<String, String> notes) {
        FleetView view = fleet.view();
        LogCounts all = LogCounts.NONE;
        int told = 0;
        for (Member member : view.members()) {
            String said = member.facts().get(FACT);
            if (said == null || said.isEmpty()) {
                continue;
            }
            try {
                SlotCounts.Fact one = SlotCounts.Fact.decode(said);
                if (one.slot() == slot) {
                    all = all.plus(one.counts());
                    told++;
                }
            } catch (IllegalArgumentException e) {
                log.debug("the counts of {} are not understood: {}", member.pod(), e.getMessage());
            }
        }
        return new LogEntry(
                Instant.ofEpochMilli(slot * slotMillis),
                view.count(Member.State.WARMING),
                view.count(Member.State.READY),
                view.count(Member.State.DRAINING),
                view.size(),
                told,
                all,
                notes);
    }

    /**
     * Reads what there is of a time.
     *
     * @param from the first beginning of a slot
     * @param to before which slots begin
     * @param reader told of one entry after the other, in order of time; must not keep the thread
     * @return done when all have been told; fails with a {@link io.tiercel.cache.tier.TierException} if Redis cannot be asked
     */
    public CompletableFuture<Void> read(Instant from, Instant to, Consumer<LogEntry> reader) {
        requireNonNull(reader, "reader");
        return read(from.toEpochMilli(), to.toEpochMilli() - 1, kept, reader);
    }

    /** In parts, so that neither Redis nor the thread that hears of it is kept. */
    private CompletableFuture<Void> read(long from, long last, long most, Consumer<LogEntry> reader) {
        if (from > last || most <= 0) {
            return CompletableFuture.completedFuture(null);
        }
        List<String> arguments = List.of(Long.toString(from), Long.toString(last), Integer.toString(CHUNK));
        return scripts.run(READ, keys, arguments).thenCompose(answer -> {
            long at = from;
            for (int i = 0; i + 1 < answer.size(); i += 2) {
                at = Long.parseLong(answer.get(i));
                tell(at, answer.get(i + 1), reader);
            }
            int count = answer.size() / 2;
            return count < CHUNK ? CompletableFuture.completedFuture(null) : read(at + 1, last, most - count, reader);
        });
    }

    private static void tell(long at, String text, Consumer<LogEntry> reader) {
        LogEntry entry;
        try {
            entry = LogEntry.decode(Instant.ofEpochMilli(at), text);
        } catch (IllegalArgumentException e) {
            // Of another version of the software: as if there were none.
            log.debug("the entry at {} is not understood: {}", at, e.getMessage());
            return;
        }
        reader.accept(entry);
    }
}
