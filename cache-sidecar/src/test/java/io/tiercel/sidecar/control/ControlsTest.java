package io.tiercel.sidecar.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tiercel.sidecar.control.RefusedException.Why;
import io.tiercel.sidecar.control.TierStatus.Node;
import io.tiercel.sidecar.control.TierStatus.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What operators change, without HTTP. */
final class ControlsTest {
    private final AtomicLong millis = new AtomicLong(1_000_000);
    private final AtomicLong commands = new AtomicLong();
    private final List<String> modes = new ArrayList<>();
    private volatile boolean fails;
    private volatile boolean stubborn;
    private volatile State l2 = State.UP;

    // It runs nothing: the tests call tick() themselves.
    private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(
            0, (task, executor) -> assertThat(task).isNotNull());

    private final LiveSettings live = new LiveSettings(
            new CacheSettings(Duration.ofMillis(1_500), false),
            new QueueSettings(true, 100, Duration.ofMillis(500)),
            new RateSettings(0, 1_000, RateScope.FLEET));
    private RateStatus rateStatus = RateStatus.ALONE;
    private final Controls controls = controls();

    private Controls controls() {
        scheduler.shutdownNow();
        return new Controls(
                live,
                new Backend(),
                List.of(),
                scheduler,
                () -> Instant.ofEpochMilli(millis.get()).plusNanos(581_619));
    }

    @AfterEach
    void close() {
        controls.close();
    }

    private final class Backend implements CacheBackend {
        @Override
        public RateStatus rateLimit() {
            return rateStatus;
        }

        @Override
        public List<TierStatus> tiers() {
            List<Node> nodes = List.of(new Node("a:1", l2 != State.DOWN, ""), new Node("b:1", l2 == State.UP, ""));
            return List.of(new TierStatus("l2", "redis", l2, TierMode.NORMAL, nodes, 0, 0, 0, -1, -1, -1));
        }

        @Override
        public Traffic traffic() {
            if (fails) {
                throw new IllegalStateException("no traffic");
            }
            long n = commands.get();
            return new Traffic(n, n, n, 0, 0, 0, 0, 1, 0, 2, 0, 4, 8, 0, 0, 0, 0, 3, 4, 0, 5, 6, 7);
        }

        @Override
        public CompletionStage<KeyReport> where(String key) {
            return CompletableFuture.failedFuture(new IllegalStateException("not asked here"));
        }

        @Override
        public CompletionStage<Long> invalidate(List<String> keys) {
            return CompletableFuture.completedFuture(0L);
        }

        @Override
        public CompletionStage<Long> invalidatePrefix(String prefix) {
            return CompletableFuture.completedFuture(0L);
        }

        @Override
        public List<String> hottest(int limit) {
            return List.of();
        }

        @Override
        public HotSet hotSet(int limit) {
            return bytes -> new byte[0];
        }

        @Override
        public WarmUpRun warmUp(WarmUpPlan plan) {
            throw new IllegalStateException("no room");
        }

        @Override
        public void mode(String tier, TierMode mode) {
            if (stubborn) {
                throw new IllegalStateException("not now");
            }
            modes.add(tier + " " + mode);
        }
    }

    @Test
    void history_is_what_came_in_each_step() {
        for (int i = 0; i < 4; i++) {
            controls.tick();
            commands.addAndGet(10L * (i + 1));
            millis.addAndGet(1_000);
        }

        List<History.Sample> samples = controls.history().samples();

        assertThat(samples).extracting(History.Sample::commands).containsExactly(10L, 20L, 30L);
        assertThat(samples).extracting(History.Sample::at).containsExactly(1_001_000L, 1_002_000L, 1_003_000L);
        assertThat(samples.get(0)).isEqualTo(new History.Sample(1_001_000, 10, 10, 0, 0, 0, 0, 5, 7, 3, 4));
    }

    @Test
    void history_keeps_ten_minutes_and_a_counter_that_went_back_is_no_negative_number() {
        commands.set(1_000);
        for (int i = 0; i < 700; i++) {
            commands.decrementAndGet();
            millis.addAndGet(1_000);
            controls.tick();
        }

        assertThat(controls.history().samples())
                .hasSize(600)
                .allSatisfy(sample -> assertThat(sample.commands()).isZero());
        assertThat(controls.history().samples().get(599).at()).isEqualTo(millis.get());
    }

    @Test
    void a_sample_that_cannot_be_taken_is_missing_and_the_next_one_is_not() {
        controls.tick();
        fails = true;
        controls.tick();
        fails = false;
        controls.tick();

        assertThat(controls.history().samples()).hasSize(1);
    }

    @Test
    void changes_expire_even_while_no_sample_can_be_taken() throws Exception {
        controls.change(new Change(Map.of(LiveField.TTL, 5L), Set.of(), Duration.ofSeconds(10), "", false, null));
        assertThat(controls.inForce().get(0).expiresAt()).isEqualTo(Instant.ofEpochMilli(1_010_000));
        fails = true;
        millis.addAndGet(10_000);

        controls.tick();

        assertThat(live.cache().ttl()).isEqualTo(Duration.ofMillis(1_500));
    }

    @Test
    void events_are_the_last_two_hundred_the_latest_first() {
        for (int i = 0; i < 250; i++) {
            controls.events().add("test", "event " + i);
        }

        List<Event> events = controls.events().latest();

        assertThat(events).hasSize(200);
        assertThat(events.get(0).text()).isEqualTo("event 249");
        assertThat(events.get(199).text()).isEqualTo("event 50");
    }

    @Test
    void no_text_of_an_event_forges_a_line_of_the_log() {
        controls.events().add("test", "a\r\n2026 ERROR forged\u001b[31m \u2028 \u202e" + "x".repeat(1_000));

        assertThat(controls.events().latest().get(0).text())
                .startsWith("a??2026 ERROR forged?[31m ? ?")
                .hasSize(500);
    }

    @Test
    void a_tier_that_ceases_to_answer_or_answers_again_is_an_event() {
        for (State state : List.of(State.UP, State.DEGRADED, State.DOWN, State.DOWN, State.UP, State.UP)) {
            l2 = state;
            controls.tick();
        }

        assertThat(controls.events().latest())
                .extracting(Event::text)
                .containsExactly(
                        "L2: UP, 2 of 2 servers answer",
                        "L2: DOWN, 0 of 2 servers answer",
                        "L2: DEGRADED, 1 of 2 servers answer");
    }

    @Test
    void what_could_not_be_taken_back_in_time_is_taken_back_later() throws Exception {
        controls.change(
                new Change(Map.of(LiveField.L2_MODE, "bypass"), Set.of(), Duration.ofSeconds(10), "", false, null));
        millis.addAndGet(10_000);
        stubborn = true;
        controls.tick();
        assertThat(controls.version()).isEqualTo(2);
        stubborn = false;

        controls.tick();

        assertThat(controls.version()).isEqualTo(3);
        assertThat(modes).containsExactly("l2 BYPASS", "l2 NORMAL");
    }

    @Test
    void a_process_that_ends_drains_whatever_else_fails() {
        controls.readiness().started();
        controls.onDrain(draining -> {
            throw new IllegalStateException("not now");
        });

        controls.drainForGood("SIGTERM");

        assertThat(controls.readiness().obstacle()).isEqualTo("draining");
    }

    @Test
    void what_the_start_was_given_is_shown_as_it_is() {
        InForce ttl = controls.inForce().get(0);

        assertThat(ttl.text()).isEqualTo("1.5s");
        assertThat(ttl.value()).isEqualTo(1.5);
        assertThat(ttl.source()).isEqualTo("default");
    }

    @Test
    void a_change_is_checked_whole_before_anything_of_it_is_done() {
        Change change = Change.set(Map.of(LiveField.TTL, 5L, LiveField.BURST, 0L, LiveField.L2_MODE, "bypass"), "");

        assertThatThrownBy(() -> controls.change(change)).isInstanceOfSatisfying(RefusedException.class, refused -> {
            assertThat(refused.why()).isEqualTo(Why.INVALID);
            assertThat(refused.faults())
                    .extracting(RefusedException.Fault::field)
                    .containsExactly("burst");
        });
        assertThat(modes).isEmpty();
        assertThat(live.cache().ttl()).isEqualTo(Duration.ofMillis(1_500));
        assertThat(controls.version()).isEqualTo(1);
    }

    @Test
    void a_mode_is_told_only_when_it_changes() throws Exception {
        controls.change(Change.set(Map.of(LiveField.L2_MODE, "bypass"), ""));
        controls.change(Change.set(Map.of(LiveField.TTL, 5L), ""));
        millis.addAndGet(1);
        controls.change(Change.set(Map.of(LiveField.L2_MODE, "bypass"), ""));

        assertThat(modes).containsExactly("l2 BYPASS");
        assertThat(controls.version()).isEqualTo(4);
    }

    @Test
    void a_process_is_ready_once_it_has_started() {
        assertThat(controls.readiness().obstacle()).isEqualTo("starting");
        controls.readiness().started();
        assertThat(controls.readiness().ready()).isTrue();
    }

    @Test
    void a_warm_up_that_cannot_begin_leaves_no_trace() {
        WarmUpPlan plan = WarmUpPlan.ofHotLists(1, 1, Duration.ofSeconds(1));

        assertThatThrownBy(() -> controls.warmUps().begin(plan, Duration.ofSeconds(1), ""))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.why()).isEqualTo(Why.UNAVAILABLE));
        assertThat(controls.warmUps().last()).isEmpty();
        assertThat(controls.events().latest()).isEmpty();
    }

    @Test
    void who_cannot_keep_the_limit_with_the_others_says_so_once_and_once_more_when_he_can() {
        controls.tick();
        rateStatus = new RateStatus(5, "no answer within redis-timeout", 10, 1);
        controls.tick();
        rateStatus = new RateStatus(5, "Redis cannot be asked: UNREACHABLE", 10, 2);
        controls.tick();
        rateStatus = new RateStatus(5, "", 20, 2);
        controls.tick();
        controls.tick();

        assertThat(controls.events().latest())
                .filteredOn(event -> event.kind().equals("rate-limit"))
                .extracting(Event::text)
                .containsExactly(
                        "one for the fleet again",
                        "this pod keeps to its share, one of 5: no answer within redis-timeout");
    }
}
