package io.tiercel.cache.fleet;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * The keys that one instance reads most, as it tells the others: those that start fetch them before they serve anybody,
 * and when it leaves the others take over what only it held. No values.
 *
 * <p>As bytes it is a header of {@value #HEADER} bytes and behind it the keys, deflated. All numbers of the header are
 * big-endian: magic {@code 'H'}, version, flags (1: the last list of an instance that leaves), when it was made
 * (milliseconds since 1970, 8 bytes), hit ratio (2 bytes, in ten-thousandths, 65535 for unknown), how many keys (4), how
 * many bytes they are once inflated (4). A key is its length, its bytes, the bits of its score as a float, the bytes of
 * its value, and how many milliseconds it had to live, 0 for without end; lengths and times are varints of seven bits a
 * byte, the lowest first. Whoever reads it trusts nothing: what it claims is bounded before memory is taken for it, and
 * by what so many bytes can inflate to.
 *
 * <p>Lives are told relative to the moment at which the list was made. The clocks of two instances may differ, so a
 * reader who knows by the store's clock how old the list is says so, see {@link #madeAt(long)}.
 *
 * <p>Immutable.
 */
public final class HotList {
    /** Most keys of a list. */
    public static final int MOST_KEYS = 100_000;

    /** Longest key, in bytes; longer ones are not listed. */
    public static final int LONGEST_KEY = 1_024;

    /** How long a list is worth anything after it was made. */
    public static final Duration FRESH = Duration.ofMinutes(2);

    /** Longest list as bytes. */
    public static final int LONGEST = 8 << 20;

    static final int HEADER = 21;
    private static final byte MAGIC = 'H';
    private static final byte VERSION = 2;
    private static final int FINAL = 1;
    private static final int UNKNOWN_RATIO = 0xFFFF;
    private static final int MOST_INFLATED = 64 << 20;
    /** What no deflated byte exceeds, by RFC 1951: a match of 258 bytes takes two bits at the least. */
    private static final int MOST_RATIO = 1_032;

    private static final int SMALLEST_ENTRY = 1 + 1 + Float.BYTES + 1 + 1;

    private final List<HotKey> keys;
    private final long madeAt;
    private final boolean isFinal;
    private final double hitRatio;

    private HotList(List<HotKey> keys, long madeAt, boolean isFinal, double hitRatio) {
        this.keys = keys;
        this.madeAt = madeAt;
        this.isFinal = isFinal;
        this.hitRatio = hitRatio;
    }

    /**
     * A list of this instance.
     *
     * @param keys the hottest first, {@value #MOST_KEYS} at most
     * @param madeAt now, in milliseconds since 1970
     * @param isFinal whether the instance is about to leave
     * @param hitRatio what share of its reads memory answers, from 0 to 1; NaN if unknown
     */
    public static HotList of(List<HotKey> keys, long madeAt, boolean isFinal, double hitRatio) {
        if (keys.size() > MOST_KEYS) {
            throw new IllegalArgumentException("keys must be " + MOST_KEYS + " at most: " + keys.size());
        }
        if (hitRatio < 0 || hitRatio > 1) {
            throw new IllegalArgumentException("hitRatio must be from 0 to 1: " + hitRatio);
        }
        return new HotList(List.copyOf(keys), madeAt, isFinal, hitRatio);
    }

    /** What a key is worth by its place in an order, from 1: as if reads followed Zipf's law. */
    public static double score(int rank) {
        return 1.0 / rank;
    }

    /** The keys, the hottest first. */
    public List<HotKey> keys() {
        return keys;
    }

    /** When it was made, in milliseconds since 1970. */
    public long madeAt() {
        return madeAt;
    }

    /** Whether its instance is about to leave. */
    public boolean isFinal() {
        return isFinal;
    }

    /** What share of its reads the instance answered from memory, from 0 to 1; NaN if unknown. */
    public double hitRatio() {
        return hitRatio;
    }

    /** Whether it is young enough to be of use. */
    public boolean isFreshAt(long now) {
        return now - madeAt < FRESH.toMillis();
    }

    /** The same list as made at that moment by the reader's clock, with the lives of keys moved along. */
    public HotList madeAt(long moment) {
        long shift = moment - madeAt;
        List<HotKey> moved = keys.stream()
                .map(key -> key.endsAt() == 0 ? key : key.endingAt(Math.max(1, key.endsAt() + shift)))
                .toList();
        return new HotList(moved, moment, isFinal, hitRatio);
    }

    /**
     * What all of them know together: those first that stand high in many.
     *
     * @param most keys at most
     */
    public static List<HotKey> merge(Collection<HotList> lists, int most) {
        Map<ByteBuffer, HotKey> merged = new HashMap<>();
        for (HotList list : lists) {
            for (HotKey key : list.keys()) {
                merged.merge(ByteBuffer.wrap(key.key()), key, HotKey::and);
            }
        }
        return merged.values().stream()
                .sorted(Comparator.comparingDouble(HotKey::score).reversed())
                .limit(most)
                .toList();
    }

    // ---- as bytes

    /** For the store; see above. */
    public byte[] encode() {
        ByteArrayOutputStream body = new ByteArrayOutputStream(keys.size() * 32);
        ByteBuffer score = ByteBuffer.allocate(Float.BYTES);
        for (HotKey key : keys) {
            varint(body, key.key().length);
            body.writeBytes(key.key());
            body.writeBytes(score.putFloat(0, (float) key.score()).array());
            varint(body, key.bytes());
            varint(body, key.endsAt() == 0 ? 0 : Math.max(1, key.endsAt() - madeAt));
        }
        byte[] plain = body.toByteArray();
        Deflater deflater = new Deflater(Deflater.BEST_SPEED);
        try {
            deflater.setInput(plain);
            deflater.finish();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(HEADER + plain.length / 2);
            bytes.writeBytes(header(plain.length).array());
            byte[] some = new byte[8 << 10];
            while (!deflater.finished()) {
                bytes.write(some, 0, deflater.deflate(some));
            }
            return bytes.toByteArray();
        } finally {
            deflater.end();
        }
    }

    private ByteBuffer header(int inflated) {
        return ByteBuffer.allocate(HEADER)
                .put(MAGIC)
                .put(VERSION)
                .put((byte) (isFinal ? FINAL : 0))
                .putLong(madeAt)
                .putShort((short) (Double.isNaN(hitRatio) ? UNKNOWN_RATIO : Math.round(hitRatio * 10_000)))
                .putInt(keys.size())
                .putInt(inflated);
    }

    private static void varint(ByteArrayOutputStream out, long value) {
        long rest = value;
        while (rest > 0x7F) {
            out.write((int) (rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    /**
     * From the store.
     *
     * @throws MalformedHotListException if it is no list, or one that claims more than a list may hold
     */
    public static HotList decode(byte[] bytes) throws MalformedHotListException {
        if (bytes.length < HEADER || bytes.length > LONGEST) {
            throw new MalformedHotListException("a list has " + HEADER + " to " + LONGEST + " bytes: " + bytes.length);
        }
        ByteBuffer header = ByteBuffer.wrap(bytes, 0, HEADER);
        if (header.get() != MAGIC || header.get() != VERSION) {
            throw new MalformedHotListException("not of this format and version");
        }
        boolean isFinal = (header.get() & FINAL) != 0;
        long madeAt = header.getLong();
        int ratio = Short.toUnsignedInt(header.getShort());
        if (ratio > 10_000 && ratio != UNKNOWN_RATIO) {
            throw new MalformedHotListException("a hit ratio of more than 1");
        }
        int count = header.getInt();
        int inflated = header.getInt();
        if (count < 0 || count > MOST_KEYS) {
            throw new MalformedHotListException("a list has 0 to " + MOST_KEYS + " keys: " + count);
        }
        long possible = Math.min(MOST_INFLATED, (long) (bytes.length - HEADER) * MOST_RATIO);
        if (inflated < (long) count * SMALLEST_ENTRY || inflated > possible) {
            throw new MalformedHotListException("so many keys and bytes do not inflate to " + inflated);
        }
        ByteBuffer body = ByteBuffer.wrap(inflated(bytes, inflated));
        List<HotKey> keys = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            keys.add(key(body, madeAt));
        }
        if (body.hasRemaining()) {
            throw new MalformedHotListException("bytes behind the last key");
        }
        double hitRatio = ratio == UNKNOWN_RATIO ? Double.NaN : ratio / 10_000.0;
        return new HotList(List.copyOf(keys), madeAt, isFinal, hitRatio);
    }

    private static byte[] inflated(byte[] bytes, int length) throws MalformedHotListException {
        byte[] plain = new byte[length];
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(bytes, HEADER, bytes.length - HEADER);
            int done = 0;
            while (done < length && !inflater.finished()) {
                int now = inflater.inflate(plain, done, length - done);
                if (now == 0 && !inflater.finished()) {
                    throw new MalformedHotListException("cut off");
                }
                done += now;
            }
            // The end, and the checksum behind it, may still have to be read.
            if (done != length || (!inflater.finished() && inflater.inflate(new byte[1]) > 0) || !inflater.finished()) {
                throw new MalformedHotListException("does not inflate to the bytes that it claims");
            }
            return plain;
        } catch (DataFormatException e) {
            throw new MalformedHotListException("cannot be inflated: " + e.getMessage());
        } finally {
            inflater.end();
        }
    }

    private static HotKey key(ByteBuffer body, long madeAt) throws MalformedHotListException {
        long length = varint(body);
        if (length < 1 || length > LONGEST_KEY || body.remaining() < length + Float.BYTES) {
            throw new MalformedHotListException("a key of " + length + " bytes");
        }
        byte[] key = new byte[(int) length];
        body.get(key);
        float score = body.getFloat();
        long bytes = varint(body);
        long life = varint(body);
        if (!(score > 0) || Float.isInfinite(score) || bytes > Integer.MAX_VALUE) {
            throw new MalformedHotListException("a score or a size that cannot be");
        }
        return HotKey.of(key, score, (int) bytes, life == 0 ? 0 : Math.max(1, madeAt + life));
    }

    private static long varint(ByteBuffer body) throws MalformedHotListException {
        long value = 0;
        for (int shift = 0; shift < 49 && body.hasRemaining(); shift += 7) {
            byte next = body.get();
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new MalformedHotListException("a number that does not end");
    }

    @Override
    public String toString() {
        return "HotList[" + keys.size() + " keys" + (isFinal ? ", the last" : "") + "]";
    }
}
