package io.tiercel.cache.tier;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that remote tiers store: a 32-byte header, an optional etag, optional tags, the encoded value.
 *
 * <p>The whole life of an entry travels with it, so that a copy made late, from a deeper tier, ends when the original
 * does, and one draw of jitter holds everywhere. Ends are kept as a wall-clock time of birth and two spans; whoever
 * reads it turns what is left into its own monotonic time at once, so a clock that jumps later moves nothing. A birth in
 * the future (a clock that is ahead) counts as now.
 *
 * <p>The checksum covers the key as well as header and value, and the key is not stored: bytes that were written for
 * another key, by a store that mixed up its replies or by two keys that were mapped to one, fail it like bytes that were
 * damaged. UTF-8 has no lone surrogates; those of a key go into the checksum behind it, each with its place, as two bytes
 * and two bytes, or keys that differ only there would pass for each other. All numbers are big endian.
 *
 * <pre>
 * offset  bytes  content
 *      0      1  magic 0xC5
 *      1      1  version 1
 *      2      1  flags: 4 no value, 16 expired by hand, 32 spans in seconds, 64 has an etag, 128 tags
 *      3      1  codec id
 *      4      8  birth, milliseconds since 1970
 *     12      4  fresh span since birth, unsigned, ms or s
 *     16      4  hard span since birth, unsigned, ms or s
 *     20      8  generation, see {@link Provenance}
 *     28      4  CRC32C of the key in UTF-8, bytes 0..27 and everything from 32 on
 *     32      2  with flag 64: length of the etag, then the etag in UTF-8
 *      …      8  with flag 128: stamp, the state of all tags when the value was read from its source
 *      …      1  with flag 128: how many tags, then for each its length (2) and itself in UTF-8
 *      …         the encoded value
 * </pre>
 *
 * <p>Immutable; the array is shared and nobody changes it.
 */
public final class Frame {
    /** Length of the header, which tells two frames of one key apart: it holds the time of birth and the checksum. */
    public static final int HEADER = 32;

    private static final byte MAGIC = (byte) 0xC5;
    private static final byte VERSION = 1;
    private static final int NO_VALUE = 4;
    private static final int EXPIRED = 16;
    private static final int SECONDS = 32;
    private static final int ETAGGED = 64;
    private static final int TAGGED = 128;
    private static final int KNOWN_FLAGS = NO_VALUE | EXPIRED | SECONDS | ETAGGED | TAGGED;
    private static final int FRESH = 12;
    private static final int HARD = 16;
    private static final int GENERATION = 20;
    private static final int CHECKSUM = 28;
    private static final int LONGEST_ETAG = 1_024;
    private static final long LARGEST_SPAN = 0xFFFF_FFFFL;

    private final byte[] bytes;
    private final @Nullable String etag;
    private final Provenance provenance;
    private final int payload;

    private Frame(byte[] bytes, @Nullable String etag, Provenance provenance, int payload) {
        this.bytes = bytes;
        this.etag = etag;
        this.provenance = provenance;
        this.payload = payload;
    }

    /** Writes a frame of nothing that can be invalidated as a whole. */
    public static Frame of(
            String key,
            int codecId,
            long bornMillis,
            long freshMillis,
            long hardMillis,
            @Nullable String etag,
            byte @Nullable [] value) {
        return of(key, codecId, bornMillis, freshMillis, hardMillis, etag, Provenance.NONE, value);
    }

    /**
     * Writes a frame.
     *
     * @param key the stored key that it is for
     * @param codecId 1 to 255
     * @param bornMillis wall-clock time of birth, milliseconds since 1970
     * @param freshMillis how long it is fresh, in milliseconds, zero or more
     * @param hardMillis how long it may be used at all, in milliseconds, not less than {@code freshMillis}
     * @param etag an entity tag of at most 1,024 bytes, or null
     * @param value the encoded value, or null for the knowledge that there is none
     */
    public static Frame of(
            String key,
            int codecId,
            long bornMillis,
            long freshMillis,
            long hardMillis,
            @Nullable String etag,
            Provenance provenance,
            byte @Nullable [] value) {
        if (codecId < 1 || codecId > 255) {
            throw new IllegalArgumentException("codec id must be from 1 to 255: " + codecId);
        }
        if (freshMillis < 0 || hardMillis < freshMillis || hardMillis / 1_000 > LARGEST_SPAN) {
            throw new IllegalArgumentException("spans must be 0 <= fresh <= hard <= " + LARGEST_SPAN + " s: "
                    + freshMillis + " ms, " + hardMillis + " ms");
        }
        byte[] etagBytes = etag == null ? new byte[0] : bytes("etag", etag, LONGEST_ETAG);
        List<byte[]> tags = provenance.tags().stream()
                .map(tag -> bytes("tag", tag, Provenance.LONGEST_TAG))
                .toList();
        int tagsLength = tags.isEmpty()
                ? 0
                : 9 + tags.stream().mapToInt(tag -> 2 + tag.length).sum();
        int length =
                HEADER + (etag == null ? 0 : 2 + etagBytes.length) + tagsLength + (value == null ? 0 : value.length);
        boolean seconds = hardMillis > LARGEST_SPAN;
        int flags = (value == null ? NO_VALUE : 0)
                | (seconds ? SECONDS : 0)
                | (etag == null ? 0 : ETAGGED)
                | (tags.isEmpty() ? 0 : TAGGED);
        ByteBuffer out = ByteBuffer.allocate(length)
                .put(MAGIC)
                .put(VERSION)
                .put((byte) flags)
                .put((byte) codecId)
                .putLong(bornMillis)
                .putInt((int) (seconds ? freshMillis / 1_000 : freshMillis))
                .putInt((int) (seconds ? hardMillis / 1_000 : hardMillis))
                .putLong(provenance.generation())
                .putInt(0);
        if (etag != null) {
            out.putShort((short) etagBytes.length).put(etagBytes);
        }
        if (!tags.isEmpty()) {
            out.putLong(provenance.stamp()).put((byte) tags.size());
            tags.forEach(tag -> out.putShort((short) tag.length).put(tag));
        }
        int payload = out.position();
        if (value != null) {
            out.put(value);
        }
        out.putInt(CHECKSUM, checksum(key, out.array()));
        return new Frame(out.array(), etag, provenance, payload);
    }

    /**
     * Reads a frame. Nothing in the bytes is trusted before the checksum is right.
     *
     * @param key the stored key that was asked for
     * @throws MalformedFrameException if the bytes are not a whole frame of this key in a version that is known here
     */
    public static Frame read(String key, byte[] bytes) throws MalformedFrameException {
        if (bytes.length < HEADER) {
            throw new MalformedFrameException("shorter than a header: " + bytes.length + " bytes");
        }
        if (bytes[0] != MAGIC) {
            throw new MalformedFrameException("not written by this cache");
        }
        if (bytes[1] != VERSION) {
            throw new MalformedFrameException("version " + bytes[1] + ", expected " + VERSION);
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (in.getInt(CHECKSUM) != checksum(key, bytes)) {
            throw new MalformedFrameException("checksum is wrong: damaged, or written for another key");
        }
        int flags = bytes[2] & 0xFF;
        if ((flags & ~KNOWN_FLAGS) != 0) {
            throw new MalformedFrameException("unknown flags " + flags);
        }
        if (Integer.compareUnsigned(in.getInt(FRESH), in.getInt(HARD)) > 0) {
            throw new MalformedFrameException("fresh for longer than it lives");
        }
        in.position(HEADER);
        String etag = (flags & ETAGGED) != 0 ? text(in, "etag", LONGEST_ETAG) : null;
        Provenance provenance = provenance(in, (flags & TAGGED) != 0);
        if ((flags & NO_VALUE) != 0 && in.hasRemaining()) {
            throw new MalformedFrameException("a value where it says there is none");
        }
        return new Frame(bytes, etag, provenance, in.position());
    }

    private static Provenance provenance(ByteBuffer in, boolean tagged) throws MalformedFrameException {
        long generation = in.getLong(GENERATION);
        if (!tagged) {
            return generation == 0 ? Provenance.NONE : new Provenance(generation, 0, List.of());
        }
        if (in.remaining() < 9) {
            throw new MalformedFrameException("shorter than its stamp");
        }
        long stamp = in.getLong();
        int count = in.get() & 0xFF;
        if (count == 0 || count > Provenance.MOST_TAGS) {
            throw new MalformedFrameException(count + " tags");
        }
        List<String> tags = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            tags.add(text(in, "tag", Provenance.LONGEST_TAG));
        }
        return new Provenance(generation, stamp, tags);
    }

    private static String text(ByteBuffer in, String what, int longest) throws MalformedFrameException {
        if (in.remaining() < 2) {
            throw new MalformedFrameException("shorter than the length of its " + what);
        }
        int length = in.getShort() & 0xFFFF;
        if (length > longest || length > in.remaining()) {
            throw new MalformedFrameException(what + " of " + length + " bytes in a frame of " + in.limit());
        }
        ByteBuffer bytes = in.slice(in.position(), length);
        in.position(in.position() + length);
        try {
            // A new decoder reports what is malformed; that of String would write U+FFFD for it.
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw new MalformedFrameException(what + " is not UTF-8");
        }
    }

    private static byte[] bytes(String what, String text, int longest) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > longest) {
            throw new IllegalArgumentException(
                    what + " must be at most " + longest + " bytes of UTF-8: " + bytes.length);
        }
        if (hasLoneSurrogate(text)) {
            throw new IllegalArgumentException(what + " holds a lone surrogate, which UTF-8 cannot express");
        }
        return bytes;
    }

    private static boolean hasLoneSurrogate(String text) {
        return text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }

    private static int checksum(String key, byte[] bytes) {
        CRC32C crc = new CRC32C();
        byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
        crc.update(keyBytes, 0, keyBytes.length);
        addLoneSurrogates(crc, key);
        crc.update(bytes, 0, CHECKSUM);
        crc.update(bytes, HEADER, bytes.length - HEADER);
        return (int) crc.getValue();
    }

    private static void addLoneSurrogates(CRC32C crc, String key) {
        for (int i = 0; i < key.length(); i++) {
            char c = key.charAt(i);
            if (!Character.isSurrogate(c)) {
                continue;
            }
            if (Character.isHighSurrogate(c) && i + 1 < key.length() && Character.isLowSurrogate(key.charAt(i + 1))) {
                i++;
                continue;
            }
            crc.update(i >>> 8);
            crc.update(i);
            crc.update(c >>> 8);
            crc.update(c);
        }
    }

    /** This frame, marked as no longer fresh; its hard end stays. */
    public Frame expired(String key) {
        byte[] copy = bytes.clone();
        copy[2] |= EXPIRED;
        ByteBuffer.wrap(copy).putInt(CHECKSUM, checksum(key, copy));
        return new Frame(copy, etag, provenance, payload);
    }

    /** The bytes to store; not a copy. */
    public byte[] bytes() {
        return bytes;
    }

    /** The header alone, which tells this frame from every other of its key. */
    public byte[] header() {
        byte[] header = new byte[HEADER];
        System.arraycopy(bytes, 0, header, 0, HEADER);
        return header;
    }

    /** Which codec wrote the value, 0 to 255. */
    public int codecId() {
        return bytes[3] & 0xFF;
    }

    /** Whether it says that the key has no value. */
    public boolean isNegative() {
        return (bytes[2] & NO_VALUE) != 0;
    }

    /** Whether its fresh life was ended by hand. */
    public boolean isExpired() {
        return (bytes[2] & EXPIRED) != 0;
    }

    /** What the loader named this version of the value, or null when it named none. */
    public @Nullable String etag() {
        return etag;
    }

    /** What ends it beside its own life. */
    public Provenance provenance() {
        return provenance;
    }

    /** The checksum in its header, which with {@link #bornMillis} tells it from other frames of its key. */
    public int checksum() {
        return ByteBuffer.wrap(bytes).getInt(CHECKSUM);
    }

    /** The encoded value: a view of the stored bytes. */
    public ByteBuffer payload() {
        return ByteBuffer.wrap(bytes, payload, bytes.length - payload).slice();
    }

    /** Wall-clock time of birth, milliseconds since 1970. */
    public long bornMillis() {
        return ByteBuffer.wrap(bytes).getLong(4);
    }

    /** Milliseconds since birth by this machine's wall clock, never negative. */
    public long ageMillis(long nowMillis) {
        long born = bornMillis();
        if (born >= nowMillis) {
            return 0;
        }
        long age = nowMillis - born;
        // A birth before all time, which only damage can write, is infinitely long ago and not in the future.
        return age < 0 ? Long.MAX_VALUE : age;
    }

    /** Milliseconds of fresh life that are left, zero or negative when it is over; an end by hand is zero. */
    public long freshMillisLeft(long nowMillis) {
        long left = span(FRESH) - ageMillis(nowMillis);
        return isExpired() ? Math.min(0, left) : left;
    }

    /** Milliseconds of any life that are left, zero or negative when it is over. */
    public long hardMillisLeft(long nowMillis) {
        return span(HARD) - ageMillis(nowMillis);
    }

    private long span(int offset) {
        long span = ByteBuffer.wrap(bytes).getInt(offset) & 0xFFFF_FFFFL;
        return (bytes[2] & SECONDS) != 0 ? span * 1_000 : span;
    }

    @Override
    public String toString() {
        return "Frame[codec=" + codecId() + ", " + bytes.length + " bytes]";
    }
}
