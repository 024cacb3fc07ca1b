package io.tiercel.coherence;

import java.util.List;

/**
 * Everything that happened in one run.
 *
 * @param cache the cache's name, the first part of every stored key
 * @param events of all instances
 * @param since when each version of each key came into the database, from version 1 on
 * @param faults what was broken when
 * @param begin {@code System.nanoTime()} from which times are told
 */
record History(String cache, List<Event> events, List<long[]> since, FaultLog faults, long begin) {
    boolean mayBeLost(Event write) {
        return faults.mayBeLost(cache + ":" + Settings.key(write.key()), write.start(), write.end());
    }

    /** For a person. */
    String describe(Event event) {
        String what = event.op() + " " + Settings.key(event.key())
                + (event.version() == 0 ? "" : " version " + event.version()) + " "
                + (event.count() == 1 ? "" : "x" + event.count() + " ") + event.outcome();
        return String.format(
                "%10.3f .. %10.3f ms  instance %d thread %d  %s",
                (event.lastStart() - begin) / 1e6, (event.end() - begin) / 1e6, event.instance(), event.thread(), what);
    }
}
