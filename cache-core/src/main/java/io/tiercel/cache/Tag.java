package io.tiercel.cache;

import io.tiercel.cache.tier.Section;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What is known of one tag: when it was invalidated last, in stamps. Entries of L1 hold on to theirs. Thread-safe. */
final class Tag {
    private static final long NEVER = Long.MIN_VALUE;

    final String name;

    /** The key of its note in the first tier. */
    final String key;

    private final Watch watch;
    private final AtomicInteger changes = new AtomicInteger();
    private volatile @Nullable Known known;

    Tag(String name, String key, Watch watch) {
        this.name = name;
        this.key = key;
        this.watch = watch;
    }

    /**
     * @param invalidated values with a smaller stamp are ended
     * @param graced of those, values with at least this stamp may be served while they are renewed
     * @param changes how many changes of the tag were known of before this was learned
     */
    record Known(
            long invalidated,
            long graced,
            @Nullable Section section,
            long epoch,
            long learned,
            int changes,
            boolean forEver) {
        static Known inThisProcess(long invalidated, long graced, int changes) {
            return new Known(invalidated, graced, null, 0, 0, changes, true);
        }

        boolean ends(long stamp) {
            return stamp < invalidated;
        }

        boolean graces(long stamp) {
            return stamp >= graced;
        }

        static long none() {
            return NEVER;
        }
    }

    /** What is known, if it may be used. */
    @Nullable
    Known good(long now) {
        Known is = known;
        return is != null
                        && is.changes() == changes.get()
                        && (is.forEver() || watch.isGood(is.section(), is.epoch(), is.learned(), now))
                ? is
                : null;
    }

    /** Whether it is known that the tag was not invalidated since the stamp. Allocates nothing. */
    boolean holds(long stamp, long now) {
        Known is = good(now);
        return is != null && !is.ends(stamp);
    }

    /** Nothing that was asked before counts any more. */
    void changed() {
        changes.incrementAndGet();
    }

    /** To be read before the note is. */
    int changes() {
        return changes.get();
    }

    /** Keeps what the note said, which counts for as long as the tag is not changed. */
    void learned(Known now) {
        known = now;
    }
}
