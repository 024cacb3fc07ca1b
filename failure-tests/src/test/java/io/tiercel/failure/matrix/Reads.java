package io.tiercel.failure.matrix;

import io.tiercel.cache.TieredCache;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads by one thread, counted, for rows that are not about time, and what was found wrong with them. */
final class Reads {
    private final Map<String, Integer> errors = new TreeMap<>();
    private final List<String> broken = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();
    private final List<Long> times = new ArrayList<>();
    private long loads;
    private long allLoads;

    interface Source {
        @Nullable
        String load(String key) throws Exception;
    }

    /** The value, or null if there was an exception or none. */
    @Nullable
    String get(TieredCache<String, String> cache, String key, Source source) {
        long start = System.nanoTime();
        try {
            return cache.get(key, k -> {
                loads++;
                allLoads++;
                return source.load(k);
            });
        } catch (RuntimeException e) {
            errors.merge(e.getClass().getSimpleName(), 1, Integer::sum);
            return null;
        } finally {
            times.add(System.nanoTime() - start);
        }
    }

    void get(TieredCache<String, String> cache, List<String> keys, Source source) throws Exception {
        for (String key : keys) {
            String found = get(cache, key, source);
            expect(source.load(key).equals(found), "a wrong value: " + found);
        }
    }

    /** How many loads there were since this was asked last. */
    long loadsAndReset() {
        long count = loads;
        loads = 0;
        return count;
    }

    void expect(boolean kept, String otherwise) {
        if (!kept) {
            broken.add(otherwise);
        }
    }

    void remark(String remark) {
        remarks.add(remark);
    }

    Map<String, Integer> errors() {
        return errors;
    }

    Measured measured() {
        Latency latency =
                Latency.of(times.stream().mapToLong(Long::longValue).sorted().toArray());
        return Measured.of(times.size(), errors, allLoads, broken, remarks).with(latency, 0);
    }
}
