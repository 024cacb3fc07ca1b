package io.tiercel.cache.tier;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tiercel.embedded.FaultableServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link RemoteTier} promises, against a real server. A new store starts as a subclass of this. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
public abstract class RemoteTierContract {
    private static final Duration TTL = Duration.ofMinutes(1);
    /** For what is said about answers, not about time: leak detection makes each command some ten times slower. */
    private static final Duration PATIENT = Duration.ofSeconds(20);
    /** For what is said about time. */
    private static final Duration USUAL = Duration.ofMillis(200);
    /** What a loaded machine may add to a timeout before a test calls it broken. */
    private static final Duration SLACK = Duration.ofMillis(300);

    private final AtomicInteger keys = new AtomicInteger();
    private RemoteTier tier;

    /** A new tier with the default settings but for these. */
    protected abstract RemoteTier connect(String name, Duration timeout);

    /** The server that the tests hurt. */
    protected abstract FaultableServer server();

    /** A key that lives on {@link #server()}, another one for each number. */
    protected abstract String keyOnServer(int number);

    @BeforeAll
    void connectOnce() {
        tier = connect("contract", PATIENT);
        warmUp();
    }

    /** The first calls of a new JVM take longer than the default timeouts. */
    private void warmUp() {
        List<TierEntry> many = IntStream.range(0, 5_000)
                .mapToObj(i -> new TierEntry("warm:" + i, bytes("v"), TTL))
                .toList();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> join(tier.putAll(many)).stream().allMatch(Outcome.nothing()::equals));
        awaitUse(tier, Duration.ofSeconds(20));
    }

    @AfterAll
    void closeOnce() {
        if (tier != null) { // a store without its server is skipped before there is one
            tier.close();
        }
    }

    @AfterEach
    void wait_until_all_is_well() {
        awaitUse(tier, Duration.ofSeconds(20));
    }

    protected RemoteTier tier() {
        return tier;
    }

    protected String freshKey() {
        return "contract:" + keys.incrementAndGet() + ":" + System.nanoTime();
    }

    @Test
    void a_missing_key_is_null() {
        assertThat(join(tier.get(freshKey()))).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 65_536, 999_000})
    void a_value_comes_back_as_it_was(int size) {
        String key = freshKey();
        byte[] value = new byte[size];
        new Random(size).nextBytes(value);

        join(tier.put(key, value, TTL));

        assertThat(join(tier.get(key))).isEqualTo(value);
    }

    static Stream<String> oddKeys() {
        String unicode = "käse und brot \uD83C\uDF5E ";
        return Stream.of(
                "",
                " ",
                "a b",
                "\r\nset x 0 0 1\r\n1\r\n",
                "\0",
                "h:",
                "{tag}",
                "{}",
                "?",
                "\uD800",
                "\uDFFF",
                unicode.repeat(20),
                "x".repeat(300),
                "ä".repeat(120),
                "y".repeat(5_000));
    }

    @Test
    void any_key_is_taken_and_two_keys_never_meet() {
        List<String> odd = oddKeys().toList();
        for (String key : odd) {
            join(tier.put(key, bytes("value of " + key.hashCode()), TTL));
        }

        for (String key : odd) {
            assertThat(join(tier.get(key))).as(key).isEqualTo(bytes("value of " + key.hashCode()));
        }
        List<Outcome<byte[]>> outcomes = join(tier.getAll(odd));
        for (int i = 0; i < odd.size(); i++) {
            assertThat(value(outcomes.get(i)))
                    .isEqualTo(bytes("value of " + odd.get(i).hashCode()));
        }
    }

    @Test
    void a_put_replaces_what_is_there() {
        String key = freshKey();
        join(tier.put(key, bytes("one"), TTL));

        join(tier.put(key, bytes("two"), TTL));

        assertThat(join(tier.get(key))).isEqualTo(bytes("two"));
    }

    @Test
    void a_value_is_gone_after_its_ttl() {
        String key = freshKey();
        String lasting = freshKey();
        join(tier.put(key, bytes("short"), Duration.ofMillis(900)));
        join(tier.put(lasting, bytes("long"), TTL));

        assertThat(join(tier.get(key))).isNotNull();
        await().atMost(Duration.ofSeconds(4)).until(() -> join(tier.get(key)) == null);
        assertThat(join(tier.get(lasting))).isNotNull();
    }

    static Stream<Duration> oddTtls() {
        return Stream.of(
                Duration.ofDays(30), Duration.ofDays(31), Duration.ofDays(400), Duration.ofSeconds(Long.MAX_VALUE));
    }

    @ParameterizedTest
    @MethodSource("oddTtls")
    void a_long_ttl_is_not_taken_for_a_moment_in_the_past(Duration ttl) {
        String key = freshKey();

        join(tier.put(key, bytes("v"), ttl));

        assertThat(join(tier.get(key))).isNotNull();
    }

    @Test
    void the_shortest_ttl_does_not_mean_for_ever() {
        String key = freshKey();

        join(tier.put(key, bytes("v"), Duration.ofNanos(1)));

        await().atMost(Duration.ofSeconds(4)).until(() -> join(tier.get(key)) == null);
    }

    @Test
    void a_removal_says_whether_there_was_something() {
        String key = freshKey();
        join(tier.put(key, bytes("v"), TTL));

        assertThat(join(tier.remove(key))).isTrue();
        assertThat(join(tier.remove(key))).isFalse();
        assertThat(join(tier.get(key))).isNull();
    }

    @Test
    void bulk_reads_answer_in_the_order_asked_also_for_duplicates_and_missing_keys() {
        String a = freshKey();
        String b = freshKey();
        String missing = freshKey();
        join(tier.put(a, bytes("a"), TTL));
        join(tier.put(b, bytes("b"), TTL));

        List<Outcome<byte[]>> outcomes = join(tier.getAll(List.of(b, missing, a, b)));

        assertThat(outcomes).hasSize(4);
        assertThat(value(outcomes.get(0))).isEqualTo(bytes("b"));
        assertThat(outcomes.get(1)).isEqualTo(Outcome.nothing());
        assertThat(value(outcomes.get(2))).isEqualTo(bytes("a"));
        assertThat(value(outcomes.get(3))).isEqualTo(bytes("b"));
    }

    @Test
    void an_empty_bulk_is_an_empty_answer() {
        assertThat(join(tier.getAll(List.of()))).isEmpty();
        assertThat(join(tier.putAll(List.of()))).isEmpty();
        assertThat(join(tier.removeAll(List.of()))).isEmpty();
        assertThat(join(tier.putAllIfAbsent(List.of()))).isEmpty();
        assertThat(join(tier.replaceAllIfStartsWith(List.of()))).isEmpty();
    }

    @Test
    void of_a_key_written_twice_in_one_bulk_the_last_value_stays() {
        String key = freshKey();

        List<Outcome<Void>> outcomes = join(
                tier.putAll(List.of(new TierEntry(key, bytes("first"), TTL), new TierEntry(key, bytes("last"), TTL))));

        assertThat(outcomes).containsExactly(Outcome.nothing(), Outcome.nothing());
        assertThat(join(tier.get(key))).isEqualTo(bytes("last"));
    }

    @Test
    void five_thousand_entries_are_written_read_and_removed_in_bulk() {
        List<String> many = IntStream.range(0, 5_000).mapToObj(i -> freshKey()).toList();

        List<Outcome<Void>> written = join(tier.putAll(
                many.stream().map(key -> new TierEntry(key, bytes(key), TTL)).toList()));
        List<Outcome<byte[]>> read = join(tier.getAll(many));
        List<Outcome<Boolean>> removed = join(tier.removeAll(many));

        assertThat(written).hasSize(5_000).allMatch(Outcome.nothing()::equals);
        assertThat(IntStream.range(0, 5_000)).allMatch(i -> Arrays.equals(value(read.get(i)), bytes(many.get(i))));
        assertThat(removed).hasSize(5_000).allMatch(Outcome.done(true)::equals);
        assertThat(join(tier.removeAll(many.subList(0, 2)))).containsExactly(Outcome.done(false), Outcome.done(false));
    }

    @Test
    void put_if_absent_stores_only_when_nothing_is_there() {
        String key = freshKey();

        assertThat(join(tier.putIfAbsent(key, bytes("first"), TTL))).isNull();
        assertThat(join(tier.putIfAbsent(key, bytes("second"), TTL))).isEqualTo(bytes("first"));
        assertThat(join(tier.get(key))).isEqualTo(bytes("first"));
    }

    @Test
    void of_many_that_put_if_absent_one_wins_and_the_others_see_its_value() {
        String key = freshKey();

        List<CompletableFuture<byte @Nullable []>> all = IntStream.range(0, 64)
                .mapToObj(i -> tier.putIfAbsent(key, bytes("value " + i), TTL))
                .toList();

        byte[] winner = join(all.get(0)) == null ? join(tier.get(key)) : join(all.get(0));
        assertThat(all.stream().filter(each -> join(each) == null)).hasSize(1);
        assertThat(all.stream().map(RemoteTierContract::join).filter(Objects::nonNull))
                .allMatch(value -> Arrays.equals(value, winner));
    }

    @Test
    void six_hundred_are_put_if_absent_in_bulk_and_those_that_are_there_come_back() {
        List<String> many = IntStream.range(0, 600).mapToObj(i -> freshKey()).toList();
        join(tier.putAll(IntStream.range(0, 300)
                .mapToObj(i -> new TierEntry(many.get(i), bytes("old " + i), TTL))
                .toList()));

        List<Outcome<byte[]>> outcomes = join(tier.putAllIfAbsent(many.stream()
                .map(key -> new TierEntry(key, bytes("new " + key), TTL))
                .toList()));

        List<Outcome<byte[]>> after = join(tier.getAll(many));
        assertThat(outcomes).hasSize(600);
        for (int i = 0; i < 600; i++) {
            byte[] old = i < 300 ? bytes("old " + i) : null;
            assertThat(value(outcomes.get(i))).isEqualTo(old);
            assertThat(value(after.get(i))).isEqualTo(old == null ? bytes("new " + many.get(i)) : old);
        }
    }

    @Test
    void six_hundred_are_replaced_in_bulk_and_only_those_that_start_with_their_prefix() {
        List<String> many = IntStream.range(0, 600).mapToObj(i -> freshKey()).toList();
        join(tier.putAll(IntStream.range(0, 450)
                .mapToObj(i -> new TierEntry(many.get(i), bytes(i % 2 == 0 ? "a and more" : "b"), TTL))
                .toList()));

        List<Outcome<Boolean>> outcomes = join(tier.replaceAllIfStartsWith(many.stream()
                .map(key -> new Replacement(key, bytes("a"), bytes("new " + key), TTL))
                .toList()));

        List<Outcome<byte[]>> after = join(tier.getAll(many));
        assertThat(outcomes).hasSize(600);
        for (int i = 0; i < 600; i++) {
            boolean replaced = i < 450 && i % 2 == 0;
            assertThat(outcomes.get(i)).isEqualTo(Outcome.done(replaced));
            byte[] other = i < 450 ? bytes("b") : null;
            assertThat(value(after.get(i))).isEqualTo(replaced ? bytes("new " + many.get(i)) : other);
        }
    }

    @Test
    void a_value_is_replaced_only_if_it_starts_with_the_prefix() {
        String key = freshKey();
        join(tier.put(key, bytes("abc\0rest"), TTL));

        assertThat(join(tier.replaceIfStartsWith(key, bytes("abd"), bytes("x"), TTL)))
                .isFalse();
        assertThat(join(tier.replaceIfStartsWith(key, bytes("abc\0rest and more"), bytes("x"), TTL)))
                .isFalse();
        assertThat(join(tier.get(key))).isEqualTo(bytes("abc\0rest"));
        assertThat(join(tier.replaceIfStartsWith(key, bytes("abc\0"), bytes("new"), TTL)))
                .isTrue();
        assertThat(join(tier.get(key))).isEqualTo(bytes("new"));
        assertThat(join(tier.replaceIfStartsWith(key, new byte[0], bytes("newer"), TTL)))
                .isTrue();
        assertThat(join(tier.get(key))).isEqualTo(bytes("newer"));
    }

    @Test
    void a_missing_value_is_neither_replaced_nor_removed() {
        String key = freshKey();

        assertThat(join(tier.replaceIfStartsWith(key, bytes("a"), bytes("x"), TTL)))
                .isFalse();
        assertThat(join(tier.replaceIfStartsWith(key, new byte[0], bytes("x"), TTL)))
                .isFalse();
        assertThat(join(tier.removeIfStartsWith(key, bytes("a")))).isFalse();
        assertThat(join(tier.removeIfStartsWith(key, new byte[0]))).isFalse();
        assertThat(join(tier.get(key))).isNull();
    }

    @Test
    void a_value_is_removed_only_if_it_starts_with_the_prefix() {
        String key = freshKey();
        join(tier.put(key, bytes("abc"), TTL));

        assertThat(join(tier.removeIfStartsWith(key, bytes("b")))).isFalse();
        assertThat(join(tier.removeIfStartsWith(key, bytes("abcd")))).isFalse();
        assertThat(join(tier.removeIfStartsWith(key, bytes("ab")))).isTrue();
        assertThat(join(tier.get(key))).isNull();
    }

    @Test
    void a_replacement_keeps_its_own_ttl() {
        String key = freshKey();
        join(tier.put(key, bytes("long"), TTL));

        join(tier.replaceIfStartsWith(key, bytes("long"), bytes("short"), Duration.ofMillis(900)));

        await().atMost(Duration.ofSeconds(4)).until(() -> join(tier.get(key)) == null);
    }

    @Test
    void writers_that_replace_what_they_read_lose_nothing() {
        String key = freshKey();
        join(tier.put(key, bytes("1000"), TTL));
        int writers = 4;
        int rounds = 25;

        CompletableFuture.allOf(IntStream.range(0, writers)
                        .mapToObj(w -> CompletableFuture.runAsync(() -> {
                            for (int i = 0; i < rounds; i++) {
                                increment(key);
                            }
                        }))
                        .toArray(CompletableFuture[]::new))
                .join();

        assertThat(join(tier.get(key))).isEqualTo(bytes(Integer.toString(1000 + writers * rounds)));
    }

    private void increment(String key) {
        while (true) {
            byte[] now = Objects.requireNonNull(join(tier.get(key)));
            byte[] next = bytes(Integer.toString(Integer.parseInt(new String(now, UTF_8)) + 1));
            try {
                if (join(tier.replaceIfStartsWith(key, now, next, TTL))) {
                    return;
                }
            } catch (CompletionException e) {
                // Too many others at once: not replaced.
            }
        }
    }

    @Test
    @SuppressWarnings("NullAway") // that is the point
    void misuse_throws_at_once() {
        byte[] value = bytes("v");
        assertThatThrownBy(() -> tier.get(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> tier.getAll(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> tier.getAll(Arrays.asList("a", null))).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> tier.put(null, value, TTL)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> tier.put("k", null, TTL)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> tier.put("k", value, null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> tier.putAll(Collections.singletonList(null))).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> tier.putAllIfAbsent(Collections.singletonList(null)))
                .isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> tier.replaceAllIfStartsWith(Collections.singletonList(null)))
                .isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> tier.remove(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> tier.removeAll(Collections.singletonList(null)))
                .isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> tier.replaceIfStartsWith("k", null, value, TTL))
                .isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> tier.removeIfStartsWith("k", null)).isInstanceOf(NullPointerException.class);
        for (Duration wrong : List.of(Duration.ZERO, Duration.ofMillis(-1))) {
            assertThatThrownBy(() -> tier.put("k", value, wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("ttl must be positive");
            assertThatThrownBy(() -> tier.putIfAbsent("k", value, wrong)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> tier.replaceIfStartsWith("k", value, value, wrong))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void every_operation_ends_within_the_timeout_when_the_server_hangs() {
        try (RemoteTier own = connectAndUse("hang")) {
            freeze(server());
            try {
                String key = keyOnServer(1);
                for (int round = 0; round < 3; round++) {
                    long start = System.nanoTime();
                    List<CompletableFuture<?>> all = List.of(
                            own.get(key),
                            own.put(key, bytes("v"), TTL),
                            own.remove(key),
                            own.putIfAbsent(key, bytes("v"), TTL),
                            own.replaceIfStartsWith(key, bytes("v"), bytes("w"), TTL),
                            own.removeIfStartsWith(key, bytes("v")));
                    List<CompletableFuture<? extends List<? extends Outcome<?>>>> bulks = List.of(
                            own.getAll(List.of(key, keyOnServer(2))),
                            own.putAll(List.of(new TierEntry(key, bytes("v"), TTL))),
                            own.removeAll(List.of(key, keyOnServer(2))),
                            own.putAllIfAbsent(List.of(new TierEntry(key, bytes("v"), TTL))),
                            own.replaceAllIfStartsWith(List.of(new Replacement(key, bytes("v"), bytes("w"), TTL))));
                    all.forEach(each -> assertThat(failure(each)).isInstanceOf(TierException.class));
                    bulks.forEach(each -> assertThat(join(each)).allMatch(Outcome.Failed.class::isInstance));
                    assertThat(Duration.ofNanos(System.nanoTime() - start))
                            .isLessThan(own.timeout().plus(SLACK));
                }
            } finally {
                server().resume();
            }
            awaitUse(own, Duration.ofSeconds(6));
        }
    }

    @Test
    void a_hanging_server_is_given_up_so_that_calls_fail_at_once() {
        try (RemoteTier own = connectAndUse("giveup")) {
            freeze(server());
            try {
                await().atMost(Duration.ofSeconds(15))
                        .pollInterval(Duration.ofMillis(10))
                        .until(() -> {
                            List<CompletableFuture<?>> many = new ArrayList<>();
                            for (int i = 0; i < 5; i++) {
                                many.add(own.get(keyOnServer(i)));
                            }
                            long start = System.nanoTime();
                            many.forEach(RemoteTierContract::failure);
                            return System.nanoTime() - start < TimeUnit.MILLISECONDS.toNanos(50);
                        });
            } finally {
                server().resume();
            }
            awaitUse(own, Duration.ofSeconds(6));
        }
    }

    @Test
    void a_killed_server_fails_at_once_and_is_used_again_when_it_is_back() {
        try (RemoteTier own = connectAndUse("kill")) {
            server().kill();
            try {
                failure(own.get(keyOnServer(1))); // whoever notices
                await().atMost(Duration.ofSeconds(3)).until(() -> millisToFail(own) < 50);
                assertThat(join(own.getAll(List.of(keyOnServer(1), keyOnServer(2)))))
                        .hasSize(2)
                        .allMatch(Outcome.Failed.class::isInstance);
            } finally {
                server().restart();
            }
            Duration back = awaitUse(own, Duration.ofSeconds(10));
            System.out.printf("%s: used again %d ms after the restart%n", own.name(), back.toMillis());
        }
    }

    private long millisToFail(RemoteTier own) {
        long start = System.nanoTime();
        Throwable failure = failure(own.get(keyOnServer(1)));
        assertThat(failure).isInstanceOf(TierException.class).hasMessageContaining(own.name() + ": GET failed");
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }

    @Test
    void a_server_that_dies_under_load_mixes_up_no_answers() throws Exception {
        try (RemoteTier own = connectAndUse("load")) {
            List<String> many =
                    IntStream.range(0, 50).mapToObj(this::keyOnServer).toList();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
            CompletableFuture<Void> load = CompletableFuture.runAsync(() -> {
                byte[] padding = new byte[50_000];
                while (System.nanoTime() < end) {
                    List<CompletableFuture<?>> round = new ArrayList<>();
                    for (String key : many) {
                        byte[] value = Arrays.copyOf(bytes(key + "|"), padding.length);
                        round.add(own.put(key, value, TTL).handle((ok, failure) -> failure));
                        round.add(own.get(key)
                                .handle((found, failure) -> found)
                                .thenAccept(found -> assertThat(found == null || startsWith(found, bytes(key + "|")))
                                        .isTrue()));
                    }
                    round.forEach(RemoteTierContract::join);
                }
            });

            TimeUnit.MILLISECONDS.sleep(300); // let it run
            server().kill();
            server().restart();
            TimeUnit.MILLISECONDS.sleep(1_500);
            freeze(server());
            TimeUnit.MILLISECONDS.sleep(700);
            server().resume();

            load.get(30, TimeUnit.SECONDS);
            awaitUse(own, Duration.ofSeconds(10));
        }
    }

    @Test
    void what_waits_for_a_hanging_server_is_bounded() throws Exception {
        try (RemoteTier own = connectAndUse("flood")) {
            int size = 4_096;
            int puts = 50_000;
            AtomicInteger ended = new AtomicInteger();
            AtomicInteger failed = new AtomicInteger();
            long before = heapInUse();
            freeze(server());
            try {
                long longest = 0;
                for (int i = 0; i < puts; i++) {
                    long start = System.nanoTime();
                    CompletableFuture<Void> put = own.put(keyOnServer(i % 100), new byte[size], TTL);
                    longest = Math.max(longest, System.nanoTime() - start);
                    var unused = put.whenComplete((ok, failure) -> {
                        ended.incrementAndGet();
                        if (failure != null) {
                            failed.incrementAndGet();
                        }
                    });
                }
                await().atMost(own.timeout().plus(Duration.ofSeconds(3))).until(() -> ended.get() == puts);
                long held = heapInUse() - before;
                System.out.printf(
                        "%s: %d of %d puts failed, %d MB held afterwards, longest call %d us%n",
                        own.name(), failed.get(), puts, held >> 20, TimeUnit.NANOSECONDS.toMicros(longest));
                assertThat(held).isLessThan((long) puts * size / 2);
            } finally {
                server().resume();
            }
            awaitUse(own, Duration.ofSeconds(10));
        }
    }

    private static long heapInUse() throws InterruptedException {
        for (int i = 0; i < 2; i++) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(50);
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    @Test
    void close_leaves_no_thread_and_may_be_called_twice() {
        String name = "close" + keys.incrementAndGet();
        RemoteTier own = connectAndUse(name);
        assertThat(threadsOf(name)).isNotEmpty();

        long start = System.nanoTime();
        own.close();
        own.close();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
        await().atMost(Duration.ofSeconds(2))
                .untilAsserted(() -> assertThat(threadsOf(name)).isEmpty());
    }

    @Test
    void after_close_every_operation_fails_at_once() {
        RemoteTier own = connectAndUse("closed");
        own.close();

        assertThat(failure(own.get("k"))).isInstanceOf(TierException.class).hasMessageContaining("closed");
        assertThat(failure(own.put("k", bytes("v"), TTL))).isInstanceOf(TierException.class);
        assertThat(failure(own.remove("k"))).isInstanceOf(TierException.class);
        assertThat(failure(own.putIfAbsent("k", bytes("v"), TTL))).isInstanceOf(TierException.class);
        assertThat(failure(own.replaceIfStartsWith("k", bytes("v"), bytes("w"), TTL)))
                .isInstanceOf(TierException.class);
        assertThat(failure(own.removeIfStartsWith("k", bytes("v")))).isInstanceOf(TierException.class);
        assertThat(join(own.getAll(List.of("a", "b")))).hasSize(2).allMatch(Outcome.Failed.class::isInstance);
        assertThat(join(own.putAll(List.of(new TierEntry("a", bytes("v"), TTL)))))
                .hasSize(1)
                .allMatch(Outcome.Failed.class::isInstance);
        assertThat(join(own.removeAll(List.of("a")))).hasSize(1).allMatch(Outcome.Failed.class::isInstance);
        assertThat(join(own.putAllIfAbsent(List.of(new TierEntry("a", bytes("v"), TTL)))))
                .hasSize(1)
                .allMatch(Outcome.Failed.class::isInstance);
        assertThat(join(own.replaceAllIfStartsWith(List.of(new Replacement("a", bytes("v"), bytes("w"), TTL)))))
                .hasSize(1)
                .allMatch(Outcome.Failed.class::isInstance);
    }

    @Test
    void close_ends_what_is_under_way() {
        RemoteTier own = connectAndUse("underway");
        freeze(server());
        try {
            CompletableFuture<byte @Nullable []> single = own.get(keyOnServer(1));
            CompletableFuture<List<Outcome<byte[]>>> bulk = own.getAll(List.of(keyOnServer(1), keyOnServer(2)));

            own.close();

            assertThat(failure(single)).isInstanceOf(TierException.class);
            assertThat(join(bulk)).allMatch(Outcome.Failed.class::isInstance);
        } finally {
            server().resume();
        }
    }

    @Test
    void a_shared_tier_stays_open_when_one_of_its_users_closes_it() {
        RemoteTier shared = tier.shared();

        shared.close();

        String key = freshKey();
        join(shared.put(key, bytes("v"), TTL));
        assertThat(join(tier.get(key))).isEqualTo(bytes("v"));
    }

    /** Stops the server, and waits until the last of its threads has noticed. */
    protected static void freeze(FaultableServer server) {
        server.pause();
        Path tasks = Path.of("/proc", Long.toString(server.pid()), "task");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        while (System.nanoTime() < end && someThreadRuns(tasks)) {
            Thread.onSpinWait();
        }
    }

    private static boolean someThreadRuns(Path tasks) {
        try (Stream<Path> threads = Files.list(tasks)) {
            return threads.anyMatch(thread -> {
                try {
                    String stat = Files.readString(thread.resolve("stat"));
                    return stat.charAt(stat.lastIndexOf(')') + 2) != 'T';
                } catch (IOException e) {
                    return false;
                }
            });
        } catch (IOException e) {
            return false; // another system, or a container: nothing to look at
        }
    }

    /** A tier of this test alone whose connections are known to work. */
    protected RemoteTier connectAndUse(String name) {
        RemoteTier own = connect(name, USUAL);
        awaitUse(own, Duration.ofSeconds(10));
        return own;
    }

    /** Waits until a value that is written can be read. */
    protected Duration awaitUse(RemoteTier own, Duration atMost) {
        long start = System.nanoTime();
        String key = keyOnServer(0);
        await().atMost(atMost)
                .pollInterval(Duration.ofMillis(10))
                .ignoreExceptions()
                .until(() -> {
                    join(own.put(key, bytes("well"), TTL));
                    return Arrays.equals(join(own.get(key)), bytes("well"));
                });
        return Duration.ofNanos(System.nanoTime() - start);
    }

    protected static List<String> threadsOf(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .map(Thread::getName)
                .filter(thread -> thread.startsWith("tiercel-" + name + "-"))
                .toList();
    }

    protected static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    protected static byte @Nullable [] value(Outcome<byte[]> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Done.class);
        return ((Outcome.Done<byte[]>) outcome).value();
    }

    protected static <T> T join(CompletableFuture<T> future) {
        return future.orTimeout(10, TimeUnit.SECONDS).join();
    }

    protected static Throwable failure(CompletableFuture<?> future) {
        try {
            Object value = future.get(10, TimeUnit.SECONDS);
            throw new AssertionError("completed with " + value);
        } catch (ExecutionException e) {
            return Objects.requireNonNull(e.getCause());
        } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
            throw new AssertionError("did not complete", e);
        }
    }

    private static boolean startsWith(byte[] value, byte[] prefix) {
        return value.length >= prefix.length && Arrays.equals(value, 0, prefix.length, prefix, 0, prefix.length);
    }
}
