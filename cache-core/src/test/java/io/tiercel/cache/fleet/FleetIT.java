package io.tiercel.cache.fleet;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static java.util.Objects.requireNonNull;
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
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class FleetIT {
    private static final Duration BEAT = ofMillis(200);
    private static final Duration SILENCE = ofSeconds(1);
    private static final Duration HOLD = ofMillis(1_500);
    private static final Script FLUSH = Script.of("redis.call('FLUSHALL') return {}");
    private static final AtomicInteger NAMES = new AtomicInteger();

    private final String name = "fleet-" + NAMES.incrementAndGet();
    private final RedisServer server = RedisServer.start();
    private final RedisTier redis = tier();
    private final List<Fleet> open = new CopyOnWriteArrayList<>();

    private RedisTier tier() {
        return RedisTier.connect(RedisConfig.of(server.uri()));
    }

    @AfterEach
    void close() {
        open.forEach(Fleet::close);
        redis.close();
        server.close();
    }

    private Fleet join(String pod) {
        return join(pod, redis);
    }

    private Fleet join(String pod, ScriptRunner scripts) {
        Fleet fleet = Fleet.join(scripts, FleetSettings.of(name, pod).times(BEAT, SILENCE, HOLD));
        open.add(fleet);
        return fleet;
    }

    /** A way to Redis that can be cut, so that an instance lives and is not heard. */
    private static final class Cut implements ScriptRunner {
        private final ScriptRunner whole;
        private volatile boolean cut;

        Cut(ScriptRunner whole) {
            this.whole = whole;
        }

        @Override
        public CompletableFuture<List<String>> run(Script script, List<String> keys, List<String> arguments) {
            return cut
                    ? CompletableFuture.failedFuture(new TierException("cut off"))
                    : whole.run(script, keys, arguments);
        }
    }

    // ---- who there is

    @Test
    void all_see_all_with_their_states_and_facts() {
        Fleet a = join("a");
        Fleet b = join("b");
        b.facts(() -> Map.of("hits", "0.9 = ü"));
        b.state(Member.State.READY);

        await().untilAsserted(() -> {
            assertThat(a.view().members()).extracting(Member::pod).containsExactly("a", "b");
            Member other = a.view().members().get(1);
            assertThat(other.state()).isEqualTo(Member.State.READY);
            assertThat(other.facts()).containsEntry("hits", "0.9 = ü");
        });
        assertThat(a.view().known()).isTrue();
        assertThat(a.size()).isEqualTo(2);
        assertThat(a.view().count(Member.State.WARMING)).isEqualTo(1);
    }

    @Test
    void who_leaves_is_gone_at_once_and_counts_for_a_while() {
        Fleet a = join("a");
        Fleet b = join("b");
        await().until(() -> a.size() == 2);

        b.close();

        await().atMost(ofSeconds(5)).until(() -> a.view().members().size() == 1);
        assertThat(a.size()).isEqualTo(2);
        await().until(() -> a.size() == 1);
    }

    @Test
    void who_is_not_heard_of_is_gone_after_the_silence_and_comes_back() {
        Fleet a = join("a");
        Cut way = new Cut(redis);
        join("b", way);
        await().until(() -> a.size() == 2);

        way.cut = true;
        await().until(() -> a.size() == 1);

        way.cut = false;
        await().until(() -> a.size() == 2);
    }

    @Test
    void without_Redis_what_was_known_last_goes_on_to_count() {
        Fleet a = join("a");
        join("b");
        await().until(() -> a.size() == 2);

        server.kill();

        await().until(() -> !a.view().known());
        assertThat(a.size()).isEqualTo(2);
        assertThat(a.view().members()).hasSize(2);

        server.restart();
        await().until(() -> a.view().known() && a.view().members().size() == 2);
    }

    @Test
    void a_Redis_that_lost_its_memory_makes_nobody_take_everything() {
        Fleet a = join("a");
        Fleet b = join("b");
        FleetBudget one = a.budget("db", 10);
        FleetBudget other = b.budget("db", 10);
        await().until(() -> one.share() == 5 && other.share() == 5);
        List<Integer> seen = new CopyOnWriteArrayList<>();
        one.onChange(() -> seen.add(one.share()));
        other.onChange(() -> seen.add(other.share()));

        redis.run(FLUSH, List.of("any"), List.of()).join();

        await().during(ofSeconds(2)).atMost(ofSeconds(10)).until(() -> one.share() == 5 && other.share() == 5);
        assertThat(seen).allMatch(share -> share <= 5);
    }

    // ---- budgets

    @Test
    void before_Redis_is_known_an_instance_takes_what_it_would_have_of_a_full_fleet() {
        Cut way = new Cut(redis);
        way.cut = true;
        Fleet fleet = Fleet.join(
                way, FleetSettings.of(name, "a").times(BEAT, SILENCE, HOLD).expected(20));
        open.add(fleet);
        FleetBudget budget = fleet.budget("db", 40);

        await().until(() -> budget.share() > 0);
        assertThat(budget.share()).isEqualTo(2);
    }

    /**
     * Instances come, go, are cut off and come back, and each uses all that it may, and lets go of it late. What all use
     * together never exceeds the limit.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void a_budget_is_never_exceeded_while_instances_come_and_go(long seed) throws InterruptedException {
        int limit = 23;
        Random random = new Random(seed);
        Use use = new Use(limit);
        List<User> users = new ArrayList<>();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(12);
        int names = 0;
        int most = 0;
        while (System.nanoTime() < end) {
            if (users.size() < 2 || (users.size() < 10 && random.nextInt(3) > 0)) {
                users.add(new User(use, join("pod-" + names++), limit));
            } else {
                users.remove(random.nextInt(users.size())).leave();
            }
            most = Math.max(most, users.size());
            TimeUnit.MILLISECONDS.sleep(50 + random.nextInt(900));
        }
        int now = users.size();
        await().atMost(ofSeconds(20))
                .until(() -> users.stream().mapToInt(u -> u.budget.share()).sum() == limit);
        users.forEach(User::leave);

        assertThat(use.exceeded).as("seed %d", seed).isEmpty();
        assertThat(most).isGreaterThan(3);
        assertThat(use.most.get()).as("it is used, by %d at the end", now).isGreaterThan(limit / 2);
    }

    /** What all use together. */
    private static final class Use {
        final int limit;
        final AtomicInteger now = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();
        final List<String> exceeded = new CopyOnWriteArrayList<>();

        Use(int limit) {
            this.limit = limit;
        }

        void take(String pod) {
            int all = now.incrementAndGet();
            most.accumulateAndGet(all, Math::max);
            if (all > limit) {
                exceeded.add(pod + " takes the " + all + "th");
            }
        }
    }

    /** Takes what it may, and lets each go after a while that is sometimes longer than a heartbeat. */
    private static final class User {
        final Use use;
        final Fleet fleet;
        final FleetBudget budget;
        final AtomicInteger mine = new AtomicInteger();
        final Thread thread = new Thread(this::run);
        volatile boolean leaving;

        User(Use use, Fleet fleet, int limit) {
            this.use = use;
            this.fleet = fleet;
            this.budget = fleet.budget("db", limit);
            budget.inUse(mine::get);
            thread.start();
        }

        private void run() {
            Random random = new Random(fleet.settings().pod().hashCode());
            List<Long> ends = new ArrayList<>();
            while (!leaving || !ends.isEmpty()) {
                long now = System.nanoTime();
                ends.removeIf(end -> {
                    if (now - end >= 0) {
                        use.now.decrementAndGet();
                        mine.decrementAndGet();
                        return true;
                    }
                    return false;
                });
                while (!leaving && mine.get() < budget.share()) {
                    mine.incrementAndGet();
                    if (mine.get() > budget.share()) {
                        mine.decrementAndGet(); // it has become smaller meanwhile, as LoaderPermits looks under its
                        // lock
                        break;
                    }
                    use.take(fleet.settings().pod());
                    ends.add(now + TimeUnit.MILLISECONDS.toNanos(20 + random.nextInt(600)));
                }
                java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
            }
        }

        void leave() {
            leaving = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            fleet.close();
        }
    }

    // ---- the configuration

    private static String value(FleetDocument document, String field) {
        return requireNonNull(document.fields().get(field), field).value();
    }

    @Test
    void a_change_is_known_to_all_at_once_by_the_notice_and_soon_without_it() {
        Fleet a = join("a");
        Fleet b = Fleet.join(redis, FleetSettings.of(name, "b").times(ofSeconds(30), ofSeconds(100), HOLD));
        Fleet deaf = join("c");
        open.add(b);
        b.config().watch(redis);
        await().until(() -> a.view().members().size() == 3);
        // Until the feed listens a notice may be missed, and this one's next heartbeat is far away.
        await().untilAsserted(() -> {
            FleetDocument now = a.config()
                    .patch(FleetPatch.set(Map.of("warm", Instant.now().toString()), ""))
                    .join();
            await().atMost(ofMillis(500)).until(() -> b.config().document().version() == now.version());
        });

        FleetDocument set =
                a.config().patch(FleetPatch.set(Map.of("ttl", "3600"), "me")).join();

        await().atMost(ofSeconds(2)).until(() -> b.config().applied() == set.version());
        await().atMost(ofSeconds(2)).until(() -> deaf.config().applied() == set.version());
        assertThat(value(b.config().document(), "ttl")).isEqualTo("3600");
        await().until(() ->
                a.view().members().stream().allMatch(member -> member.number("config", 0) == set.version()));
    }

    @Test
    void a_hundred_changes_at_once_by_five_lose_no_field() {
        List<Fleet> fleets = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            fleets.add(join("pod-" + i));
        }
        List<CompletableFuture<FleetDocument>> changes = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            changes.add(fleets.get(i % 5).config().patch(FleetPatch.set(Map.of("field-" + i, "v" + i), "test")));
        }
        CompletableFuture.allOf(changes.toArray(CompletableFuture[]::new)).join();

        await().untilAsserted(() -> {
            for (Fleet fleet : fleets) {
                FleetDocument document = fleet.config().document();
                assertThat(document.version()).isEqualTo(100);
                for (int i = 0; i < 100; i++) {
                    assertThat(value(document, "field-" + i)).isEqualTo("v" + i);
                }
            }
        });
    }

    @Test
    void of_two_who_saw_the_same_version_one_is_told() {
        Fleet a = join("a");
        Fleet b = join("b");
        long seen =
                a.config().patch(FleetPatch.set(Map.of("x", "1"), "")).join().version();

        a.config()
                .patch(new FleetPatch(Map.of("x", "2"), Set.of(), seen, null, "", ""))
                .join();

        assertThatThrownBy(() -> b.config()
                        .patch(new FleetPatch(Map.of("x", "3"), Set.of(), seen, null, "", ""))
                        .join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        FleetVersionException.class,
                        e -> assertThat(e.current()).isEqualTo(seen + 1));
        assertThat(value(b.config().read().join(), "x")).isEqualTo("2");
    }

    @Test
    void what_has_an_end_ends_everywhere_also_when_its_author_is_dead() {
        Cut way = new Cut(redis);
        Fleet author = join("author", way);
        Fleet other = join("other");
        author.config()
                .patch(new FleetPatch(Map.of("x", "1"), Set.of(), null, ofMillis(1_500), "", ""))
                .join();
        way.cut = true;
        await().until(() -> other.config().document().valuesAt(other.time()).containsKey("x"));
        await().until(() -> author.config().document().valuesAt(author.time()).containsKey("x"));

        await().atMost(ofSeconds(5))
                .until(() -> !author.config().document().valuesAt(author.time()).containsKey("x"));
        assertThat(other.config().document().valuesAt(other.time())).isEmpty();
        await().atMost(ofSeconds(5))
                .until(() -> other.config().document().fields().isEmpty());
        assertThat(other.config().history(10).join())
                .extracting(FleetRevision::kind)
                .containsExactly("expired", "set");
    }

    @Test
    void the_history_says_who_set_what_and_why() {
        Fleet a = join("a");
        a.config()
                .patch(new FleetPatch(Map.of("x", "1"), Set.of(), null, null, "ann", "sale"))
                .join();
        a.config()
                .patch(new FleetPatch(Map.of(), Set.of("x"), null, null, "bob", "over"))
                .join();
        a.config()
                .patch(new FleetPatch(Map.of(), Set.of("x"), null, null, "eve", "nothing to do"))
                .join();

        List<FleetRevision> history = a.config().history(10).join();

        assertThat(history).extracting(FleetRevision::by).containsExactly("bob", "ann");
        assertThat(history.get(1).reason()).isEqualTo("sale");
        assertThat(value(history.get(1).document(), "x")).isEqualTo("1");
        assertThat(history.get(0).document().fields()).isEmpty();
    }

    @Test
    void a_Redis_that_lost_its_memory_is_told_again() {
        Fleet a = join("a");
        Fleet b = join("b");
        long version =
                a.config().patch(FleetPatch.set(Map.of("x", "1"), "")).join().version();
        await().until(() -> b.config().applied() == version);

        redis.run(FLUSH, List.of("any"), List.of()).join();

        await().untilAsserted(() -> {
            FleetDocument now = a.config().read().join();
            assertThat(now.version()).isGreaterThan(version);
            assertThat(value(now, "x")).isEqualTo("1");
        });
        await().until(() -> b.config().applied() == a.config().applied());
    }

    @Test
    void without_Redis_a_change_fails_and_what_was_set_stays() {
        Fleet a = join("a");
        a.config().patch(FleetPatch.set(Map.of("x", "1"), "")).join();

        server.kill();

        assertThatThrownBy(() ->
                        a.config().patch(FleetPatch.set(Map.of("x", "2"), "")).join())
                .hasCauseInstanceOf(TierException.class);
        assertThat(value(a.config().document(), "x")).isEqualTo("1");
    }
}
