package io.tiercel.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class TraceTest {
    private static final List<String> KEYS = List.of("1", "-268435455", "2034483712", "7", "7", "65536");

    @TempDir
    Path directory = Path.of("");

    enum Packing {
        NONE,
        GZIP,
        XZ;

        byte[] pack(byte[] bytes) throws IOException {
            ByteArrayOutputStream packed = new ByteArrayOutputStream();
            try (OutputStream out = open(packed)) {
                out.write(bytes);
            }
            return packed.toByteArray();
        }

        private OutputStream open(OutputStream out) throws IOException {
            return switch (this) {
                case NONE -> out;
                case GZIP -> new GZIPOutputStream(out);
                case XZ -> new XZOutputStream(out, new LZMA2Options());
            };
        }
    }

    @ParameterizedTest
    @EnumSource(Packing.class)
    void integers_of_32_bits_are_read_and_recognized(Packing packing) throws IOException {
        Path file = file(packing.pack(int32(KEYS)));

        assertThat(read(file, null)).isEqualTo(KEYS);
        assertThat(read(file, TraceFormat.INT32)).isEqualTo(KEYS);
    }

    @ParameterizedTest
    @EnumSource(Packing.class)
    void integers_of_64_bits_are_recognized_by_their_empty_high_halves(Packing packing) throws IOException {
        List<String> small = List.of("1", "2034483712", "0", "7");

        assertThat(read(file(packing.pack(int64(small))), null)).isEqualTo(small);
    }

    @ParameterizedTest
    @EnumSource(Packing.class)
    void integers_of_64_bits_are_read_when_the_flag_says_so(Packing packing) throws IOException {
        List<String> large = List.of("9007199254740993", "-1", "0");

        assertThat(read(file(packing.pack(int64(large))), TraceFormat.INT64)).isEqualTo(large);
    }

    @ParameterizedTest
    @EnumSource(Packing.class)
    void text_is_recognized_and_its_blank_lines_are_passed_over(Packing packing) throws IOException {
        byte[] text = "user:1\r\n\n  user:2\n\nuser:1".getBytes(StandardCharsets.US_ASCII);

        assertThat(read(file(packing.pack(text)), null)).containsExactly("user:1", "user:2", "user:1");
    }

    @Test
    void text_beyond_ascii_is_read_when_the_flag_says_so() throws IOException {
        Path file = file("größe\n大\n".getBytes(StandardCharsets.UTF_8));

        assertThat(read(file, TraceFormat.LINES)).containsExactly("größe", "大");
    }

    @ParameterizedTest
    @EnumSource(Packing.class)
    void an_empty_trace_is_refused(Packing packing) throws IOException {
        assertThatThrownBy(() -> read(file(packing.pack(new byte[0])), null))
                .isInstanceOf(TraceException.class)
                .hasMessage("the trace keys.trace is empty: expected at least one key");
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT32", "INT64"})
    void a_last_key_that_is_cut_off_is_named_by_its_place(TraceFormat format) throws IOException {
        byte[] whole = format == TraceFormat.INT32 ? int32(KEYS) : int64(KEYS);
        int keyLength = whole.length / KEYS.size();

        assertThatThrownBy(() -> read(file(Arrays.copyOf(whole, whole.length - 1)), format))
                .isInstanceOf(TraceException.class)
                .hasMessage("the trace keys.trace is cut off: the key at byte " + (whole.length - keyLength) + " has "
                        + (keyLength - 1) + " bytes, expected " + keyLength);
    }

    @ParameterizedTest
    @EnumSource(
            value = Packing.class,
            names = {"GZIP", "XZ"})
    void packed_data_that_is_cut_off_anywhere_is_refused_and_never_read_as_whole(Packing packing) throws IOException {
        byte[] packed = packing.pack(int32(KEYS));

        for (int length = 6; length < packed.length; length++) {
            Path file = file(Arrays.copyOf(packed, length));

            assertThatThrownBy(() -> read(file, TraceFormat.INT32))
                    .as("cut after %d of %d bytes", length, packed.length)
                    .isInstanceOf(TraceException.class)
                    .hasMessageStartingWith("the trace keys.trace ");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Packing.class,
            names = {"GZIP", "XZ"})
    void packed_data_with_a_changed_byte_is_read_right_or_refused(Packing packing) throws IOException {
        byte[] packed = packing.pack(int32(KEYS));
        for (int i = 0; i < packed.length; i++) {
            byte[] changed = packed.clone();
            changed[i] ^= 0x55;
            Path file = file(changed);

            List<String> keys;
            try {
                keys = read(file, null);
            } catch (TraceException e) {
                continue;
            }

            boolean unrecognized = i < 6; // no longer looks packed: then it is a trace like any other
            boolean decoration = packing == Packing.GZIP && i < 10; // time stamp and system in the header
            assertThat(unrecognized || decoration || keys.equals(KEYS))
                    .as("byte %d changed: %s", i, keys)
                    .isTrue();
        }
    }

    @Test
    void garbage_never_ends_as_anything_but_keys_or_a_refusal() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            byte[] garbage = new byte[random.nextInt(5_000)];
            random.nextBytes(garbage);
            Path file = file(garbage);
            for (TraceFormat format : TraceFormat.values()) {
                try {
                    assertThat(read(file, format)).as("seed %d", seed).doesNotContain("");
                } catch (TraceException e) {
                    assertThat(e).as("seed %d", seed).hasMessageContaining("keys.trace");
                }
            }
        }
    }

    @Test
    void a_line_that_does_not_end_is_refused() throws IOException {
        assertThatThrownBy(() ->
                        read(file("x".repeat(TraceReader.LONGEST_LINE + 1).getBytes(StandardCharsets.US_ASCII)), null))
                .isInstanceOf(TraceException.class)
                .hasMessage("line 1 of the trace keys.trace is longer than 512 bytes: expected one key a line");
    }

    @Test
    void text_that_is_no_utf_8_is_refused_with_its_line() throws IOException {
        assertThatThrownBy(() -> read(file(new byte[] {'a', '\n', (byte) 0xC3, '\n'}), TraceFormat.LINES))
                .isInstanceOf(TraceException.class)
                .hasMessage("line 2 of the trace keys.trace is not UTF-8 text");
    }

    @Test
    void a_file_that_is_not_there_is_named() {
        assertThatThrownBy(() -> Trace.of(directory.resolve("nowhere.xz"), null).open())
                .isInstanceOf(TraceException.class)
                .hasMessage("there is no trace " + directory.resolve("nowhere.xz"));
    }

    @Test
    void a_directory_is_no_trace() {
        assertThatThrownBy(() -> Trace.of(directory, null).open()).isInstanceOf(TraceException.class);
    }

    @Test
    void the_bundled_trace_has_the_keys_that_its_publisher_says() throws IOException {
        try (Feed feed = new Feed(Trace.bundled())) {
            Set<String> keys = feed.distinct(5_000_000, 100_000);

            assertThat(keys).hasSize(76_349);
            assertThat(feed.startedOver()).isFalse();
        }
    }

    @Test
    void a_feed_starts_over_at_the_end_of_the_trace() throws IOException {
        try (Feed feed = new Feed(Trace.of(file(int32(KEYS)), null))) {
            List<String> taken = feed.take(2 * KEYS.size() + 1);

            assertThat(taken).startsWith(KEYS.toArray(String[]::new)).endsWith("1");
            assertThat(taken.subList(KEYS.size(), 2 * KEYS.size())).isEqualTo(KEYS);
            assertThat(feed.startedOver()).isTrue();
        }
    }

    @Test
    void more_keys_than_the_database_takes_are_refused_before_they_fill_the_memory() throws IOException {
        try (Feed feed = new Feed(Trace.of(file(int32(KEYS)), null))) {
            assertThatThrownBy(() -> feed.distinct(6, 3))
                    .isInstanceOf(TraceException.class)
                    .hasMessageContaining("more than 3 keys in its first 4 requests")
                    .hasMessageEndingWith("lower --requests");
        }
    }

    private static List<String> read(Path file, @Nullable TraceFormat format) throws IOException {
        List<String> keys = new ArrayList<>();
        try (TraceReader reader = Trace.of(file, format).open()) {
            for (String key = reader.next(); key != null; key = reader.next()) {
                keys.add(key);
            }
        }
        return keys;
    }

    private Path file(byte[] bytes) throws IOException {
        return Files.write(directory.resolve("keys.trace"), bytes);
    }

    private static byte[] int32(List<String> keys) {
        ByteBuffer bytes = ByteBuffer.allocate(keys.size() * Integer.BYTES);
        keys.forEach(key -> bytes.putInt(Integer.parseInt(key)));
        return bytes.array();
    }

    private static byte[] int64(List<String> keys) {
        ByteBuffer bytes = ByteBuffer.allocate(keys.size() * Long.BYTES);
        keys.forEach(key -> bytes.putLong(Long.parseLong(key)));
        return bytes.array();
    }
}
