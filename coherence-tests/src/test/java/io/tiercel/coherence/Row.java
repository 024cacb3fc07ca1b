package io.tiercel.coherence;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A value that says what it is: {@code key:version:writer:padding:checksum}. One that was written for another key, is cut
 * or is made of two is none.
 */
record Row(String key, int version, int writer) {
    private static final String PADDING = "tiercel".repeat(60);

    String encode() {
        int length = ThreadLocalRandom.current().nextInt(20, PADDING.length());
        String text = key + ":" + version + ":" + writer + ":" + PADDING.substring(0, length);
        return text + ":" + checksum(text);
    }

    /** The row in the text if it is one of that key, else null. */
    static @Nullable Row decode(String key, String text) {
        int colon = text.lastIndexOf(':');
        String[] parts = text.split(":", 5);
        if (colon < 0 || parts.length != 5 || !parts[0].equals(key)) {
            return null;
        }
        try {
            return checksum(text.substring(0, colon)) == Long.parseLong(text.substring(colon + 1))
                    ? new Row(key, Integer.parseInt(parts[1]), Integer.parseInt(parts[2]))
                    : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static long checksum(String text) {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return crc.getValue();
    }
}
