package io.tiercel.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tiercel.cache.chaos.Fault;
import io.tiercel.cache.chaos.FaultyTier;
import io.tiercel.cache.chaos.MemoryTier;
import io.tiercel.cache.chaos.Operation;
import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.Replacement;
import io.tiercel.cache.tier.TierEntry;
import io.tiercel.cache.tier.TierException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(30)
class FaultyTierTest {
    private static final Duration TTL = Duration.ofMinutes(1);

    private final MemoryTier memory = new MemoryTier("redis");
    private final FaultyTier tier = FaultyTier.over(memory).seed(7);

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static <T> @Nullable T join(CompletableFuture<T> future) {
        return future.orTimeout(10, TimeUnit.SECONDS).join();
    }

    private void store(String... keys) {
        for (String key : keys) {
            join(memory.put(key, bytes("value of " + key), TTL));
        }
    }

    /** Everything that a tier can be asked, once. */
    private CompletableFuture<?> ask(Operation operation) {
        return switch (operation) {
            case GET -> tier.get("a");
            case GET_ALL -> tier.getAll(List.of("a", "b"));
            case PUT -> tier.put("a", bytes("new"), TTL);
            case PUT_ALL -> tier.putAll(entries());
            case PUT_IF_ABSENT -> tier.putIfAbsent("a", bytes("new"), TTL);
            case PUT_ALL_IF_ABSENT -> tier.putAllIfAbsent(entries());
            case REPLACE -> tier.replaceIfStartsWith("a", bytes("value"), bytes("new"), TTL);
            case REPLACE_ALL ->
                tier.replaceAllIfStartsWith(List.of(
                        new Replacement("a", bytes("value"), bytes("new"), TTL),
                        new Replacement("b", bytes("value"), bytes("new"), TTL)));
            case REMOVE -> tier.remove("a");
            case REMOVE_ALL -> tier.removeAll(List.of("a", "b"));
            case REMOVE_IF -> tier.removeIfStartsWith("a", bytes("value"));
        };
    }

    private static List<TierEntry> entries() {
        return List.of(new TierEntry("a", bytes("new"), TTL), new TierEntry("b", bytes("new"), TTL));
    }

    @ParameterizedTest
    @EnumSource
    void without_a_fault_it_does_what_the_tier_below_does(Operation operation) {
        store("a", "b");

        Object answer = join(ask(operation));

        switch (operation) {
            case GET, PUT_IF_ABSENT -> assertThat(answer).isEqualTo(bytes("value of a"));
            case GET_ALL, PUT_ALL_IF_ABSENT ->
                assertThat((List<?>) requireNonNull(answer)).hasSize(2);
            case PUT -> assertThat(memory.get("a").join()).isEqualTo(bytes("new"));
            case PUT_ALL -> assertThat(memory.get("b").join()).isEqualTo(bytes("new"));
            case REPLACE, REMOVE, REMOVE_IF -> assertThat(answer).isEqualTo(true);
            case REPLACE_ALL, REMOVE_ALL ->
                assertThat(answer).isEqualTo(List.of(Outcome.done(true), Outcome.done(true)));
        }
        assertThat(tier.count(operation)).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void an_error_fails_the_future_and_does_nothing(Operation operation) {
        store("a", "b");
        tier.inject(Fault.ERROR, 1, operation);

        CompletableFuture<?> answer = ask(operation);

        assertThatThrownBy(() -> join(answer)).hasCauseInstanceOf(TierException.class);
        assertThat(memory.get("a").join()).isEqualTo(bytes("value of a"));
        assertThat(memory.get("b").join()).isEqualTo(bytes("value of b"));
        assertThat(tier.count(Fault.ERROR)).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void what_hangs_answers_when_it_is_healed(Operation operation) {
        store("a", "b");
        tier.inject(Fault.HANG, 1, operation);

        CompletableFuture<?> answer = ask(operation);
        assertThat(answer).isNotDone();
        assertThat(tier.hanging()).isEqualTo(1);
        assertThat(memory.get("a").join()).isEqualTo(bytes("value of a"));

        tier.heal();
        assertThat(answer).isCompleted();
        assertThat(tier.hanging()).isZero();
    }

    @Test
    void what_hangs_when_it_is_closed_fails() {
        CompletableFuture<?> answer = tier.inject(Fault.HANG).get("a");

        tier.close();

        assertThatThrownBy(() -> join(answer)).hasCauseInstanceOf(TierException.class);
        assertThat(tier.hanging()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void it_can_throw_against_the_rules(Operation operation) {
        tier.inject(Fault.THROW);

        assertThatThrownBy(() -> ask(operation)).isInstanceOf(TierException.class);
    }

    @Test
    void a_lost_answer_fails_and_the_work_is_done() {
        tier.inject(Fault.LOST_ANSWER);

        CompletableFuture<?> answer = tier.put("a", bytes("new"), TTL);

        assertThatThrownBy(() -> join(answer)).hasCauseInstanceOf(TierException.class);
        assertThat(memory.get("a").join()).isEqualTo(bytes("new"));
    }

    @Test
    void a_flipped_bit_is_one_bit_and_the_store_keeps_its_own() {
        store("a");
        tier.inject(Fault.BIT_FLIP);

        byte[] read = requireNonNull(join(tier.get("a")));

        byte[] right = bytes("value of a");
        int bits = IntStream.range(0, right.length)
                .map(i -> Integer.bitCount((read[i] ^ right[i]) & 0xff))
                .sum();
        assertThat(bits).isEqualTo(1);
        assertThat(memory.get("a").join()).isEqualTo(right);
    }

    @Test
    void a_truncated_value_is_its_beginning() {
        store("a");
        tier.inject(Fault.TRUNCATION);

        byte[] read = requireNonNull(join(tier.get("a")));

        assertThat(read).hasSizeLessThan("value of a".length());
        assertThat("value of a").startsWith(new String(read, UTF_8));
    }

    @Test
    void another_value_is_that_of_another_key() {
        store("a", "b");
        tier.inject(Fault.OTHER_VALUE);

        assertThat(join(tier.get("a"))).as("nothing else went by yet").isEqualTo(bytes("value of a"));
        assertThat(join(tier.get("b"))).isEqualTo(bytes("value of a"));
        assertThat(tier.count(Fault.OTHER_VALUE)).isEqualTo(1);
    }

    @Test
    void a_missing_value_cannot_be_wrong() {
        store("b");
        tier.inject(Fault.OTHER_VALUE).inject(Fault.BIT_FLIP).inject(Fault.TRUNCATION);
        join(tier.get("b"));

        assertThat(join(tier.get("a"))).isNull();
    }

    @Test
    void some_elements_fail_and_the_others_are_done_in_their_order() {
        List<String> keys = IntStream.range(0, 100).mapToObj(i -> "k" + i).toList();
        store(keys.toArray(String[]::new));
        tier.inject(Fault.FAILED_ELEMENTS, 0.5);

        List<Outcome<byte[]>> outcomes = requireNonNull(join(tier.getAll(keys)));

        int failed = 0;
        for (int i = 0; i < keys.size(); i++) {
            if (outcomes.get(i) instanceof Outcome.Done<byte[]> done) {
                assertThat(done.value()).isEqualTo(bytes("value of " + keys.get(i)));
            } else {
                failed++;
            }
        }
        assertThat(failed).isBetween(10, 90).isEqualTo((int) tier.count(Fault.FAILED_ELEMENTS));
    }

    @Test
    void failed_elements_of_a_write_are_not_written() {
        tier.inject(Fault.FAILED_ELEMENTS);

        List<Outcome<Void>> outcomes = requireNonNull(join(tier.putAll(entries())));

        assertThat(outcomes).hasSize(2).allMatch(outcome -> outcome instanceof Outcome.Failed<Void>);
        assertThat(memory.size()).isZero();
    }

    @Test
    void it_can_answer_with_too_few_outcomes_against_the_rules() {
        tier.inject(Fault.TOO_FEW_OUTCOMES);

        assertThat(join(tier.getAll(List.of("a", "b")))).hasSize(1);
    }

    @Test
    void latency_is_waited_before_the_work_is_done() {
        tier.latency(Duration.ofMillis(30), Duration.ofMillis(60), Operation.PUT);

        long begin = System.nanoTime();
        CompletableFuture<Void> put = tier.put("a", bytes("new"), TTL);
        assertThat(memory.size()).isZero();
        join(put);

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofMillis(30));
        assertThat(memory.size()).isEqualTo(1);
    }

    @Test
    void a_fault_for_some_operations_leaves_the_others_alone() {
        store("a");
        tier.inject(Fault.ERROR, 1, Operation.PUT, Operation.REMOVE);

        assertThat(join(tier.get("a"))).isEqualTo(bytes("value of a"));
        assertThat(tier.put("a", bytes("new"), TTL)).isCompletedExceptionally();
        assertThat(tier.remove("a")).isCompletedExceptionally();
    }

    @Test
    void one_fault_is_healed_without_the_others() {
        store("a");
        tier.inject(Fault.ERROR).inject(Fault.HANG);

        tier.heal(Fault.ERROR);
        CompletableFuture<byte[]> answer = tier.get("a");
        assertThat(answer).isNotDone();

        tier.heal(Fault.HANG);
        assertThat(answer).isCompletedWithValue(memory.get("a").join());
    }

    @Test
    void the_same_seed_gives_the_same_faults() {
        store("a");
        tier.inject(Fault.ERROR, 0.5);

        List<Boolean> first = failures(11);
        List<Boolean> second = failures(11);

        assertThat(second).isEqualTo(first).contains(true, false);
        assertThat(failures(12)).isNotEqualTo(first);
        assertThat(tier).hasToString("FaultyTier[MemoryTier[redis], seed 12]");
    }

    private List<Boolean> failures(long seed) {
        tier.seed(seed);
        List<Boolean> failures = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            failures.add(tier.get("a").isCompletedExceptionally());
        }
        return failures;
    }

    @Test
    void what_cannot_be_is_refused() {
        assertThatThrownBy(() -> tier.inject(Fault.BIT_FLIP, 1, Operation.PUT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("BIT_FLIP cannot happen to PUT");
        assertThatThrownBy(() -> tier.inject(Fault.ERROR, 1.1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tier.latency(Duration.ofMillis(2), Duration.ofMillis(1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tier.put("a", bytes("new"), Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
