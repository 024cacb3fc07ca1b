package io.tiercel.cache.fleet;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tiercel.cache.tier.Script;
import io.tiercel.cache.tier.ScriptRunner;
import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.redis.RedisConfig;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.embedded.RedisServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The log on a real Redis, with slots of two seconds. */
@Timeout(120)
class FleetLogIT {
    private static final Duration SLOT = ofSeconds(2);
    private static final Duration WAIT = ofMillis(1_500);
    private static final Duration KEPT = ofSeconds(60);
    private static final Script FLUSH = Script.of("redis.call('FLUSHALL') return {}");
    private static final Script LENGTH =
            Script.of("return { tostring(redis.call('XLEN', KEYS[1]))," + " tostring(redis.call('PTTL', KEYS[1])) }");
    private static final AtomicInteger NAMES = new AtomicInteger();

    private final String name = "log-" + NAMES.incrementAndGet();
    private final RedisServer server = RedisServer.start();
    private final RedisTier redis = RedisTier.connect(RedisConfig.of(server.uri()));
    private final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(2);
    private final List<Pod> open = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        scheduler.shutdownNow();
        open.forEach(pod -> pod.fleet.close());
        redis.close();
        server.close();
    }

    /** An instance that counts and writes. */
    private final class Pod {
        private final AtomicLong hits = new AtomicLong();
        private final Fleet fleet;
        private final FleetLog log;
        private volatile boolean dead;

        Pod(String pod, ScriptRunner scripts, Duration kept) {
            fleet = Fleet.join(scripts, FleetSettings.of(name, pod).times(ofMillis(100), ofMillis(500), Duration.ZERO));
            log = fleet.log(SLOT, WAIT, kept);
            fleet.facts(() -> Map.of(FleetLog.FACT, log.fact()));
            fleet.state(Member.State.READY);
            var unused = scheduler.scheduleWithFixedDelay(this::look, 0, 20, TimeUnit.MILLISECONDS);
            open.add(this);
        }

        private void look() {
            if (!dead) {
                log.look(Map.of("hits", hits.get()), Map.of("p99", hits.get()), () -> Map.of("by", pod()));
            }
        }

        String pod() {
            return fleet.settings().pod();
        }

        List<LogEntry> entries() {
            List<LogEntry> entries = new ArrayList<>();
            log.read(Instant.EPOCH, Instant.now().plusSeconds(60), entries::add).join();
            return entries;
        }
    }

    private Pod pod(String pod) {
        return new Pod(pod, redis, KEPT);
    }

    private static long hits(List<LogEntry> entries) {
        return entries.stream().mapToLong(entry -> entry.counts().sum("hits")).sum();
    }

    private static void assertThatEachIsThereOnce(List<LogEntry> entries) {
        assertThat(entries).extracting(LogEntry::at).doesNotHaveDuplicates().isSorted();
        assertThat(entries)
                .allSatisfy(entry ->
                        assertThat(entry.at().toEpochMilli() % SLOT.toMillis()).isZero());
    }

    @Test
    void there_is_one_entry_of_each_slot_whoever_writes_it_and_no_count_is_lost_or_there_twice() {
        List<Pod> pods = List.of(pod("a"), pod("b"), pod("c"));
        await().until(() -> pods.stream().allMatch(pod -> pod.fleet.size() == 3));
        int before = pods.get(0).entries().size();
        var unused = scheduler.scheduleWithFixedDelay(
                () -> pods.forEach(pod -> pod.hits.addAndGet(7)), 0, 3, TimeUnit.MILLISECONDS);

        await().atMost(ofSeconds(30)).until(() -> pods.get(0).entries().size() >= before + 4);
        unused.cancel(false);
        long counted = pods.stream().mapToLong(pod -> pod.hits.get()).sum();

        await().atMost(ofSeconds(10))
                .untilAsserted(() -> assertThat(hits(pods.get(1).entries()))
                        .as(() -> pods.get(1).entries().toString())
                        .isGreaterThanOrEqualTo(counted));
        List<LogEntry> entries = pods.get(2).entries();
        assertThat(hits(entries)).isEqualTo(counted);
        assertThatEachIsThereOnce(entries);
        LogEntry last = entries.get(entries.size() - 1);
        assertThat(last.told()).isEqualTo(3);
        assertThat(last.ready()).isEqualTo(3);
        assertThat(last.size()).isEqualTo(3);
        assertThat(last.notes().get("by")).isIn("a", "b", "c");
        assertThat(last.counts().highest().get("p99"))
                .isEqualTo(pods.stream().mapToLong(pod -> pod.hits.get()).max().orElseThrow());
    }

    @Test
    void who_dies_is_missing_in_what_it_has_not_told_and_the_others_go_on_writing() {
        Pod a = pod("a");
        Pod b = pod("b");
        await().until(() -> a.fleet.size() == 2);
        a.hits.set(100);
        b.hits.set(1_000);
        await().atMost(ofSeconds(20)).until(() -> hits(a.entries()) == 1_100);
        b.hits.set(2_000);

        b.dead = true;
        b.fleet.close();
        a.hits.set(200);

        await().atMost(ofSeconds(10)).until(() -> hits(a.entries()) == 1_200);
        List<LogEntry> entries = a.entries();
        LogEntry last = entries.get(entries.size() - 1);
        await().atMost(ofSeconds(20)).until(() -> a.entries().size() > entries.size() + 1);
        assertThat(hits(a.entries())).isEqualTo(1_200);
        assertThatEachIsThereOnce(a.entries());
        assertThat(last.pods()).isEqualTo(1);
    }

    @Test
    void while_Redis_is_away_there_are_no_entries_and_what_it_forgets_is_gone() {
        Pod a = pod("a");
        await().atMost(ofSeconds(20)).until(() -> a.entries().size() >= 2);

        redis.run(FLUSH, List.of("any"), List.of()).join();
        Instant flushed = a.fleet.time();

        await().atMost(ofSeconds(20)).until(() -> a.entries().size() >= 2);
        assertThat(a.entries().get(0).at().plus(SLOT.multipliedBy(2))).isAfter(flushed);

        server.kill();
        await().until(() -> !a.fleet.view().known());
        assertThatThrownBy(a::entries).isInstanceOf(CompletionException.class).hasCauseInstanceOf(TierException.class);
        Instant away = Instant.now();
        await().timeout(ofSeconds(30)).pollDelay(ofSeconds(11)).until(() -> true);
        Instant back = Instant.now();
        server.restart();
        await().atMost(ofSeconds(20))
                .ignoreExceptions()
                .until(() -> a.entries().stream().anyMatch(entry -> entry.at().isAfter(back)));

        // Whole slots between, of which an entry was due while nobody could write it.
        assertThat(a.entries())
                .noneMatch(entry -> entry.at().isAfter(away)
                        && entry.at().plus(SLOT.multipliedBy(2)).isBefore(back.minus(SLOT)));
    }

    @Test
    void an_entry_of_a_slot_that_has_not_ended_by_the_clock_of_Redis_is_not_written() {
        ScriptRunner ahead = new ScriptRunner() {
            @Override
            public CompletableFuture<List<String>> run(Script script, List<String> keys, List<String> arguments) {
                return redis.run(script, keys, arguments).thenApply(answer -> {
                    if (!keys.get(0).contains("members")) {
                        return answer;
                    }
                    List<String> later = new ArrayList<>(answer);
                    later.set(0, Long.toString(Long.parseLong(answer.get(0)) + 10_000));
                    return later;
                });
            }
        };
        Pod fast = new Pod("fast", ahead, KEPT);
        await().until(() -> fast.fleet.time().isAfter(Instant.now().plusSeconds(8)));

        Instant begin = Instant.now();
        await().pollDelay(ofSeconds(6)).until(() -> true);

        assertThat(fast.entries()).noneMatch(entry -> entry.at().isAfter(begin.plusSeconds(7)));
        assertThat(fast.log.until()).isAfter(Instant.now());
    }

    @Test
    void no_more_are_kept_than_that_and_not_for_ever() throws ExecutionException, InterruptedException {
        Pod a = new Pod("a", redis, SLOT.multipliedBy(3));
        await().atMost(ofSeconds(20)).until(() -> a.entries().size() == 3);
        Instant first = a.entries().get(0).at();

        await().atMost(ofSeconds(20)).until(() -> a.entries().get(0).at().isAfter(first.plus(SLOT)));

        List<String> found = redis.run(LENGTH, List.of("tiercel!log{" + name + "}"), List.of())
                .get();
        assertThat(Integer.parseInt(found.get(0))).isEqualTo(3);
        assertThat(Long.parseLong(found.get(1))).isBetween(1L, 6_000L);
    }

    @Test
    void many_entries_are_read_in_parts_and_of_the_time_that_was_asked_for() {
        Script fill =
                Script.of("for i = 1, 1234 do redis.call('XADD', KEYS[1], (i * 2000) .. '-0', 'entry', ARGV[1]) end"
                        + " redis.call('XADD', KEYS[1], '9999000-0', 'entry', 'of another version') return {}");
        LogEntry entry = new LogEntry(
                Instant.EPOCH, 0, 2, 0, 2, 2, new LogCounts(Map.of("hits", 3L), Map.of()), Map.of("<b>", "ü|:\n"));
        redis.run(fill, List.of("tiercel!log{" + name + "}"), List.of(entry.encode()))
                .join();
        Fleet fleet = Fleet.join(redis, FleetSettings.of(name, "reader"));
        FleetLog log = fleet.log(SLOT, WAIT, Duration.ofDays(7));
        List<LogEntry> all = new ArrayList<>();
        List<LogEntry> some = new ArrayList<>();

        log.read(Instant.EPOCH, Instant.ofEpochSecond(20_000), all::add).join();
        log.read(Instant.ofEpochSecond(10), Instant.ofEpochSecond(14), some::add)
                .join();
        fleet.close();

        assertThat(all).hasSize(1_234);
        assertThatEachIsThereOnce(all);
        assertThat(hits(all)).isEqualTo(3 * 1_234);
        assertThat(all.get(77).notes()).containsEntry("<b>", "ü|:\n");
        assertThat(some).extracting(LogEntry::at).containsExactly(Instant.ofEpochSecond(10), Instant.ofEpochSecond(12));
    }
}
