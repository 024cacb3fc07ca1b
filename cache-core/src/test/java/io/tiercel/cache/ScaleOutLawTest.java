package io.tiercel.cache;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.cache.codec.Codec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * What L2 is asked for as instances are added and the load stays the same: real caches over one store that counts, in time
 * that the test moves on. {@code docs/fleet.md} has the numbers.
 */
class ScaleOutLawTest {
    private static final int REFERENCE = 2;
    private static final int WARM_UP_SECONDS = 300;
    private static final int MEASURED_SECONDS = 300;

    /**
     * Requests to a fleet.
     *
     * @param keys of all requests in turn, over and over
     * @param perMilli requests in a millisecond, of all instances together
     * @param entries what L1 of each instance holds
     * @param localTtl with two instances
     * @param warmUp requests that are not measured
     * @param measured requests that are, after them
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Load(int[] keys, int perMilli, int entries, Duration localTtl, int warmUp, int measured) {}

    /** A share of requests that L1 answered, and operations of L2 for each thousand of requests, leases included. */
    private record Cost(double localHits, double operations) {
        double times(Cost other) {
            return operations / other.operations;
        }
    }

    /** Takes note of how much is added and forgets it. */
    private static final class Count extends AbstractList<String> {
        long sum;

        @Override
        public boolean add(String operation) {
            sum++;
            return true;
        }

        @Override
        public String get(int index) {
            throw new IndexOutOfBoundsException(index);
        }

        @Override
        public int size() {
            return 0;
        }
    }

    private static Cost cost(Load load, int size, UnaryOperator<CachePolicy> policy) {
        FakeTime time = new FakeTime();
        Count operations = new Count();
        FakeTier l2 = new FakeTier("l2", time, operations);
        l2.telling = true;
        FakeShares fleet = new FakeShares(size);
        List<TieredCache<String, String>> nodes = IntStream.range(0, size)
                .mapToObj(i -> TieredCache.<String, String>builder("t")
                        .local(LocalTier.maximumSize(load.entries()))
                        .remote(l2)
                        .codec(Codec.utf8())
                        .policy(p -> policy.apply(p.ttl(ofMinutes(10)).localTtl(load.localTtl())))
                        .fleet(fleet)
                        .executor(Runnable::run)
                        .time(time)
                        .build())
                .toList();
        Random random = new Random(1);
        long localBefore = 0;
        long operationsBefore = 0;
        for (int i = 0; i < load.warmUp() + load.measured(); i++) {
            if (i == load.warmUp()) {
                localBefore = localHits(nodes);
                operationsBefore = operations.sum;
            }
            if (i % load.perMilli() == 0) {
                time.advance(ofMillis(1));
            }
            String key = Integer.toString(load.keys()[i % load.keys().length]);
            nodes.get(random.nextInt(size)).get(key, k -> k);
        }
        Cost cost = new Cost(
                (double) (localHits(nodes) - localBefore) / load.measured(),
                (operations.sum - operationsBefore) * 1_000.0 / load.measured());
        nodes.forEach(TieredCache::close);
        return cost;
    }

    private static long localHits(List<TieredCache<String, String>> nodes) {
        return nodes.stream().mapToLong(node -> node.stats().local().hits()).sum();
    }

    private static Cost fixed(Load load, int size) {
        return cost(load, size, p -> p.longestLocalTtl(load.localTtl()));
    }

    private static Cost grown(Load load, int size) {
        return cost(load, size, p -> p);
    }

    private static Cost longest(Load load, int size) {
        return cost(load, size, p -> p.localTtl(p.ttl()));
    }

    private static Load generated() {
        int second = 2_000;
        int warmUp = WARM_UP_SECONDS * second;
        int measured = MEASURED_SECONDS * second;
        return new Load(zipf(5_000, 0.99, warmUp + measured), second / 1_000, 5_000, ofSeconds(30), warmUp, measured);
    }

    private static int[] zipf(int keys, double exponent, int count) {
        double[] upTo = new double[keys];
        double sum = 0;
        for (int i = 0; i < keys; i++) {
            sum += Math.pow(i + 1, -exponent);
            upTo[i] = sum;
        }
        Random random = new Random(2);
        int[] drawn = new int[count];
        for (int i = 0; i < count; i++) {
            int at = Arrays.binarySearch(upTo, random.nextDouble() * sum);
            drawn[i] = Math.min(keys - 1, at < 0 ? -at - 1 : at);
        }
        return drawn;
    }

    @Test
    void twenty_instances_ask_L2_hardly_more_than_two_if_copies_stay_longer_and_much_more_if_they_do_not() {
        Load load = generated();

        Cost two = grown(load, REFERENCE);
        Cost fixed = fixed(load, 20);
        Cost grown = grown(load, 20);

        assertThat(grown.times(two)).as("%s against %s", grown, two).isLessThanOrEqualTo(1.4);
        assertThat(fixed.times(two)).as("%s against %s", fixed, two).isGreaterThan(2);
        assertThat(grown.localHits()).isGreaterThan(two.localHits() - 0.05);
    }

    /** The table of the documentation; {@code -Dlaw.trace=FILE}, the keys as four bytes each, the highest first. */
    @Test
    @EnabledIfSystemProperty(named = "law.trace", matches = ".+")
    void with_a_recorded_load_it_is_so_too() throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(Path.of(System.getProperty("law.trace"))));
        int[] keys = new int[bytes.remaining() / Integer.BYTES];
        bytes.asIntBuffer().get(keys);
        Load load = new Load(
                keys,
                15,
                Integer.getInteger("law.entries", 10_000),
                ofSeconds(Integer.getInteger("law.seconds", 10)),
                keys.length / 2,
                keys.length / 2);
        Path table = Path.of("target/scale-out-law.md");
        Costs twenty = table(load, table);

        // Hotter keys come up all the time, and each instance must read each of them once, however long it keeps it.
        assertThat(twenty.grown().times(twenty.two())).as("see %s", table).isLessThanOrEqualTo(1.7);
        assertThat(twenty.fixed().times(twenty.two())).as("see %s", table).isGreaterThan(2);
    }

    /** The generated load at all sizes, for the documentation; {@code -Dlaw.table=true}. */
    @Test
    @EnabledIfSystemProperty(named = "law.table", matches = "true")
    void with_a_generated_load_it_is_so_at_every_size() throws IOException {
        Path table = Path.of("target/scale-out-law-zipf.md");
        Costs twenty = table(generated(), table);

        assertThat(twenty.grown().times(twenty.two())).as("see %s", table).isLessThanOrEqualTo(1.4);
    }

    /**
     * What a number of instances costs.
     *
     * @param two what two cost
     * @param fixed with the life of copies that is meant for two
     * @param grown with a life that grows
     * @param longest with copies that live as long as their entries
     */
    private record Costs(Cost two, Cost fixed, Cost grown, Cost longest) {
        String line(int size) {
            return String.format(
                    "| %d | %.3f | %.0f | %.2f | %.3f | %.0f | **%.2f** | %.2f |",
                    size,
                    fixed.localHits(),
                    fixed.operations(),
                    fixed.times(two),
                    grown.localHits(),
                    grown.operations(),
                    grown.times(two),
                    longest.times(two));
        }
    }

    /** Writes a line for each number of instances, and returns the last. */
    private static Costs table(Load load, Path table) throws IOException {
        Cost two = grown(load, REFERENCE);
        List<String> lines = new ArrayList<>();
        Costs last = new Costs(two, two, two, longest(load, REFERENCE));
        lines.add(last.line(REFERENCE));
        for (int size : List.of(5, 10, 20)) {
            last = new Costs(two, fixed(load, size), grown(load, size), longest(load, size));
            lines.add(last.line(size));
        }
        Files.write(table, lines);
        return last;
    }
}
