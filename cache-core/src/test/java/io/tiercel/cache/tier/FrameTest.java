package io.tiercel.cache.tier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameTest {
    private static final String KEY = "users:42";
    private static final long BORN = 1_790_000_000_000L;
    private static final long LONGEST = Duration.ofDays(3_650).toMillis();

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] payload(Frame frame) {
        ByteBuffer view = frame.payload();
        byte[] bytes = new byte[view.remaining()];
        view.get(bytes);
        return bytes;
    }

    private static Frame example() {
        return Frame.of(KEY, 3, BORN, 60_000, 90_000, "\"v1\"", utf8("the value"));
    }

    /** Puts the right checksum on bytes that were changed, as somebody would who writes frames by himself. */
    private static byte[] sealed(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(utf8(KEY));
        crc.update(bytes, 0, 28);
        crc.update(bytes, 32, bytes.length - 32);
        ByteBuffer.wrap(bytes).putInt(28, (int) crc.getValue());
        return bytes;
    }

    private static void assertRefused(byte[] bytes) {
        assertThatThrownBy(() -> Frame.read(KEY, bytes)).isInstanceOf(MalformedFrameException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void whatever_is_written_is_read_again(long seed) throws MalformedFrameException {
        Random random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            String key = text(random, 60);
            long hard = Math.floorMod(random.nextLong(), LONGEST + 1);
            long fresh = Math.floorMod(random.nextLong(), hard + 1);
            int codec = 1 + random.nextInt(255);
            long born = random.nextLong(BORN);
            String etag = random.nextInt(3) == 0 ? null : text(random, 40);
            byte[] value = random.nextInt(5) == 0 ? null : bytes(random, random.nextInt(500));

            Frame written = Frame.of(key, codec, born, fresh, hard, etag, value);
            Frame read = Frame.read(key, written.bytes());

            assertThat(read.codecId()).isEqualTo(codec);
            assertThat(read.bornMillis()).isEqualTo(born);
            assertThat(read.etag()).isEqualTo(etag);
            assertThat(read.isNegative()).isEqualTo(value == null);
            assertThat(read.isExpired()).isFalse();
            assertThat(payload(read)).isEqualTo(value == null ? new byte[0] : value);
            assertThat(payload(written)).isEqualTo(payload(read));
            long grain = hard > 0xFFFF_FFFFL ? 1_000 : 1;
            assertThat(read.hardMillisLeft(born)).isBetween(hard - grain + 1, hard);
            assertThat(read.freshMillisLeft(born)).isBetween(fresh - grain + 1, fresh);
            assertThat(read.freshMillisLeft(born)).isLessThanOrEqualTo(read.hardMillisLeft(born));
        }
    }

    private static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static String text(Random random, int longest) {
        return random.ints(random.nextInt(longest), 1, 0x2_0000)
                .filter(c -> c < 0xD800 || c > 0xDFFF)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    @Test
    void a_frame_cut_at_any_place_is_refused() {
        byte[] whole = example().bytes();

        for (int length = 0; length < whole.length; length++) {
            assertRefused(Arrays.copyOf(whole, length));
        }
    }

    @Test
    void a_frame_with_more_behind_it_is_refused() {
        byte[] whole = example().bytes();

        assertRefused(Arrays.copyOf(whole, whole.length + 1));
    }

    @Test
    void no_single_bit_may_flip() {
        byte[] whole = example().bytes();

        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] flipped = whole.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertRefused(flipped);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13})
    void garbage_is_refused_and_does_nothing_else(long seed) {
        Random random = new Random(seed);

        for (int i = 0; i < 20_000; i++) {
            byte[] garbage = bytes(random, random.nextInt(100));
            assertRefused(garbage);
            if (garbage.length >= 2) {
                garbage[0] = (byte) 0xC5;
                garbage[1] = 1;
                assertRefused(garbage);
            }
        }
    }

    private static Frame tagged(Provenance provenance) {
        return Frame.of(KEY, 3, BORN, 60_000, 90_000, null, provenance, utf8("the value"));
    }

    private static final Provenance TAGGED = new Provenance(Long.MIN_VALUE + 1, 77, List.of("team:7", "é", ""));

    @Test
    void what_ends_a_value_travels_with_it() throws MalformedFrameException {
        Frame read = Frame.read(KEY, tagged(TAGGED).bytes());

        assertThat(read.provenance()).isEqualTo(TAGGED);
        assertThat(payload(read)).isEqualTo(utf8("the value"));
        assertThat(Frame.read(KEY, read.expired(KEY).bytes()).provenance()).isEqualTo(TAGGED);
        assertThat(Frame.read(KEY, tagged(new Provenance(5, 0, List.of())).bytes())
                        .provenance())
                .isEqualTo(new Provenance(5, 0, List.of()));
    }

    @Test
    void a_frame_with_tags_cut_anywhere_is_refused_even_if_its_checksum_is_right() {
        byte[] whole = tagged(new Provenance(1, 77, List.of("team:7", "all"))).bytes();
        int behindTags = whole.length - utf8("the value").length;

        for (int length = 32; length < behindTags; length++) {
            assertRefused(sealed(Arrays.copyOf(whole, length)));
        }
        for (int length = 0; length < whole.length; length++) {
            assertRefused(Arrays.copyOf(whole, length));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 33, 128, 255})
    void a_frame_with_no_tags_where_it_says_there_are_or_with_too_many_is_refused(int count) {
        byte[] bytes = tagged(TAGGED).bytes().clone();
        bytes[40] = (byte) count;

        assertRefused(sealed(bytes));
    }

    @ParameterizedTest
    @ValueSource(ints = {257, 0x7FFF, 0xFFFF})
    void a_tag_of_an_entry_that_says_it_is_longer_than_any_is_refused(int length) {
        byte[] bytes = tagged(new Provenance(1, 77, List.of("x".repeat(256)))).bytes();
        byte[] longer = Arrays.copyOf(bytes, bytes.length + 70_000);
        ByteBuffer.wrap(longer).putShort(41, (short) length);

        assertRefused(sealed(longer));
    }

    @Test
    void as_many_and_as_long_tags_as_there_may_be_are_kept_and_no_more() throws MalformedFrameException {
        List<String> most = Collections.nCopies(Provenance.MOST_TAGS, "é".repeat(128));

        assertThat(Frame.read(KEY, tagged(new Provenance(1, 2, most)).bytes())
                        .provenance()
                        .tags())
                .isEqualTo(most);
        assertThatThrownBy(() -> new Provenance(1, 2, Collections.nCopies(Provenance.MOST_TAGS + 1, "x")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tagged(new Provenance(1, 2, List.of("x".repeat(257)))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tagged(new Provenance(1, 2, List.of("v\uD83D"))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {31, 32, 33})
    void garbage_where_tags_should_be_is_refused_or_within_the_limits(long seed) {
        Random random = new Random(seed);

        for (int i = 0; i < 20_000; i++) {
            byte[] garbage = bytes(random, 32 + random.nextInt(60));
            garbage[0] = (byte) 0xC5;
            garbage[1] = 1;
            garbage[2] = (byte) 128;
            if (garbage.length > 42 && random.nextBoolean()) {
                garbage[40] = (byte) (1 + random.nextInt(3));
                garbage[41] = 0;
                garbage[42] = (byte) random.nextInt(20);
            }
            sealed(garbage);
            try {
                Provenance provenance = Frame.read(KEY, garbage).provenance();
                assertThat(provenance.tags()).hasSizeBetween(1, Provenance.MOST_TAGS);
            } catch (MalformedFrameException e) {
                assertThat(e.getMessage()).isNotEmpty();
            }
        }
    }

    /** A checksum keeps out damage, not somebody who can write to the store: then every length must still be bounded. */
    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23})
    void garbage_with_a_right_checksum_is_refused_or_safe_to_use(long seed) {
        Random random = new Random(seed);

        for (int i = 0; i < 20_000; i++) {
            byte[] garbage = bytes(random, 32 + random.nextInt(40));
            garbage[0] = (byte) 0xC5;
            garbage[1] = 1;
            if (random.nextBoolean()) {
                garbage[2] &= 4 | 16 | 32 | 64;
            }
            sealed(garbage);
            try {
                Frame frame = Frame.read(KEY, garbage);
                assertThat(payload(frame).length).isLessThan(garbage.length);
                long now = random.nextLong();
                assertThat(frame.ageMillis(now)).isNotNegative();
                assertThat(frame.hardMillisLeft(now)).isLessThanOrEqualTo(0xFFFF_FFFFL * 1_000);
                assertThat(frame.freshMillisLeft(now)).isLessThanOrEqualTo(0xFFFF_FFFFL * 1_000);
                assertThat(frame.toString()).isNotEmpty();
            } catch (MalformedFrameException e) {
                assertThat(e.getMessage()).isNotEmpty();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"users:43", "users:4", "users:421", "", "Users:42", "orders:42"})
    void bytes_of_another_key_are_refused(String other) {
        byte[] bytes = example().bytes();

        assertThatThrownBy(() -> Frame.read(other, bytes))
                .isInstanceOf(MalformedFrameException.class)
                .hasMessageContaining("another key");
    }

    /** UTF-8 has no lone surrogates: getBytes writes a question mark for each. */
    @Test
    void keys_that_differ_only_in_a_lone_surrogate_are_told_apart() {
        byte[] bytes = Frame.of("k\uD800", 1, BORN, 1, 1, null, utf8("v")).bytes();

        assertThatThrownBy(() -> Frame.read("k\uDC00", bytes)).isInstanceOf(MalformedFrameException.class);
        assertThatThrownBy(() -> Frame.read("k?", bytes)).isInstanceOf(MalformedFrameException.class);
    }

    @Test
    void an_unknown_version_is_refused_even_if_it_is_whole() {
        byte[] bytes = example().bytes().clone();
        bytes[1] = 2;

        assertThatThrownBy(() -> Frame.read(KEY, sealed(bytes)))
                .isInstanceOf(MalformedFrameException.class)
                .hasMessage("version 2, expected 1");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void unknown_flags_are_refused_even_if_the_frame_is_whole(int flag) {
        byte[] bytes = example().bytes().clone();
        bytes[2] |= (byte) flag;

        assertThatThrownBy(() -> Frame.read(KEY, sealed(bytes)))
                .isInstanceOf(MalformedFrameException.class)
                .hasMessageContaining("flags");
    }

    @ParameterizedTest
    @ValueSource(ints = {14, 100, 1_025, 0x7FFF, 0x8000, 0xFFFF})
    void a_tag_that_says_it_is_longer_than_the_frame_is_refused(int claimed) {
        byte[] bytes = example().bytes().clone();
        ByteBuffer.wrap(bytes).putShort(32, (short) claimed);

        assertRefused(sealed(bytes));
    }

    @Test
    void a_frame_that_ends_inside_its_tags_length_is_refused() {
        byte[] bytes = Arrays.copyOf(example().bytes(), 33);

        assertRefused(sealed(bytes));
    }

    @Test
    void a_tag_longer_than_any_that_is_written_is_refused() {
        byte[] bytes = Arrays.copyOf(example().bytes(), 32 + 2 + 2_000);
        ByteBuffer.wrap(bytes).putShort(32, (short) 1_025);

        assertRefused(sealed(bytes));
    }

    @Test
    void a_tag_that_is_not_UTF_8_is_refused() {
        byte[] bytes = example().bytes().clone();
        bytes[34] = (byte) 0xFF;

        assertRefused(sealed(bytes));
    }

    @Test
    void a_tag_may_be_empty_and_up_to_1024_bytes() throws MalformedFrameException {
        for (String etag : new String[] {"", "x", "é".repeat(512)}) {
            Frame read = Frame.read(
                    KEY, Frame.of(KEY, 1, BORN, 1, 1, etag, new byte[0]).bytes());

            assertThat(read.etag()).isEqualTo(etag);
            assertThat(payload(read)).isEmpty();
        }
        assertThatThrownBy(() -> Frame.of(KEY, 1, BORN, 1, 1, "é".repeat(513), new byte[0]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1026");
    }

    @Test
    void a_tag_with_a_lone_surrogate_is_refused_rather_than_changed() {
        assertThatThrownBy(() -> Frame.of(KEY, 1, BORN, 1, 1, "v\uD83D", new byte[0]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("etag");
    }

    @Test
    void spans_beyond_49_days_are_kept_in_seconds() throws MalformedFrameException {
        long fresh = Duration.ofDays(60).toMillis() + 999;
        long hard = Duration.ofDays(3_650).toMillis() * 2;

        Frame read = Frame.read(
                KEY, Frame.of(KEY, 1, BORN, fresh, hard, null, new byte[1]).bytes());

        assertThat(read.freshMillisLeft(BORN)).isEqualTo(fresh - 999);
        assertThat(read.hardMillisLeft(BORN)).isEqualTo(hard);
    }

    @Test
    void the_longest_span_in_milliseconds_is_exact() throws MalformedFrameException {
        long longest = 0xFFFF_FFFFL;

        Frame read = Frame.read(
                KEY,
                Frame.of(KEY, 1, BORN, longest - 1, longest, null, new byte[1]).bytes());

        assertThat(read.freshMillisLeft(BORN)).isEqualTo(longest - 1);
        assertThat(read.hardMillisLeft(BORN)).isEqualTo(longest);
    }

    /** One second more than the format holds would wrap around to a life of no length. */
    @Test
    void a_span_that_the_format_cannot_hold_is_refused() {
        long tooLong = (0xFFFF_FFFFL + 1) * 1_000;

        assertThatThrownBy(() -> Frame.of(KEY, 1, BORN, 1, tooLong, null, new byte[1]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Frame.of(KEY, 1, BORN, 1, Long.MAX_VALUE, null, new byte[1]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_short_fresh_span_beside_a_long_hard_one_is_not_lost() throws MalformedFrameException {
        Frame read = Frame.read(
                KEY,
                Frame.of(KEY, 1, BORN, 1_500, Duration.ofDays(365).toMillis(), null, new byte[1])
                        .bytes());

        assertThat(read.freshMillisLeft(BORN)).isBetween(1_000L, 1_500L);
    }

    @Test
    void spans_run_out() throws MalformedFrameException {
        Frame frame = Frame.read(KEY, example().bytes());

        assertThat(frame.freshMillisLeft(BORN + 59_999)).isEqualTo(1);
        assertThat(frame.freshMillisLeft(BORN + 60_000)).isZero();
        assertThat(frame.freshMillisLeft(BORN + 61_000)).isEqualTo(-1_000);
        assertThat(frame.hardMillisLeft(BORN + 90_000)).isZero();
        assertThat(frame.ageMillis(BORN + 5)).isEqualTo(5);
    }

    @Test
    void a_birth_in_the_future_counts_as_now() throws MalformedFrameException {
        Frame frame = Frame.read(KEY, example().bytes());

        assertThat(frame.ageMillis(BORN - 3_600_000)).isZero();
        assertThat(frame.freshMillisLeft(BORN - 3_600_000)).isEqualTo(60_000);
        assertThat(frame.hardMillisLeft(BORN - 3_600_000)).isEqualTo(90_000);
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, Long.MAX_VALUE})
    void an_absurd_birth_never_prolongs_a_life(long born) throws MalformedFrameException {
        Frame frame = Frame.read(
                KEY, Frame.of(KEY, 1, born, 60_000, 90_000, null, new byte[1]).bytes());

        assertThat(frame.ageMillis(BORN)).isNotNegative();
        assertThat(frame.freshMillisLeft(BORN)).isLessThanOrEqualTo(60_000);
        assertThat(frame.hardMillisLeft(BORN)).isLessThanOrEqualTo(90_000);
        if (born < 0) {
            assertThat(frame.hardMillisLeft(BORN)).isNegative();
        }
    }

    @Test
    void fresh_before_hard_whatever_the_bytes_say() throws MalformedFrameException {
        byte[] bytes = example().bytes().clone();
        ByteBuffer.wrap(bytes).putInt(12, 90_001);

        assertRefused(sealed(bytes));
    }

    @Test
    void expired_by_hand_is_no_longer_fresh_but_lives_as_long() throws MalformedFrameException {
        Frame expired = Frame.read(KEY, example().expired(KEY).bytes());

        assertThat(expired.isExpired()).isTrue();
        assertThat(expired.freshMillisLeft(BORN)).isZero();
        assertThat(expired.freshMillisLeft(BORN + 61_000)).isEqualTo(-1_000);
        assertThat(expired.hardMillisLeft(BORN)).isEqualTo(90_000);
        assertThat(expired.etag()).isEqualTo("\"v1\"");
        assertThat(payload(expired)).isEqualTo(utf8("the value"));
        assertThat(example().isExpired()).isFalse();
    }

    @Test
    void the_header_tells_two_frames_of_one_key_apart() {
        byte[] header = example().header();

        assertThat(header).hasSize(32);
        assertThat(header).isEqualTo(Arrays.copyOf(example().bytes(), 32));
        assertThat(Frame.of(KEY, 3, BORN, 60_000, 90_000, "\"v1\"", utf8("the valuE"))
                        .header())
                .isNotEqualTo(header);
        assertThat(Frame.of(KEY, 3, BORN + 1, 60_000, 90_000, "\"v1\"", utf8("the value"))
                        .header())
                .isNotEqualTo(header);
        assertThat(example().expired(KEY).header()).isNotEqualTo(header);
    }

    @Test
    void no_value_and_an_empty_value_are_two_things() throws MalformedFrameException {
        assertThat(read(null).isNegative()).isTrue();
        assertThat(read(new byte[0]).isNegative()).isFalse();
    }

    @Test
    void a_frame_that_says_it_has_no_value_has_none() {
        byte[] bytes = example().bytes().clone();
        bytes[2] |= 4;

        assertRefused(sealed(bytes));
    }

    private static Frame read(byte @Nullable [] value) throws MalformedFrameException {
        return Frame.read(KEY, Frame.of(KEY, 1, BORN, 1, 1, null, value).bytes());
    }

    @Test
    void the_payload_begins_at_zero_of_its_view() throws MalformedFrameException {
        ByteBuffer payload = Frame.read(KEY, example().bytes()).payload();

        assertThat(payload.position()).isZero();
        assertThat(payload.remaining()).isEqualTo(9);
        assertThat(payload.arrayOffset()).isEqualTo(32 + 2 + 4);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 256, 1_000})
    void a_codec_id_that_one_byte_cannot_hold_is_refused(int codecId) {
        assertThatThrownBy(() -> Frame.of(KEY, codecId, BORN, 1, 1, null, new byte[0]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void spans_that_contradict_each_other_are_refused() {
        assertThatThrownBy(() -> Frame.of(KEY, 1, BORN, -1, 1, null, new byte[0]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Frame.of(KEY, 1, BORN, 2, 1, null, new byte[0]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** What is stored outlives the code that wrote it: these bytes were written once and must stay readable. */
    @Test
    void the_format_is_as_it_was_published() throws MalformedFrameException {
        byte[] bytes = ByteBuffer.allocate(32 + 2 + 2 + 1)
                .put((byte) 0xC5)
                .put((byte) 1)
                .put((byte) 64)
                .put((byte) 3)
                .putLong(BORN)
                .putInt(60_000)
                .putInt(90_000)
                .putLong(0)
                .putInt(0)
                .putShort((short) 2)
                .put(utf8("v1"))
                .put((byte) 'x')
                .array();

        assertThat(Frame.of(KEY, 3, BORN, 60_000, 90_000, "v1", utf8("x")).bytes())
                .isEqualTo(sealed(bytes));
        assertThat(Frame.read(KEY, bytes).etag()).isEqualTo("v1");
    }
}
