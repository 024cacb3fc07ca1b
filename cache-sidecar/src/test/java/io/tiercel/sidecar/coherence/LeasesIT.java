package io.tiercel.sidecar.coherence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.embedded.RedisCluster;
import io.tiercel.sidecar.Launched;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One load for all, and nothing loaded before a change is stored after it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LeasesIT {
    private static final int CLIENTS = 50;
    private static final Duration LEASE_TIME = Duration.ofMillis(800);

    private final RedisCluster cluster = RedisCluster.start(3);
    private final Launched first;
    private final Launched second;
    private final RespClient one;
    private final RespClient two;
    private final Foreign foreign;

    LeasesIT() throws Exception {
        first = start();
        second = start();
        one = new RespClient(first.port());
        two = RespClient.resp3(second.port());
        foreign = new Foreign(cluster);
    }

    private Launched start(String... flags) throws Exception {
        List<String> all = new ArrayList<>(List.of("--redis", cluster.uri(), "--redis-timeout", "10s"));
        all.addAll(List.of("--bound", "250ms", "--lease-time", LEASE_TIME.toMillis() + "ms"));
        all.addAll(List.of(flags));
        return Launched.start(all.toArray(String[]::new));
    }

    @AfterAll
    void stop() throws Exception {
        one.close();
        two.close();
        foreign.close();
        first.close();
        second.close();
        cluster.close();
    }

    @BeforeEach
    void empty() throws Exception {
        // Through each, so that each knows of it at once.
        one.ask("FLUSHALL");
        two.ask("FLUSHALL");
        one.ask("SELECT", "0");
        two.ask("SELECT", "0");
    }

    private static String lease(RespClient client, String key, String... options) throws Exception {
        String[] words = new String[2 + options.length];
        words[0] = "CACHE.LEASE";
        words[1] = key;
        System.arraycopy(options, 0, words, 2, options.length);
        List<?> reply = client.list(words);
        assertThat(reply.get(0)).as("%s", reply).isEqualTo("LEASE");
        return String.valueOf(reply.get(1));
    }

    @Test
    void fifty_clients_of_two_sidecars_make_one_load() throws Exception {
        for (int round = 0; round < 3; round++) {
            String key = "l:cold" + round;
            AtomicInteger loads = new AtomicInteger();
            ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
            List<Future<String>> all = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int number = i;
                all.add(threads.submit(() -> load(number, key, loads)));
            }
            for (Future<String> each : all) {
                assertThat(each.get(30, TimeUnit.SECONDS)).isEqualTo("loaded 1");
            }
            threads.shutdown();
            assertThat(loads).hasValue(1);
        }
    }

    private String load(int number, String key, AtomicInteger loads) throws Exception {
        Launched sidecar = number % 2 == 0 ? first : second;
        try (RespClient client = number % 4 < 2 ? new RespClient(sidecar.port()) : RespClient.resp3(sidecar.port())) {
            client.timeoutMillis(20_000);
            while (true) {
                List<?> reply = client.list("CACHE.LEASE", key);
                switch (String.valueOf(reply.get(0))) {
                    case "HIT" -> {
                        return String.valueOf(reply.get(1));
                    }
                    case "LEASE" -> {
                        String value = "loaded " + loads.incrementAndGet();
                        TimeUnit.MILLISECONDS.sleep(200);
                        assertThat(client.ask("CACHE.FILL", key, String.valueOf(reply.get(1)), value, "PX", "60000"))
                                .isEqualTo(1L);
                        return value;
                    }
                    default -> TimeUnit.MILLISECONDS.sleep(20);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "same, SET l:race new",
        "other, SET l:race new",
        "same, MSET l:race new l:elsewhere new",
        "same, SETRANGE l:race 0 new",
        "foreign, SET l:race new",
        "same, DEL l:race",
        "other, DEL l:race",
        "other, UNLINK l:elsewhere l:race",
        "other, CACHE.INVALIDATE l:race",
        "same, FLUSHALL",
        "other, FLUSHALL",
        "everywhere, FLUSHALL"
    })
    void nothing_that_was_loaded_before_a_change_is_stored_after_it(String who, String command) throws Exception {
        String token = lease(one, "l:race", "PX", "10000");
        String[] words = command.split(" ");

        Object reply = switch (who) {
            case "same" -> one.ask(words);
            case "other" -> two.ask(words);
            case "foreign" -> foreign.ask(words);
            default -> foreign.askAll(words);
        };
        assertThat(reply).isNotInstanceOf(RespClient.Failure.class);

        assertThat(one.ask("CACHE.FILL", "l:race", token, "old")).isEqualTo(0L);
        String value = command.contains("new") ? "new" : null;
        assertThat(one.get("l:race")).isEqualTo(value);
        await().atMost(Duration.ofSeconds(1)).until(() -> Objects.equals(two.get("l:race"), value));
    }

    @Test
    void a_transaction_between_lease_and_fill_wins() throws Exception {
        String token = lease(one, "l:exec", "PX", "10000");
        two.ask("MULTI");
        two.ask("SET", "l:exec", "new");
        two.ask("DEL", "l:exec");
        assertThat(two.ask("EXEC")).isEqualTo(List.of("OK", 1L));

        assertThat(one.ask("CACHE.FILL", "l:exec", token, "old")).isEqualTo(0L);
        assertThat(one.get("l:exec")).isNull();
    }

    @Test
    void flushing_one_database_ends_the_leases_of_keys_that_are_not_there() throws Exception {
        one.ask("SELECT", "1");
        two.ask("SELECT", "1");
        String token = lease(one, "l:database", "PX", "10000");
        assertThat(two.ask("FLUSHDB")).isEqualTo("OK");

        assertThat(one.ask("CACHE.FILL", "l:database", token, "old")).isEqualTo(0L);
        assertThat(one.get("l:database")).isNull();
    }

    @Test
    void a_lease_that_has_ended_goes_to_somebody_else_and_the_first_comes_too_late() throws Exception {
        lease(two, "l:first"); // from here on both know of leases
        String early = lease(one, "l:late");
        assertThat(two.list("CACHE.LEASE", "l:late").get(0)).isEqualTo("WAIT");
        TimeUnit.MILLISECONDS.sleep(LEASE_TIME.toMillis() + 50);
        String later = lease(two, "l:late");

        assertThat(one.ask("CACHE.FILL", "l:late", early, "early")).isEqualTo(0L);
        assertThat(two.ask("CACHE.FILL", "l:late", later, "later", "PX", "60000"))
                .isEqualTo(1L);
        assertThat(one.ask("CACHE.FILL", "l:late", early, "early")).isEqualTo(0L);
        assertThat(one.get("l:late")).isEqualTo("later");
        assertThat(two.get("l:late")).isEqualTo("later");
    }

    @Test
    void a_lease_that_was_given_back_goes_to_somebody_else() throws Exception {
        String token = lease(one, "l:back");
        assertThat(two.ask("CACHE.RELEASE", "l:back", "not the token")).isEqualTo(0L);
        assertThat(one.ask("CACHE.RELEASE", "l:back", token)).isEqualTo(1L);
        assertThat(one.ask("CACHE.RELEASE", "l:back", token)).isEqualTo(0L);
        lease(two, "l:back");
    }

    @Test
    void the_last_value_is_offered_while_somebody_loads_but_not_after_a_removal() throws Exception {
        String token = lease(one, "l:stale");
        assertThat(one.ask("CACHE.FILL", "l:stale", token, "last", "PX", "100", "STALE", "60000"))
                .isEqualTo(1L);
        await().atMost(Duration.ofSeconds(2)).until(() -> two.get("l:stale") == null);

        List<?> granted = two.list("CACHE.LEASE", "l:stale");
        assertThat(granted.get(0)).isEqualTo("LEASE");
        assertThat(granted.get(2)).isEqualTo("last");
        List<?> waiting = one.list("CACHE.LEASE", "l:stale");
        assertThat(waiting.get(0)).isEqualTo("WAIT");
        assertThat(waiting.get(2)).isEqualTo("last");

        two.ask("DEL", "l:stale");
        List<?> after = one.list("CACHE.LEASE", "l:stale");
        assertThat(after.get(0)).isEqualTo("LEASE");
        assertThat(after.get(2)).isNull();
    }

    // ---- tags

    private @Nullable Object loaded(RespClient client, String key, String value, String... tags) throws Exception {
        return filled(client, key, lease(client, key, "PX", "10000"), value, tags);
    }

    private static @Nullable Object filled(RespClient client, String key, String token, String value, String... tags)
            throws Exception {
        List<String> words = new ArrayList<>(List.of("CACHE.FILL", key, token, value, "PX", "60000", "TAG"));
        words.addAll(List.of(tags));
        return client.ask(words.toArray(String[]::new));
    }

    @Test
    void a_tag_removes_what_was_filled_with_it_and_nothing_else() throws Exception {
        assertThat(loaded(one, "l:t1", "1", "red", "round")).isEqualTo(1L);
        assertThat(loaded(two, "l:t2", "2", "red")).isEqualTo(1L);
        assertThat(loaded(one, "l:t3", "3", "round")).isEqualTo(1L);
        TwoSidecarsIT.makeHot(one, "l:t2");
        TwoSidecarsIT.makeHot(two, "l:t1");
        TwoSidecarsIT.makeHot(two, "l:t3");

        assertThat(one.ask("CACHE.INVALIDATE", "TAG", "red")).isEqualTo(2L);

        assertThat(one.get("l:t1")).isNull();
        assertThat(one.get("l:t2")).isNull();
        assertThat(one.get("l:t3")).isEqualTo("3");
        await().atMost(Duration.ofSeconds(1)).until(() -> two.get("l:t1") == null);
        assertThat(one.ask("CACHE.INVALIDATE", "TAG", "red")).isEqualTo(0L);
        assertThat(one.ask("CACHE.INVALIDATE", "TAG", "round", "no such tag")).isEqualTo(1L);
        assertThat(one.get("l:t3")).isNull();
    }

    @Test
    void an_invalidation_of_a_tag_during_the_load_wins_although_the_tag_was_not_known_before() throws Exception {
        String token = lease(one, "l:during", "PX", "10000");
        assertThat(two.ask("CACHE.INVALIDATE", "TAG", "blue")).isEqualTo(0L);
        TimeUnit.MILLISECONDS.sleep(20);

        assertThat(filled(one, "l:during", token, "old", "green", "blue")).isEqualTo(0L);
        assertThat(one.get("l:during")).isNull();

        TimeUnit.MILLISECONDS.sleep(20);
        assertThat(loaded(one, "l:during", "new", "green", "blue")).isEqualTo(1L);
        assertThat(two.get("l:during")).isEqualTo("new");
    }

    @Test
    void many_keys_of_one_tag_are_all_removed_and_those_filled_meanwhile_stay_in_it() throws Exception {
        int keys = 1_200;
        for (int i = 0; i < keys; i++) {
            assertThat(loaded(one, "l:many" + i, "1", "many")).isEqualTo(1L);
        }
        assertThat(two.ask("CACHE.INVALIDATE", "TAG", "many")).isEqualTo((long) keys);
        for (int i = 0; i < keys; i += 100) {
            assertThat(two.get("l:many" + i)).isNull();
        }
        TimeUnit.MILLISECONDS.sleep(20);
        assertThat(loaded(one, "l:many7", "2", "many")).isEqualTo(1L);
        assertThat(two.ask("CACHE.INVALIDATE", "TAG", "many")).isEqualTo(1L);
        assertThat(two.get("l:many7")).isNull();
    }

    @Test
    void a_tag_that_is_invalidated_again_and_again_while_it_is_filled_leaves_nothing_older_than_that()
            throws Exception {
        // The source's version rises, then the tag is invalidated: afterwards no older version may be there.
        AtomicInteger source = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(3);
        List<Future<?>> loaders = new ArrayList<>();
        AtomicInteger stop = new AtomicInteger();
        for (int i = 0; i < 3; i++) {
            int port = i % 2 == 0 ? first.port() : second.port();
            loaders.add(threads.submit(() -> {
                try (RespClient client = new RespClient(port)) {
                    while (stop.get() == 0) {
                        List<?> reply = client.list("CACHE.LEASE", "l:again");
                        if (Objects.equals(reply.get(0), "LEASE")) {
                            String value = Integer.toString(source.get());
                            filled(client, "l:again", String.valueOf(reply.get(1)), value, "again");
                        }
                    }
                    return null;
                }
            }));
        }
        for (int version = 1; version <= 200; version++) {
            source.set(version);
            two.ask("CACHE.INVALIDATE", "TAG", "again");
            String found = two.get("l:again");
            assertThat(found == null ? version : Integer.parseInt(found)).isGreaterThanOrEqualTo(version);
        }
        stop.set(1);
        for (Future<?> loader : loaders) {
            loader.get(20, TimeUnit.SECONDS);
        }
        threads.shutdown();
    }

    // ---- who knows of leases

    @Test
    void a_write_removes_leases_also_when_all_keys_have_been_removed_and_through_who_never_saw_one() throws Exception {
        lease(one, "l:warm");
        for (int round = 0; round < 3; round++) {
            foreign.askAll("FLUSHALL");
            String token = lease(one, "l:note" + round, "PX", "10000");
            two.ask("DEL", "l:note" + round);
            assertThat(one.ask("CACHE.FILL", "l:note" + round, token, "old")).isEqualTo(0L);
        }
        try (Launched third = start();
                RespClient three = new RespClient(third.port())) {
            String token = lease(one, "l:third", "PX", "10000");
            three.ask("DEL", "l:third");
            assertThat(one.ask("CACHE.FILL", "l:third", token, "old")).isEqualTo(0L);
        }
    }

    @Test
    void a_sidecar_that_keeps_only_some_keys_hears_of_leases_too() throws Exception {
        try (Launched some = start("--prefixes", "user:");
                RespClient client = new RespClient(some.port())) {
            // It has to have found that there are none.
            await().atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> {
                        long before = unlinks();
                        client.ask("DEL", "l:nothing");
                        return unlinks() == before;
                    });
            String token = lease(one, "l:some", "PX", "10000");
            client.ask("DEL", "l:some");
            assertThat(one.ask("CACHE.FILL", "l:some", token, "old")).isEqualTo(0L);
        }
    }

    private long unlinks() throws Exception {
        long sum = 0;
        for (var node : cluster.nodes()) {
            try (RespClient client = new RespClient(node.directPort())) {
                String text = String.valueOf(client.ask("INFO", "commandstats"));
                int at = text.indexOf("cmdstat_unlink:calls=");
                if (at >= 0) {
                    String rest = text.substring(at + "cmdstat_unlink:calls=".length());
                    sum += Long.parseLong(rest.substring(0, rest.indexOf(',')));
                }
            }
        }
        return sum;
    }
}
