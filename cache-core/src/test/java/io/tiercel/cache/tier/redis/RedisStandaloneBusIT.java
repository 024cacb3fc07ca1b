package io.tiercel.cache.tier.redis;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.SetArgs;
import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.Section;
import io.tiercel.embedded.RedisOptions;
import io.tiercel.embedded.RedisServer;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** The change feed over a single server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
class RedisStandaloneBusIT {
    private static final Duration BOUND = Duration.ofMillis(1_500);
    private static final Duration TTL = Duration.ofMinutes(1);
    private static final Duration PATIENT = Duration.ofSeconds(20);

    private final RedisServer server = RedisServer.start();
    private final RedisConsole console = new RedisConsole(server.port());
    private int names;

    @AfterEach
    void nobody_listens_any_more() {
        await().atMost(PATIENT)
                .ignoreExceptions()
                .until(() -> console.listeners().isEmpty());
    }

    @AfterAll
    void close() {
        console.close();
        server.close();
    }

    @Test
    void every_change_by_whomever_is_told() {
        Told told = new Told();
        try (RedisTier tier = connect();
                ChangeFeed feed = tier.changes(List.of("s:"), BOUND, told)) {
            Told.awaitVouched(feed);

            console.commands().set("s:a", "v");
            told.awaitChanges("s:a", 1);
            console.commands().del("s:a");
            told.awaitChanges("s:a", 2);
            console.commands().set("s:a", "v", SetArgs.Builder.px(50));
            told.awaitChanges("s:a", 4);
            console.commands().rename(set("s:b"), "s:c");
            told.awaitChanges("s:b", 2);
            told.awaitChanges("s:c", 1);
            tier.put("s:d", new byte[1], TTL).join();
            told.awaitChanges("s:d", 1);
            tier.replaceIfStartsWith("s:d", new byte[1], new byte[2], TTL).join();
            told.awaitChanges("s:d", 2);
            tier.remove("s:d").join();
            told.awaitChanges("s:d", 3);

            assertThat(feed.nodes()).singleElement().satisfies(node -> {
                assertThat(node.address()).isEqualTo("127.0.0.1:" + server.port());
                assertThat(node.state()).isEqualTo(ChangeFeed.State.ARMED);
                assertThat(node.changes()).isGreaterThanOrEqualTo(10);
            });
        }
    }

    @Test
    void keys_are_told_as_they_were_given() {
        Told told = new Told();
        List<String> odd = List.of(
                "s:",
                "s: ",
                "s:\r\n",
                "s:\0",
                "s:k\u00e4se \uD83C\uDF5E",
                "s:\uD800",
                "s:\uDFFF\uD800",
                "s:\uFFFD",
                "s:{}",
                "s:{t}x");
        try (RedisTier tier = connect();
                ChangeFeed feed = tier.changes(List.of("s:"), BOUND, told)) {
            Told.awaitVouched(feed);

            odd.forEach(key -> tier.put(key, new byte[1], TTL).join());

            odd.forEach(key -> told.awaitChanges(key, 1));
        }
    }

    @Test
    void evictions_are_told() {
        Told told = new Told();
        try (RedisServer small = RedisServer.start(
                        RedisOptions.of(1, 0).withMaxmemory("4mb").withConfigLines("maxmemory-policy allkeys-lru"));
                RedisTier tier = RedisTier.connect(
                        RedisConfig.of(small.uri()).name("evict").timeout(PATIENT));
                ChangeFeed feed = tier.changes(List.of("e:"), BOUND, told)) {
            Told.awaitVouched(feed);
            List<String> keys = IntStream.range(0, 600).mapToObj(i -> "e:" + i).toList();

            keys.forEach(key -> tier.put(key, new byte[10_000], TTL).join());

            List<String> gone =
                    keys.stream().filter(key -> tier.get(key).join() == null).toList();
            assertThat(gone).isNotEmpty();
            gone.forEach(key -> told.awaitChanges(key, 2));
        }
    }

    @Test
    void a_flush_forgets_everything_also_one_of_another_database() {
        try (RedisTier tier = connect();
                ChangeFeed feed = tier.changes(List.of("s:"), BOUND, new Told())) {
            Told.awaitVouched(feed);
            long[] first = Told.epochs(feed);
            console.commands().flushall();
            awaitAllMoved(feed, first);

            long[] second = Told.epochs(feed);
            console.commands().select(3);
            console.commands().flushdb();
            console.commands().select(0);
            awaitAllMoved(feed, second);
            Told.awaitVouched(feed);
        }
    }

    @Test
    void the_database_of_the_tier_is_told_of() {
        Told told = new Told();
        try (RedisTier tier = RedisTier.connect(RedisConfig.of(server.uri() + "/5"));
                ChangeFeed feed = tier.changes(List.of("s:"), BOUND, told)) {
            Told.awaitVouched(feed);

            tier.put("s:five", new byte[1], TTL).join();
            told.awaitChanges("s:five", 1);
            console.commands().set("s:zero", "v"); // of another one: no harm
            told.awaitChanges("s:zero", 1);
        }
    }

    @Test
    void a_server_that_dies_is_listened_to_again_when_it_is_back() {
        Told told = new Told();
        try (RedisTier tier = connect();
                ChangeFeed feed = tier.changes(List.of("s:"), BOUND, told)) {
            Told.awaitVouched(feed);
            long[] before = Told.epochs(feed);

            server.kill();
            await().pollInterval(Duration.ofMillis(2))
                    .atMost(PATIENT)
                    .until(() -> IntStream.range(0, feed.sections()).noneMatch(i -> Told.isVouched(feed, i)));
            server.restart();
            long start = System.nanoTime();

            Told.awaitVouched(feed);
            System.out.printf(
                    "vouched for again %d ms after the restart%n",
                    Duration.ofNanos(System.nanoTime() - start).toMillis());
            awaitAllMoved(feed, before);
            awaitConsole();
            console.commands().set("s:back", "v");
            told.awaitChanges("s:back", 1);
            assertThat(feed.nodes().get(0).losses()).isEqualTo(1);
        }
    }

    @Test
    void a_cut_stream_begins_anew() {
        try (RedisTier tier = connect();
                ChangeFeed feed = tier.changes(List.of("s:"), BOUND, new Told())) {
            Told.awaitVouched(feed);
            for (int i = 0; i < 5; i++) {
                long[] before = Told.epochs(feed);

                assertThat(console.killListeners()).isEqualTo(1);

                awaitAllMoved(feed, before);
                Told.awaitVouched(feed);
            }
        }
    }

    /** The link hands over an answer late, and then nothing more: neither side notices. */
    @Test
    void what_counts_is_when_a_heartbeat_was_sent_and_not_when_its_answer_came() throws Exception {
        Duration bound = Duration.ofMillis(600);
        Told told = new Told();
        try (HoldingProxy proxy = new HoldingProxy(server.port());
                RedisTier tier = RedisTier.connect(
                        RedisConfig.of("127.0.0.1:" + proxy.port()).name("bushalf"));
                ChangeFeed feed = tier.changes(List.of("s:"), bound, told)) {
            for (int round = 0; round < 3; round++) {
                Told.awaitVouched(feed);
                String key = "s:held" + round;
                Section section = feed.section(key);
                long epoch = section.epoch();

                proxy.hold();
                await().pollInterval(Duration.ofMillis(1)).atMost(PATIENT).until(() -> proxy.held() == 1);
                console.commands().set(key, "v");
                long changed = System.nanoTime();
                await().pollInterval(Duration.ofMillis(1)).atMost(PATIENT).until(() -> proxy.held() == 2);
                TimeUnit.MILLISECONDS.sleep(450);
                proxy.handOverOne();

                while (System.nanoTime() - changed < TimeUnit.MILLISECONDS.toNanos(1_500)) {
                    long now = System.nanoTime();
                    assertThat(section.vouches(epoch, now) && now - changed > bound.toNanos())
                            .as("%d ms after a change that is not told", (now - changed) / 1_000_000)
                            .isFalse();
                    LockSupport.parkNanos(1_000_000);
                }
                assertThat(told.of(key)).isZero();
                proxy.handOverAll();
                await().atMost(PATIENT).until(() -> section.epoch() != epoch);
            }
        }
    }

    @Test
    void a_replica_vouches_for_nothing_until_it_is_primary_again() {
        try (RedisServer primary = RedisServer.start();
                RedisTier tier = connect();
                ChangeFeed feed = tier.changes(List.of("s:"), BOUND, new Told())) {
            Told.awaitVouched(feed);
            long[] before = Told.epochs(feed);
            console.commands().replicaof("127.0.0.1", primary.port());
            try {
                await().atMost(PATIENT)
                        .until(() -> IntStream.range(0, feed.sections()).noneMatch(i -> Told.isVouched(feed, i)));
            } finally {
                console.commands().replicaofNoOne();
            }
            Told.awaitVouched(feed);
            awaitAllMoved(feed, before);
        }
    }

    @Test
    void a_feed_may_be_opened_before_there_is_a_server() {
        try (RedisServer late = RedisServer.start()) {
            late.kill();
            try (RedisTier tier = RedisTier.connect(
                            RedisConfig.of(late.uri()).name("buslate").startWithoutServer(true));
                    ChangeFeed feed = tier.changes(List.of("s:"), BOUND, new Told())) {
                assertThat(feed.nodes()).isEmpty();
                assertThat(IntStream.range(0, feed.sections())).noneMatch(i -> Told.isVouched(feed, i));

                late.restart();

                Told.awaitVouched(feed);
            }
        }
        await().atMost(PATIENT)
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("tiercel-buslate-")));
    }

    @Test
    void a_tier_that_never_found_its_server_closes_with_its_feeds() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        RedisTier tier = RedisTier.connect(
                RedisConfig.of("127.0.0.1:" + port).name("busnever").startWithoutServer(true));
        tier.changes(List.of("s:"), BOUND, new Told());

        tier.close();

        await().atMost(PATIENT)
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("tiercel-busnever-")));
    }

    @Test
    void credentials_are_used() {
        try (RedisServer locked = RedisServer.start(RedisOptions.of(1, 0).withPassword("right"));
                RedisTier tier = RedisTier.connect(locked.uri());
                ChangeFeed feed = tier.changes(List.of("s:"), BOUND, new Told())) {
            Told.awaitVouched(feed);
        }
    }

    @Test
    void a_shared_tier_has_feeds_too_and_wrong_arguments_are_refused() {
        try (RedisTier tier = connect()) {
            RemoteTier shared = tier.shared();
            try (ChangeFeed feed = requireNonNull(shared.changes(List.of("s:"), BOUND, new Told()))) {
                Told.awaitVouched(feed);
            }
            assertThatThrownBy(() -> tier.changes(List.of("a", "ab"), BOUND, new Told()))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> tier.changes(List.of("a"), Duration.ZERO, new Told()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("bound");
        }
    }

    private static void awaitAllMoved(ChangeFeed feed, long[] before) {
        await().pollInterval(Duration.ofMillis(2)).atMost(PATIENT).until(() -> {
            long[] now = Told.epochs(feed);
            return IntStream.range(0, now.length).allMatch(i -> now[i] != before[i]);
        });
    }

    private String set(String key) {
        console.commands().set(key, "v");
        return key;
    }

    private void awaitConsole() {
        await().atMost(PATIENT)
                .ignoreExceptions()
                .until(() -> console.commands().ping() != null);
    }

    private RedisTier connect() {
        return RedisTier.connect(
                RedisConfig.of(server.uri()).name("sbus" + ++names).timeout(Duration.ofSeconds(2)));
    }
}
