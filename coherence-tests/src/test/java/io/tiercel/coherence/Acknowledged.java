package io.tiercel.coherence;

import java.util.Arrays;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The writes of one key that somebody was told had happened, by version. */
final class Acknowledged {
    private static final Event[] NONE = {};

    private Event[] writes = NONE;

    void add(Event write) {
        if (write.version() >= writes.length) {
            writes = Arrays.copyOf(writes, Math.max(2 * writes.length, write.version() + 1));
        }
        writes[write.version()] = write;
    }

    /** For each version, which newer one was acknowledged first; asked often, so it is worked out once. */
    Event[] firstNewer(int versions, Predicate<Event> which) {
        Event[] first = new Event[versions + 1];
        Event earliest = null;
        for (int version = versions; version >= 0; version--) {
            first[version] = earliest;
            Event write = get(version);
            if (write != null && which.test(write) && (earliest == null || write.end() - earliest.end() < 0)) {
                earliest = write;
            }
        }
        return first;
    }

    @Nullable
    Event get(int version) {
        return version < writes.length ? writes[version] : null;
    }
}
