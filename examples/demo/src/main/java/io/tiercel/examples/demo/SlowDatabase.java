package io.tiercel.examples.demo;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A database that is slow because it works: each look-up also sums up a part of a price table, as many rows as take the
 * time that was asked for on this machine, and there are only so many connections.
 */
final class SlowDatabase implements AutoCloseable {
    private static final int PRICES = 50_000;
    private static final int BATCH = 1_000;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String LOOK_UP = """
            SELECT i.text, (SELECT SUM(p.amount * p.share) FROM price p WHERE p.id BETWEEN ? AND ?)
            FROM item i WHERE i.id = ?""";

    /** A connection with its statement. */
    private record Link(Connection connection, PreparedStatement lookUp) {}

    private final Connection owner;
    private final ArrayBlockingQueue<Link> idle;
    private final LongAdder queries = new LongAdder();
    private final LongAdder busyNanos = new LongAdder();
    private int scanned = 1;

    private SlowDatabase(Connection owner, int connections) {
        this.owner = owner;
        this.idle = new ArrayBlockingQueue<>(connections);
    }

    /** Makes the tables in memory and opens the connections. */
    static SlowDatabase start(int connections) throws SQLException {
        String url = "jdbc:h2:mem:demo-" + System.nanoTime() + ";OPTIMIZE_REUSE_RESULTS=FALSE";
        SlowDatabase database = new SlowDatabase(DriverManager.getConnection(url), connections);
        try {
            database.createTables();
            for (int i = 0; i < connections; i++) {
                Connection connection = DriverManager.getConnection(url);
                database.idle.add(new Link(connection, connection.prepareStatement(LOOK_UP)));
            }
            return database;
        } catch (SQLException e) {
            database.close();
            throw e;
        }
    }

    private void createTables() throws SQLException {
        try (Statement statement = owner.createStatement()) {
            statement.execute("CREATE TABLE item (id VARCHAR(600) PRIMARY KEY, text VARCHAR(2000) NOT NULL)");
            statement.execute("CREATE TABLE price (id INT PRIMARY KEY, amount DECIMAL(12, 2), share DECIMAL(6, 4))");
            statement.execute("INSERT INTO price SELECT x, MOD(x * 7919, 100000) / 100.0, MOD(x * 31, 10000) / 10000.0"
                    + " FROM SYSTEM_RANGE(0, " + (2 * PRICES - 1) + ")");
        }
    }

    /**
     * Writes a row for each key.
     *
     * @param progress is told how many rows there are, after each batch
     */
    void fill(Collection<String> keys, long seed, LongConsumer progress) throws SQLException {
        long rows = 0;
        try (PreparedStatement insert = owner.prepareStatement("INSERT INTO item VALUES (?, ?)")) {
            for (String key : keys) {
                insert.setString(1, key);
                insert.setString(2, Row.textOf(key, seed));
                insert.addBatch();
                if (++rows % BATCH == 0 || rows == keys.size()) {
                    insert.executeBatch();
                    progress.accept(rows);
                }
            }
        }
    }

    /**
     * Finds out how many prices a look-up has to sum up to take that long when nothing else runs.
     *
     * @return the median of what a look-up takes now
     */
    Duration calibrate(Collection<String> keys, Duration target) throws Exception {
        List<String> sample = keys.stream().limit(64).toList();
        median(sample, 3_000, 500);
        long best = 0;
        for (int round = 0; round < 4; round++) {
            best = median(sample, 41, Math.max(scanned, 500));
            scanned = (int) Math.max(1, Math.min(PRICES, Math.max(scanned, 500) * (double) target.toNanos() / best));
        }
        best = median(sample, 41, scanned);
        queries.reset();
        busyNanos.reset();
        return Duration.ofNanos(best);
    }

    private long median(List<String> sample, int times, int prices) throws Exception {
        scanned = prices;
        long[] nanos = new long[times];
        for (int i = 0; i < times; i++) {
            long start = System.nanoTime();
            Row unused = load(sample.get(i % sample.size()));
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        return nanos[times / 2];
    }

    /** Reads one row, as soon as a connection is free. */
    @Nullable
    Row load(String key) throws SQLException, InterruptedException {
        Link link = idle.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (link == null) {
            throw new SQLException("no connection became free within " + PATIENCE.toSeconds() + " s");
        }
        long start = System.nanoTime();
        try {
            return read(link.lookUp(), key);
        } finally {
            busyNanos.add(System.nanoTime() - start);
            queries.increment();
            idle.add(link);
        }
    }

    private @Nullable Row read(PreparedStatement lookUp, String key) throws SQLException {
        int from = Math.floorMod(key.hashCode(), PRICES);
        lookUp.setInt(1, from);
        lookUp.setInt(2, from + scanned - 1);
        lookUp.setString(3, key);
        try (ResultSet rows = lookUp.executeQuery()) {
            return rows.next() ? Row.of(key, rows.getString(1)) : null;
        }
    }

    long queries() {
        return queries.sum();
    }

    /** Time that connections were at work, all of them together. */
    Duration busy() {
        return Duration.ofNanos(busyNanos.sum());
    }

    @Override
    public void close() throws SQLException {
        for (Link link = idle.poll(); link != null; link = idle.poll()) {
            link.connection().close();
        }
        owner.close();
    }
}
