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
        int second = 2_000;
        int warmUp = WARM_UP_SECONDS * second;
        int measured = MEASURED_SECONDS * second;
        Load load =
                new Load(zipf(5_000, 0.99, warmUp + measured), second / 1_000, 5_000, ofSeconds(30), warmUp, measured);

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
        Cost two = grown(load, REFERENCE);
        List<String> lines = new ArrayList<>();
        lines.add(line(REFERENCE, two, two, two));
        Cost fixed = two;
        Cost grown = two;
        for (int size : List.of(5, 10, 20)) {
            fixed = fixed(load, size);
            grown = grown(load, size);
            lines.add(line(size, two, fixed, grown));
        }
        Path table = Path.of("target/scale-out-law.md");
        Files.write(table, lines);

        assertThat(grown.times(two)).as("see %s", table).isLessThanOrEqualTo(1.4);
        assertThat(fixed.times(two)).as("see %s", table).isGreaterThan(2);
    }

    private static String line(int size, Cost two, Cost fixed, Cost grown) {
        return String.format(
                "| %d | %.3f | %.0f | %.2f | %.3f | %.0f | %.2f |",
                size,
                fixed.localHits(),
                fixed.operations(),
                fixed.times(two),
                grown.localHits(),
                grown.operations(),
                grown.times(two));
    }
}
