package io.tiercel.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SlowDatabaseTest {
    private static final List<String> KEYS = List.of("1", "-7", "user:42");

    @Test
    void a_look_up_brings_the_row_of_its_key_and_of_no_other() throws Exception {
        try (SlowDatabase database = SlowDatabase.start(2)) {
            database.fill(KEYS, 5, rows -> {});

            for (String key : KEYS) {
                assertThat(database.load(key)).isNotNull().satisfies(row -> {
                    assertThat(row.belongsTo(key, 5)).isTrue();
                    assertThat(row.belongsTo(key, 6)).isFalse();
                    assertThat(row.belongsTo("other", 5)).isFalse();
                    assertThat(row.text()).hasSizeBetween(300, 310);
                });
            }
            assertThat(database.load("nobody")).isNull();
            assertThat(database.queries()).isEqualTo(4);
            assertThat(database.busy()).isPositive();
        }
    }

    @Test
    void filling_tells_how_far_it_is() throws Exception {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 2_500; i++) {
            keys.add(Integer.toString(i));
        }
        List<Long> told = new ArrayList<>();
        try (SlowDatabase database = SlowDatabase.start(1)) {
            database.fill(keys, 1, told::add);
        }

        assertThat(told).containsExactly(1_000L, 2_000L, 2_500L);
    }

    @Test
    void calibration_makes_a_look_up_about_as_slow_as_asked() throws Exception {
        try (SlowDatabase database = SlowDatabase.start(1)) {
            database.fill(KEYS, 1, rows -> {});

            Duration took = database.calibrate(KEYS, Duration.ofMillis(4));

            assertThat(took).isBetween(Duration.ofMillis(1), Duration.ofMillis(40));
            assertThat(database.queries()).as("calibration is not counted").isZero();
        }
    }

    @Test
    void the_codec_keeps_a_row_and_marks_when_it_was_read() {
        Row row = Row.of("user:42", Row.textOf("user:42", 9));
        RowCodec codec = new RowCodec();

        long before = System.nanoTime();
        Row read = codec.decode(ByteBuffer.wrap(codec.encode(row)));

        assertThat(read.belongsTo("user:42", 9)).isTrue();
        assertThat(read.madeAt() - before).isNotNegative();
    }
}
