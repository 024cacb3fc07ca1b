package io.tiercel.cache.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.SetArgs;
import io.lettuce.core.cluster.SlotHash;
import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.cache.tier.Section;
import io.tiercel.embedded.RedisCluster;
import io.tiercel.embedded.RedisOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The change feed over a real cluster. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class RedisClusterBusIT {
    private static final Duration BOUND = Duration.ofMillis(1_500);
    private static final Duration SHORT_BOUND = Duration.ofMillis(800);
    private static final Duration PATIENT = Duration.ofSeconds(20);

    private final RedisCluster cluster =
            RedisCluster.start(RedisOptions.of(3, 0).withNodeTimeout(Duration.ofSeconds(15)));
    private final List<RedisConsole> consoles = new ArrayList<>();
    private int[] owners = {};
    private int names;

    @BeforeAll
    void look() {
        cluster.nodes().forEach(node -> consoles.add(new RedisConsole(node.port())));
        owners = consoles.get(0).sectionOwners();
    }

    @AfterEach
    void nobody_listens_any_more() {
        await().atMost(PATIENT)
                .until(() -> consoles.stream()
                        .allMatch(console -> console.listeners().isEmpty()));
    }

    @AfterAll
    void close() {
        consoles.forEach(RedisConsole::close);
        cluster.close();
    }

    @Test
    void every_change_by_whomever_is_told() {
        Told told = new Told();
        String prefix = freshPrefix();
        try (RedisTier tier = connect();
                ChangeFeed feed = tier.changes(List.of(prefix), BOUND, told)) {
            Told.awaitVouched(feed);
            List<String> keys = IntStream.range(0, 60).mapToObj(i -> prefix + i).toList();

            keys.forEach(key -> on(key).commands().set(key, "v"));
            keys.forEach(key -> told.awaitChanges(key, 1));
            keys.forEach(key -> on(key).commands().del(key));
            keys.forEach(key -> told.awaitChanges(key, 2));
            keys.forEach(key -> on(key).commands().set(key, "v", SetArgs.Builder.px(100))); // and expires
            keys.forEach(key -> told.awaitChanges(key, 4));
            keys.forEach(key -> join(tier.put(key, new byte[1], Duration.ofMinutes(1))));
            keys.forEach(key -> told.awaitChanges(key, 5));

            assertThat(feed.nodes()).hasSize(3).allSatisfy(node -> {
                assertThat(node.state()).isEqualTo(ChangeFeed.State.ARMED);
                assertThat(node.vouchedAgo()).isBetween(Duration.ZERO, Duration.ofSeconds(5));
                assertThat(node.changes()).isPositive();
                assertThat(node.losses()).isZero();
            });
            String foreign = "foreign:" + keys.get(0);
            on(foreign).commands().set(foreign, "v");
            on(keys.get(1)).commands().set(keys.get(1), "v");
            told.awaitChanges(keys.get(1), 6);
            assertThat(told.of(foreign)).isZero();
        }
    }

    @Test
    void a_flushed_node_is_forgotten_and_no_other() {
        try (RedisTier tier = connect();
                ChangeFeed feed = tier.changes(List.of(freshPrefix()), BOUND, new Told())) {
            Told.awaitVouched(feed);
            long[] before = Told.epochs(feed);

            consoles.get(1).commands().flushall();

            List<Integer> flushed = sectionsOf(1);
            await().atMost(PATIENT).until(() -> moved(before, feed).containsAll(flushed));
            assertThat(moved(before, feed)).doesNotContainAnyElementsOf(sectionsOf(0));
        }
    }

    @Test
    void two_feeds_of_one_tier_share_a_connection_to_each_primary() {
        Told first = new Told();
        Told second = new Told();
        String one = freshPrefix();
        String other = freshPrefix();
        try (RedisTier tier = connect();
                ChangeFeed feed = tier.changes(List.of(one), BOUND, first)) {
            Told.awaitVouched(feed);
            long[] before = Told.epochs(feed);
            try (ChangeFeed later = tier.changes(List.of(other, one + "part:"), SHORT_BOUND, second)) {
                Told.awaitVouched(later);

                on(one + "k").commands().set(one + "k", "v");
                on(other + "k").commands().set(other + "k", "v");
                on(one + "part:k").commands().set(one + "part:k", "v");

                first.awaitChanges(one + "k", 1);
                first.awaitChanges(one + "part:k", 1);
                second.awaitChanges(other + "k", 1);
                second.awaitChanges(one + "part:k", 1);
                assertThat(first.of(other + "k") + second.of(one + "k")).isZero();
                assertThat(consoles)
                        .allSatisfy(console -> assertThat(console.listeners()).hasSize(1));
                assertThat(moved(before, feed)).isEmpty(); // the first one loses nothing
            }
            on(one + "k").commands().set(one + "k", "v");
            first.awaitChanges(one + "k", 2);
        }
    }

    @Test
    void a_shorter_prefix_that_comes_later_begins_the_streams_anew() {
        Told first = new Told();
        Told second = new Told();
        String prefix = freshPrefix();
        try (RedisTier tier = connect();
                ChangeFeed feed = tier.changes(List.of(prefix + "part:"), BOUND, first)) {
            Told.awaitVouched(feed);
            long[] before = Told.epochs(feed);
            try (ChangeFeed later = tier.changes(List.of(prefix), BOUND, second)) {
                Told.awaitVouched(later);
                Told.awaitVouched(feed);

                on(prefix + "part:k").commands().set(prefix + "part:k", "v");

                first.awaitChanges(prefix + "part:k", 1);
                second.awaitChanges(prefix + "part:k", 1);
                assertThat(moved(before, feed)).hasSize(Slots.SECTIONS);
            }
        }
    }

    @Test
    void a_stream_that_is_cut_is_not_vouched_for_and_begins_anew_with_another_epoch() {
        Told told = new Told();
        String prefix = freshPrefix();
        try (RedisTier tier = connect();
                ChangeFeed feed = tier.changes(List.of(prefix), BOUND, told)) {
            Told.awaitVouched(feed);
            long[] millis = new long[9];
            for (int round = 0; round < millis.length; round++) {
                RedisConsole console = consoles.get(round % 3);
                List<Integer> own = sectionsOf(round % 3);
                List<Integer> others = sectionsOf((round + 1) % 3);
                long[] before = Told.epochs(feed);
                long start = System.nanoTime();

                assertThat(console.killListeners()).isEqualTo(1);

                await().pollInterval(Duration.ofMillis(1))
                        .atMost(PATIENT)
                        .until(() -> moved(before, feed).containsAll(own));
                assertThat(moved(before, feed)).doesNotContainAnyElementsOf(others);
                await().pollInterval(Duration.ofMillis(1))
                        .atMost(PATIENT)
                        .until(() -> own.stream().allMatch(section -> Told.isVouched(feed, section)));
                millis[round] = Duration.ofNanos(System.nanoTime() - start).toMillis();
                Told.awaitVouched(feed);
            }
            Arrays.sort(millis);
            System.out.printf("vouched for again after CLIENT KILL: %s ms%n", Arrays.toString(millis));
            assertThat(feed.nodes())
                    .allSatisfy(node -> assertThat(node.losses()).isEqualTo(3));
            on(prefix + "k").commands().set(prefix + "k", "v");
            told.awaitChanges(prefix + "k", 1);
        }
    }

    /** With a long bound, so that it is the silence that ends it; that the bound does is checked with every hit. */
    @ParameterizedTest
    @ValueSource(longs = {1_500, 60_000})
    void a_hanging_primary_stops_its_own_sections_only(long bound) {
        try (RedisTier tier = connect();
                ChangeFeed feed = tier.changes(List.of(freshPrefix()), Duration.ofMillis(bound), new Told())) {
            Told.awaitVouched(feed);
            long[] before = Told.epochs(feed);
            cluster.node(0).pause();
            long paused = System.nanoTime();
            try {
                await().pollInterval(Duration.ofMillis(5))
                        .atMost(PATIENT)
                        .until(() -> sectionsOf(0).stream().noneMatch(section -> Told.isVouched(feed, section)));
                System.out.printf(
                        "not vouched for %d ms after SIGSTOP, bound %d%n",
                        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - paused), bound);
                await().atMost(PATIENT)
                        .until(() -> sectionsOf(1).stream().allMatch(section -> Told.isVouched(feed, section)));
                assertThat(feed.nodes()).anyMatch(node -> node.state() == ChangeFeed.State.LOST);
            } finally {
                cluster.node(0).resume();
            }
            Told.awaitVouched(feed);
            assertThat(moved(before, feed)).containsAll(sectionsOf(0)).doesNotContainAnyElementsOf(sectionsOf(1));
        }
    }

    /** Only the first slot that moves to a node raises the epoch of the cluster. */
    @Test
    void every_slot_that_moves_is_noticed() {
        RedisConsole from = consoles.get(0);
        RedisConsole to = consoles.get(1);
        RedisConsole third = consoles.get(2);
        List<Integer> slots = List.of(300, 301, 1_000, 3_000);
        String prefix = freshPrefix();
        Told told = new Told();
        try (RedisTier tier = connect();
                ChangeFeed feed = tier.changes(List.of(prefix), BOUND, told)) {
            List<Integer> moved = new ArrayList<>();
            try {
                for (int slot : slots) {
                    Told.awaitVouched(feed);
                    long[] before = Told.epochs(feed);
                    RedisConsole.moveSlot(slot, from, to);
                    moved.add(slot);

                    int section = slot / Slots.PER_SECTION;
                    await().atMost(PATIENT).until(() -> moved(before, feed).contains(section));
                    // One that moved before may move once more, when the last node hears of it.
                    assertThat(moved(before, feed))
                            .isSubsetOf(moved.stream()
                                    .map(one -> one / Slots.PER_SECTION)
                                    .toList());
                }
                Told.awaitVouched(feed);

                // What the new owner could not tell while its stream was lost must be forgotten.
                Section section = feed.sectionAt(3_000 / Slots.PER_SECTION);
                long epoch = section.epoch();
                assertThat(to.killListeners()).isEqualTo(1);
                await().atMost(PATIENT).until(() -> section.epoch() != epoch);
                Told.awaitVouched(feed);
            } finally {
                moved.forEach(slot -> RedisConsole.moveSlot(slot, to, from));
                for (RedisConsole console : List.of(from, to, third)) {
                    moved.forEach(slot -> console.commands()
                            .clusterSetSlotNode(slot, from.commands().clusterMyId()));
                }
            }
            await().atMost(PATIENT).until(() -> Arrays.equals(owners, third.sectionOwners()));
            Told.awaitVouched(feed);
        }
    }

    /** A value that a former owner still has may be older than what the new one has told. */
    @Test
    void a_section_that_moved_is_vouched_for_only_when_the_tier_reads_it_from_the_new_owner() {
        RedisConsole from = consoles.get(0);
        RedisConsole to = consoles.get(1);
        String prefix = freshPrefix();
        RedisConfig quiet = RedisConfig.of(cluster.uri())
                .name("busroute")
                .topologyRefresh(Duration.ofHours(1))
                .timeout(Duration.ofSeconds(2));
        String key = IntStream.range(0, 1_000)
                .mapToObj(i -> prefix + i)
                .filter(name -> owners[Slots.section(name)] == from.port())
                .findFirst()
                .orElseThrow();
        int slot = SlotHash.getSlot(key);
        try (RedisTier tier = RedisTier.connect(quiet);
                ChangeFeed feed = tier.changes(List.of(prefix), BOUND, new Told())) {
            join(tier.put(key, new byte[1], Duration.ofMinutes(1)));
            Told.awaitVouched(feed);
            long[] before = Told.epochs(feed);
            RedisConsole.moveSlot(slot, from, to);
            try {
                await().atMost(PATIENT).until(() -> moved(before, feed).contains(Slots.section(key)));
                Told.awaitVouched(feed);
                String redirections = from.redirections();

                assertThat(join(tier.get(key))).hasSize(1);

                assertThat(from.redirections()).isEqualTo(redirections);
            } finally {
                RedisConsole.moveSlot(slot, to, from);
                consoles.get(2)
                        .commands()
                        .clusterSetSlotNode(slot, from.commands().clusterMyId());
            }
            Told.awaitVouched(feed);
        }
    }

    @Test
    void a_section_is_vouched_for_by_both_nodes_while_a_slot_moves() {
        RedisConsole from = consoles.get(0);
        RedisConsole to = consoles.get(1);
        int slot = 700;
        try (RedisTier tier = connect();
                ChangeFeed feed = tier.changes(List.of(freshPrefix()), BOUND, new Told())) {
            Told.awaitVouched(feed);
            Section section = feed.sectionAt(slot / Slots.PER_SECTION);
            long before = section.epoch();
            to.commands().clusterSetSlotImporting(slot, from.commands().clusterMyId());
            from.commands().clusterSetSlotMigrating(slot, to.commands().clusterMyId());
            try {
                await().atMost(PATIENT).until(() -> section.epoch() != before);
                Told.awaitVouched(feed);
                long moving = section.epoch();

                assertThat(to.killListeners()).isEqualTo(1);

                await().atMost(PATIENT).until(() -> section.epoch() != moving);
            } finally {
                to.commands().clusterSetSlotStable(slot);
                from.commands().clusterSetSlotStable(slot);
            }
            Told.awaitVouched(feed);
        }
    }

    @Test
    void generations_live_in_every_section() {
        Told told = new Told();
        String prefix = freshPrefix();
        try (RedisTier tier = connect();
                ChangeFeed feed = tier.changes(List.of(prefix), BOUND, told)) {
            Told.awaitVouched(feed);
            for (int section = 0; section < feed.sections(); section++) {
                String key = feed.keyIn(section, prefix + "generation");
                assertThat(feed.section(key)).isSameAs(feed.sectionAt(section));
                assertThat(consoles.get(0).commands().clusterKeyslot(key) / Slots.PER_SECTION)
                        .isEqualTo(section);
                join(tier.put(key, new byte[1], Duration.ofMinutes(1)));
                told.awaitChanges(key, 1);
            }
        }
    }

    @Test
    void a_change_is_told_soon() {
        String prefix = freshPrefix();
        Told told = new Told();
        try (RedisTier tier = connect();
                ChangeFeed feed = tier.changes(List.of(prefix), BOUND, told)) {
            Told.awaitVouched(feed);
            long[] micros = new long[2_000];
            for (int i = 0; i < micros.length; i++) {
                String key = prefix + i;
                RedisConsole console = on(key);
                long start = System.nanoTime();
                console.commands().set(key, "v");
                while (told.of(key) == 0) {
                    Thread.onSpinWait();
                }
                micros[i] = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - start);
            }
            long[] second = Arrays.copyOfRange(micros, 1_000, 2_000);
            Arrays.sort(second);
            System.out.printf("SET sent until told: p50 %d us, p99 %d us%n", second[500], second[990]);
        }
    }

    @Test
    void no_hit_is_older_than_the_bound_while_connections_are_cut_and_nodes_hang() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (RedisTier tier = connect();
                StalenessCheck check = new StalenessCheck(
                        cluster.node(0).port(), tier, freshPrefix(), 60, SHORT_BOUND, Duration.ZERO, seed)) {
            Told.awaitVouched(check.feed());
            for (int round = 0; round < 8; round++) {
                int node = random.nextInt(3);
                if (round % 4 == 3) {
                    cluster.node(node).pause();
                    TimeUnit.MILLISECONDS.sleep(300 + random.nextInt(1_500));
                    cluster.node(node).resume();
                } else {
                    consoles.get(node).killListeners();
                }
                TimeUnit.MILLISECONDS.sleep(random.nextInt(600));
            }
            Told.awaitVouched(check.feed());
            TimeUnit.SECONDS.sleep(2);

            assertThat(check.findings("cut and hanging, seed " + seed)).isEmpty();
            assertThat(check.hits()).isPositive();
        }
    }

    @Test
    void no_hit_is_older_than_the_bound_while_slots_move() throws Exception {
        long seed = System.nanoTime();
        List<Integer> slots = new ArrayList<>();
        String prefix = freshPrefix();
        try (RedisTier tier = connect();
                StalenessCheck check = new StalenessCheck(
                        cluster.node(0).port(), tier, prefix, 60, SHORT_BOUND, Duration.ZERO, seed)) {
            Told.awaitVouched(check.feed());
            IntStream.range(0, 60)
                    .map(i -> consoles.get(0)
                            .commands()
                            .clusterKeyslot(prefix + i)
                            .intValue())
                    .filter(slot ->
                            owners[slot / Slots.PER_SECTION] == cluster.node(0).port())
                    .distinct()
                    .forEach(slots::add);
            try {
                for (int slot : slots) {
                    RedisConsole.moveSlot(slot, consoles.get(0), consoles.get(1));
                    TimeUnit.MILLISECONDS.sleep(50);
                    if (slot % 4 == 0) {
                        consoles.get(1).killListeners();
                    }
                }
                Told.awaitVouched(check.feed());
                for (int i = 0; i < 5; i++) {
                    consoles.get(1).killListeners(); // who owns them now must be the one that is asked
                    TimeUnit.MILLISECONDS.sleep(300);
                }
                Told.awaitVouched(check.feed());
                TimeUnit.SECONDS.sleep(2);
            } finally {
                slots.forEach(slot -> RedisConsole.moveSlot(slot, consoles.get(1), consoles.get(0)));
                for (RedisConsole console : consoles) {
                    slots.forEach(slot -> console.commands()
                            .clusterSetSlotNode(slot, consoles.get(0).commands().clusterMyId()));
                }
            }
            assertThat(check.findings("moving slots, seed " + seed)).isEmpty();
            assertThat(check.hits()).isPositive();
        }
    }

    @Test
    void a_slow_listener_makes_nothing_older_than_the_bound() throws Exception {
        long seed = System.nanoTime();
        try (RedisTier tier = connect();
                StalenessCheck check = new StalenessCheck(
                        cluster.node(0).port(), tier, freshPrefix(), 3, SHORT_BOUND, Duration.ofMillis(20), seed)) {
            TimeUnit.SECONDS.sleep(8);

            assertThat(check.findings("slow listener, seed " + seed)).isEmpty();
            assertThat(check.hits()).isPositive();
        }
    }

    @Test
    void a_listener_that_throws_loses_its_section_and_not_the_stream() {
        String prefix = freshPrefix();
        try (RedisTier tier = connect();
                ChangeFeed feed = tier.changes(List.of(prefix), BOUND, key -> {
                    throw new IllegalStateException("on purpose");
                })) {
            Told.awaitVouched(feed);
            Section section = feed.section(prefix + "k");
            for (int i = 0; i < 3; i++) {
                long epoch = section.epoch();
                on(prefix + "k").commands().set(prefix + "k", "v");
                await().atMost(PATIENT).until(() -> section.epoch() > epoch);
            }
            assertThat(feed.nodes())
                    .allSatisfy(node -> assertThat(node.losses()).isZero());
        }
    }

    @Test
    void the_last_feed_closes_the_connections_and_the_next_one_opens_them_again() {
        try (RedisTier tier = connect()) {
            for (int i = 0; i < 3; i++) {
                ChangeFeed feed = tier.changes(List.of(freshPrefix()), BOUND, new Told());
                Told.awaitVouched(feed);
                assertThat(consoles)
                        .allSatisfy(console -> assertThat(console.listeners()).hasSize(1));

                feed.close();
                feed.close();

                nobody_listens_any_more();
                assertThat(feed.nodes()).isEmpty();
                assertThat(IntStream.range(0, feed.sections())).noneMatch(section -> Told.isVouched(feed, section));
            }
        }
    }

    @Test
    void closing_the_tier_ends_feeds_threads_and_connections() {
        RedisTier tier = RedisTier.connect(RedisConfig.of(cluster.uri()).name("busend"));
        ChangeFeed feed = tier.changes(List.of(freshPrefix()), BOUND, new Told());
        Told.awaitVouched(feed);

        long start = System.nanoTime();
        tier.close();
        tier.close();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
        assertThat(IntStream.range(0, feed.sections())).noneMatch(section -> Told.isVouched(feed, section));
        feed.close();
        ChangeFeed late = tier.changes(List.of(freshPrefix()), BOUND, new Told());
        assertThat(late.nodes()).isEmpty();
        late.close();
        await().atMost(PATIENT)
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("tiercel-busend-")));
        nobody_listens_any_more();
    }

    private List<Integer> sectionsOf(int node) {
        return Told.sectionsOf(cluster.node(node).port(), owners);
    }

    private static List<Integer> moved(long[] before, ChangeFeed feed) {
        long[] now = Told.epochs(feed);
        return IntStream.range(0, now.length)
                .filter(i -> now[i] != before[i])
                .boxed()
                .toList();
    }

    /** The console of the node that owns the key while nothing has moved. */
    private RedisConsole on(String key) {
        int slot = SlotHash.getSlot(key);
        return consoles.get(slot < Slots.COUNT / 3 ? 0 : slot < 2 * Slots.COUNT / 3 ? 1 : 2);
    }

    private RedisTier connect() {
        return RedisTier.connect(
                RedisConfig.of(cluster.uri()).name("bus" + ++names).timeout(Duration.ofSeconds(2)));
    }

    private String freshPrefix() {
        return "bus" + ++names + ":" + System.nanoTime() + ":";
    }

    private static <T> T join(CompletableFuture<T> future) {
        return future.orTimeout(10, TimeUnit.SECONDS).join();
    }
}
