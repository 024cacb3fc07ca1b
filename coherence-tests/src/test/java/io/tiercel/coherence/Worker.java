package io.tiercel.coherence;

import io.tiercel.cache.TieredCache;
import io.tiercel.coherence.Event.Op;
import io.tiercel.coherence.Event.Outcome;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One thread of an instance: what it does to the cache and the database, and records. Not thread-safe. */
final class Worker implements AutoCloseable {
    private static final int BURST = 400;
    private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private final Settings settings;
    private final int thread;
    private final TieredCache<String, String> cache;
    private final DatabaseClient database;
    private final EventLog.Recorder recorder;
    private final Random random;

    Worker(Settings settings, int thread, TieredCache<String, String> cache, EventLog log) throws IOException {
        this.settings = settings;
        this.thread = thread;
        this.cache = cache;
        this.database = new DatabaseClient(settings.database());
        this.recorder = log.recorder();
        this.random = new Random(settings.seed() + 31L * settings.instance() + thread);
    }

    /** One operation on keys of its choice, and a short pause. */
    void step() {
        int key = anyKey();
        int choice = random.nextInt(1_000);
        if (choice < 10) {
            write(Op.PUT, key);
        } else if (choice < 20) {
            write(Op.INVALIDATE, key);
        } else if (choice < 23) {
            expire(key);
        } else if (choice < 28) {
            read(Op.REFRESH, key, () -> cache.refresh(Settings.key(key), k -> load(key)));
        } else if (choice < 80) {
            getAll();
        } else if (choice < 140) {
            read(Op.GET_IF_PRESENT, key, () -> cache.getIfPresent(Settings.key(key)));
        } else {
            burst(key, 1 + random.nextInt(BURST));
        }
        LockSupport.parkNanos(random.nextInt(1_500_000));
    }

    /** Half of the traffic is for a sixteenth of the keys. */
    private int anyKey() {
        double u = random.nextDouble();
        return (int) (settings.keys() * u * u * u * u);
    }

    /** Gets one key again and again; reads of the same version become one event. */
    private void burst(int key, int reads) {
        String name = Settings.key(key);
        long until = System.nanoTime() + BURST_NANOS;
        Event run = null;
        for (int i = 0; i < reads; i++) {
            Event one = timed(Op.GET, key, () -> cache.get(name, k -> load(key)));
            run = run == null ? one : joined(run, one);
            if (one.end() - until > 0) {
                break;
            }
        }
        if (run != null) {
            recorder.add(run);
        }
    }

    private Event joined(Event run, Event one) {
        if (run.outcome() == one.outcome() && run.version() == one.version()) {
            return new Event(
                    run.op(),
                    run.outcome(),
                    run.instance(),
                    run.thread(),
                    run.key(),
                    run.version(),
                    run.count() + 1,
                    run.start(),
                    one.start(),
                    one.end());
        }
        recorder.add(run);
        return one;
    }

    void read(Op op, int key, Supplier<@Nullable String> read) {
        recorder.add(timed(op, key, read));
    }

    void get(Op op, int key) {
        read(op, key, () -> cache.get(Settings.key(key), k -> load(key)));
    }

    void getIfPresent(Op op, int key) {
        read(op, key, () -> cache.getIfPresent(Settings.key(key)));
    }

    private Event timed(Op op, int key, Supplier<@Nullable String> read) {
        long start = System.nanoTime();
        String value;
        try {
            value = read.get();
        } catch (RuntimeException e) {
            return event(op, Outcome.FAILED, key, 0, start, System.nanoTime());
        }
        return answer(op, key, value, start, System.nanoTime());
    }

    private Event answer(Op op, int key, @Nullable String value, long start, long end) {
        if (value == null) {
            return event(op, Outcome.MISS, key, 0, start, end);
        }
        Row row = Row.decode(Settings.key(key), value);
        return row == null
                ? event(op, Outcome.FOREIGN, key, 0, start, end)
                : event(op, Outcome.OK, key, row.version(), start, end);
    }

    private void getAll() {
        Set<Integer> keys = new LinkedHashSet<>();
        for (int i = 0; i < 8; i++) {
            keys.add(anyKey());
        }
        List<String> names = new ArrayList<>();
        keys.forEach(key -> names.add(Settings.key(key)));
        long start = System.nanoTime();
        Map<String, String> values;
        try {
            values = cache.getAll(names, this::loadAll);
        } catch (RuntimeException e) {
            long end = System.nanoTime();
            keys.forEach(key -> recorder.add(event(Op.GET_ALL, Outcome.FAILED, key, 0, start, end)));
            return;
        }
        long end = System.nanoTime();
        keys.forEach(key -> recorder.add(answer(Op.GET_ALL, key, values.get(Settings.key(key)), start, end)));
    }

    /** The database first, then the cache, under the key's lock: what an application does that wants no lost update. */
    private void write(Op op, int key) {
        String name = Settings.key(key);
        long start = System.nanoTime();
        int version = 0;
        Outcome outcome = Outcome.OK;
        try {
            version = database.write(key);
            if (op == Op.PUT) {
                var unused = cache.put(name, new Row(name, version, settings.instance()).encode());
            } else {
                var unused = cache.invalidate(name);
            }
        } catch (RuntimeException e) {
            outcome = Outcome.FAILED;
        } catch (IOException e) {
            throw new IllegalStateException("the database failed", e);
        }
        recorder.add(event(op, outcome, key, version, start, System.nanoTime()));
        release(key);
    }

    private void expire(int key) {
        long start = System.nanoTime();
        Outcome outcome = Outcome.OK;
        try {
            var unused = cache.expire(Settings.key(key));
        } catch (RuntimeException e) {
            outcome = Outcome.FAILED;
        }
        recorder.add(event(Op.EXPIRE, outcome, key, 0, start, System.nanoTime()));
    }

    private String load(int key) throws IOException {
        int version = database.read(key);
        dawdle();
        return new Row(Settings.key(key), version, settings.instance()).encode();
    }

    private Map<String, String> loadAll(Set<String> names) throws IOException {
        Map<String, String> rows = new HashMap<>();
        for (String name : names) {
            int version = database.read(Integer.parseInt(name.substring(1)));
            rows.put(name, new Row(name, version, settings.instance()).encode());
        }
        dawdle();
        return rows;
    }

    /** Between reading the row and handing it over: the moment in which somebody else may write. */
    private void dawdle() {
        if (random.nextInt(3) == 0) {
            LockSupport.parkNanos(random.nextInt(5_000_000));
        }
    }

    private void release(int key) {
        try {
            database.release(key);
        } catch (IOException e) {
            throw new IllegalStateException("the database failed", e);
        }
    }

    private Event event(Op op, Outcome outcome, int key, int version, long start, long end) {
        return new Event(op, outcome, settings.instance(), thread, key, version, 1, start, start, end);
    }

    @Override
    public void close() throws IOException {
        recorder.close();
        database.close();
    }
}
