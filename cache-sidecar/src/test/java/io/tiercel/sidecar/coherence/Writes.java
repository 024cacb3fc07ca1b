package io.tiercel.sidecar.coherence;

import static java.util.Comparator.comparingInt;

import io.tiercel.sidecar.coherence.History.Outcome;
import io.tiercel.sidecar.coherence.History.Write;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The writes of one key, which one writer has made one after the other: versions 1, 2, 3 and so on. */
final class Writes {
    private final List<Write> all;
    /** By version, the first acknowledged write behind it. */
    private final @Nullable Write[] acknowledged;
    /** By version, the first removal from it on, or the version itself. */
    private final int[] removal;

    Writes(List<Write> unsorted) {
        all = unsorted.stream().sorted(comparingInt(Write::version)).toList();
        acknowledged = new Write[all.size() + 1];
        removal = new int[all.size() + 1];
        Write next = null;
        int removed = -1;
        for (int version = all.size(); version >= 0; version--) {
            if (version > 0 && all.get(version - 1).version() != version) {
                throw new IllegalArgumentException("versions must be written in order, each once");
            }
            acknowledged[version] = next;
            if (version > 0) {
                Write own = all.get(version - 1);
                next = own.outcome() == Outcome.OK ? own : next;
                removed = own.removal() ? version : removed;
            }
            removal[version] = removed < 0 ? version : removed;
        }
    }

    Write get(int version) {
        return all.get(version - 1);
    }

    /** Whether a value of that version may be read at that moment. */
    boolean isValue(int version, long moment) {
        return version >= 1
                && version <= all.size()
                && !get(version).removal()
                && get(version).start() < moment;
    }

    /** The first write behind that version which was acknowledged. */
    @Nullable
    Write acknowledgedAfter(int version) {
        return acknowledged[version];
    }

    /** The oldest version from this one on with which there was nothing; the version itself if there is none. */
    int removalFrom(int version) {
        return version == 0 ? 0 : removal[version];
    }

    /** The newest removal that had begun before that moment, 0 if there is none: nothing is what there was at first. */
    int newestRemoval(long moment) {
        int low = 0;
        int high = all.size();
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (get(middle).start() < moment) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        while (low > 0 && !get(low).removal()) {
            low--;
        }
        return low;
    }
}
