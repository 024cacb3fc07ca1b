package io.tiercel.cache.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

class HotListTest {
    private static final long NOW = 1_700_000_000_000L;

    @Test
    void a_list_comes_back_as_it_was_written() throws Exception {
        Random random = new Random(5);
        List<HotKey> keys = new ArrayList<>();
        for (int rank = 1; rank <= 10_000; rank++) {
            byte[] key = new byte[1 + random.nextInt(40)];
            random.nextBytes(key);
            long end = rank % 3 == 0 ? 0 : NOW + 1 + random.nextInt(1_000_000);
            keys.add(HotKey.of(key, (float) HotList.score(rank), random.nextInt(2_000_000), end));
        }

        HotList read = HotList.decode(HotList.of(keys, NOW, true, 0.8125).encode());

        assertThat(read.keys()).isEqualTo(keys);
        assertThat(read.madeAt()).isEqualTo(NOW);
        assertThat(read.isFinal()).isTrue();
        assertThat(read.hitRatio()).isEqualTo(0.8125);
        HotList empty =
                HotList.decode(HotList.of(List.of(), NOW, false, Double.NaN).encode());
        assertThat(empty.keys()).isEmpty();
        assertThat(empty.isFinal()).isFalse();
        assertThat(empty.hitRatio()).isNaN();
    }

    @Test
    void it_is_fresh_for_two_minutes() {
        HotList list = HotList.of(List.of(), NOW, false, Double.NaN);

        assertThat(list.isFreshAt(NOW + 119_999)).isTrue();
        assertThat(list.isFreshAt(NOW + 120_000)).isFalse();
    }

    @Test
    void ends_of_lives_move_with_the_readers_clock() {
        HotList list = HotList.of(List.of(key("a", 1, 10, NOW + 20_000), key("b", 1, 10, 0)), NOW, false, Double.NaN);

        HotList here = list.madeAt(NOW + 3_600_000);

        assertThat(here.keys().get(0).endsWithin(20_001, NOW + 3_600_000)).isTrue();
        assertThat(here.keys().get(0).endsWithin(20_000, NOW + 3_600_000)).isFalse();
        assertThat(here.keys().get(1).endsAt()).isZero();
    }

    @Test
    void what_stands_high_in_many_lists_comes_first_when_they_are_merged() {
        HotList one = HotList.of(List.of(key("a", 1, 10, 5), key("b", .5, 10, 5), key("c", .25, 10, 5)), NOW, false, 0);
        HotList two = HotList.of(List.of(key("c", 1, 30, 9), key("b", .6, 10, 0), key("d", .1, 1, 1)), NOW, false, 0);

        List<HotKey> merged = HotList.merge(List.of(one, two), 3);

        assertThat(merged.stream().map(key -> new String(key.key(), UTF_8))).containsExactly("c", "b", "a");
        assertThat(merged.get(0).score()).isEqualTo(1.25);
        assertThat(merged.get(0).bytes()).isEqualTo(30);
        assertThat(merged.get(0).endsAt()).isEqualTo(9);
        assertThat(merged.get(1).endsAt()).isZero();
    }

    @Test
    void every_cut_and_every_changed_byte_gives_a_list_or_a_refusal_and_nothing_else() {
        byte[] whole = HotList.of(List.of(key("first", 1, 100, NOW + 5), key("second", .5, 7, 0)), NOW, false, .5)
                .encode();
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> HotList.decode(cut)).isInstanceOf(MalformedHotListException.class);
        }
        Random random = new Random(11);
        for (int i = 0; i < 20_000; i++) {
            byte[] changed = whole.clone();
            for (int n = random.nextInt(3); n >= 0; n--) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt();
            }
            assertThat(isListOrRefused(changed)).isTrue();
        }
    }

    private static boolean isListOrRefused(byte[] bytes) {
        try {
            return HotList.decode(bytes).keys().size() <= HotList.MOST_KEYS;
        } catch (MalformedHotListException e) {
            return true;
        }
    }

    @Test
    void claims_that_cannot_be_are_refused_before_memory_is_taken_for_them() {
        assertRefused(forged(HotList.MOST_KEYS + 1, 100, new byte[100]), "0 to 100000 keys");
        assertRefused(forged(-1, 100, new byte[100]), "0 to 100000 keys");
        // A gigabyte that 100 bytes cannot inflate to.
        assertRefused(forged(1, 1 << 30, new byte[100]), "do not inflate");
        assertRefused(forged(1, -1, new byte[100]), "do not inflate");
        // One that they can: a bomb.
        assertRefused(forged(1, 65 << 20, new byte[65 << 20]), "do not inflate");
        // More than is claimed, and less.
        assertRefused(forged(0, 99, new byte[100]), "does not inflate to the bytes");
        assertRefused(forged(1, 101, new byte[100]), "does not inflate to the bytes");
        assertRefused(forged(0, 100, new byte[100]), "behind the last key");
    }

    @Test
    void keys_that_cannot_be_are_refused() {
        assertRefused(forged(1, 8, new byte[] {0, 63, 0, 0, 0, 1, 1, 1}), "a key of 0 bytes");
        assertRefused(forged(1, 8, new byte[] {100, 'k', 63, 0, 0, 0, 1, 1}), "a key of 100 bytes");
        assertRefused(forged(1, 8, new byte[] {1, 'k', (byte) 0xBF, 0, 0, 0, 1, 1}), "a score");
        assertRefused(forged(1, 8, new byte[] {1, 'k', 0x7F, (byte) 0xC0, 0, 0, 1, 1}), "a score");
        assertRefused(forged(1, 8, new byte[] {1, 'k', 63, 0, 0, 0, (byte) 0x80, (byte) 0x80}), "does not end");
    }

    private static void assertRefused(byte[] bytes, String why) {
        assertThatThrownBy(() -> HotList.decode(bytes))
                .isInstanceOf(MalformedHotListException.class)
                .hasMessageContaining(why);
    }

    /** A list with a true checksum whose header claims what it likes. */
    private static byte[] forged(int count, int inflated, byte[] body) {
        Deflater deflater = new Deflater();
        deflater.setInput(body);
        deflater.finish();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(ByteBuffer.allocate(HotList.HEADER)
                .put((byte) 'H')
                .put((byte) 2)
                .put((byte) 0)
                .putLong(NOW)
                .putShort((short) 0)
                .putInt(count)
                .putInt(inflated)
                .array());
        byte[] some = new byte[1 << 16];
        while (!deflater.finished()) {
            bytes.write(some, 0, deflater.deflate(some));
        }
        deflater.end();
        return bytes.toByteArray();
    }

    private static HotKey key(String key, double score, int bytes, long end) {
        return HotKey.of(key.getBytes(UTF_8), score, bytes, end);
    }
}
