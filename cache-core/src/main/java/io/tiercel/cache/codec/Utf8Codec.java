package io.tiercel.cache.codec;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Strings as UTF-8. Lone surrogates cannot be written in it and are refused, rather than stored as question marks. */
final class Utf8Codec implements Codec<String> {
    static final Utf8Codec INSTANCE = new Utf8Codec();

    private Utf8Codec() {}

    @Override
    public int id() {
        return 1;
    }

    @Override
    public byte[] encode(String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        if (isReplaced(value, bytes)) {
            throw new IllegalArgumentException("the string holds a lone surrogate, which UTF-8 cannot express");
        }
        return bytes;
    }

    /** getBytes writes '?' for what it cannot encode; only then is a second look worth its price. */
    private static boolean isReplaced(String value, byte[] bytes) {
        if (value.length() == bytes.length) {
            return !hasOnlyAscii(value);
        }
        return !StandardCharsets.UTF_8.newEncoder().canEncode(value);
    }

    private static boolean hasOnlyAscii(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) > 0x7F) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String decode(ByteBuffer payload) {
        CharsetDecoder strict = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        try {
            return strict.decode(payload).toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("not UTF-8", e);
        }
    }
}
