package io.tiercel.cache.metrics;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tiercel.cache.FleetShares;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.codec.Codec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/metrics.md} and the meters of a real cache say the same. */
class MetricsDocTest {
    /** Their values are the caller's names, which the table cannot list. */
    private static final Set<String> OPEN_TAGS = Set.of("cache", "tier", "node");

    private static final Pattern TAG = Pattern.compile("`([a-z]+)`(?: \\(([a-z, ]+)\\))?");

    /** What a row says, in the words of the table. */
    private record Row(String type, String unit, Map<String, Set<String>> tags) {}

    @Test
    void every_meter_is_in_the_table_and_nothing_else_is() throws IOException {
        assertThat(documented()).containsExactlyInAnyOrderEntriesOf(registered());
    }

    @Test
    void every_meter_has_a_description() {
        try (TieredCache<String, String> cache = cache()) {
            SimpleMeterRegistry registry = new SimpleMeterRegistry();
            TieredCacheMetrics.monitor(registry, cache);

            assertThat(own(registry))
                    .allSatisfy(
                            meter -> assertThat(meter.getId().getDescription()).isNotBlank());
        }
    }

    private static TieredCache<String, String> cache() {
        TieredCache<String, String> cache = TieredCache.<String, String>builder("users")
                .local(LocalTier.maximumSize(10))
                .remote(new MapTier("redis"))
                .codec(Codec.utf8())
                .policy(p -> p.ttl(Duration.ofMinutes(1)))
                .fleet(new Two())
                .build();
        cache.put("a", "1"); // nodes have meters from the first call on
        return cache;
    }

    /** A fleet of two that has no limit. */
    private record Two() implements FleetShares {
        @Override
        public int size() {
            return 2;
        }

        @Override
        public int loaderPermits() {
            return Integer.MAX_VALUE;
        }

        @Override
        public boolean takeLoaderPermit() {
            return true;
        }

        @Override
        public void returnLoaderPermit() {}

        @Override
        public void onMore(Runnable listener) {}

        @Override
        public void forget(Runnable listener) {}
    }

    /** Without the gauges that a registry makes of a timer's buckets. */
    private static List<Meter> own(MeterRegistry registry) {
        return registry.getMeters().stream()
                .filter(meter -> meter.getId().syntheticAssociation() == null)
                .toList();
    }

    private static Map<String, Row> registered() {
        Map<String, Row> rows = new TreeMap<>();
        try (TieredCache<String, String> cache = cache()) {
            SimpleMeterRegistry registry = new SimpleMeterRegistry();
            TieredCacheMetrics.monitor(registry, cache);
            for (Meter meter : own(registry)) {
                Meter.Id id = meter.getId();
                Row row = rows.computeIfAbsent(
                        id.getName(),
                        name -> new Row(
                                id.getType().name().toLowerCase(Locale.ROOT),
                                Objects.requireNonNullElse(id.getBaseUnit(), ""),
                                new TreeMap<>()));
                for (Tag tag : id.getTags()) {
                    Set<String> values = row.tags().computeIfAbsent(tag.getKey(), key -> new TreeSet<>());
                    if (!OPEN_TAGS.contains(tag.getKey())) {
                        values.add(tag.getValue());
                    }
                }
            }
        }
        return rows;
    }

    private static Map<String, Row> documented() throws IOException {
        Map<String, Row> rows = new TreeMap<>();
        for (String line : Files.readAllLines(page())) {
            if (line.startsWith("| `")) {
                String[] cells = line.split("\\|", -1);
                Map<String, Set<String>> tags = tags(cells[4]);
                tags.put("cache", new TreeSet<>());
                Row twice =
                        rows.put(cells[1].strip().replace("`", ""), new Row(cells[2].strip(), cells[3].strip(), tags));
                assertThat(twice).as(line).isNull();
                assertThat(cells[5]).as(line).isNotBlank();
                assertThat(cells[6]).as(line).isNotBlank();
            }
        }
        return rows;
    }

    private static Map<String, Set<String>> tags(String cell) {
        Map<String, Set<String>> tags = new TreeMap<>();
        for (Matcher tag = TAG.matcher(cell); tag.find(); ) {
            String values = Objects.requireNonNullElse(tag.group(2), "");
            tags.put(
                    tag.group(1),
                    Stream.of(values.split(", "))
                            .filter(value -> !value.isEmpty())
                            .collect(toCollection(TreeSet::new)));
        }
        return tags;
    }

    /** Tests run in the module; the page belongs to the project. */
    private static Path page() {
        Path here = Path.of("docs/metrics.md");
        return Files.exists(here) ? here : Path.of("../docs/metrics.md");
    }
}
