package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Replies as bytes, to be made and taken apart again. */
final class Replies {
    static final byte[] OK = "+OK\r\n".getBytes(US_ASCII);

    private Replies() {}

    /** What somebody writes. */
    static byte[] of(Consumer<ByteBuf> writer) {
        ByteBuf buffer = Unpooled.buffer(64);
        try {
            writer.accept(buffer);
            byte[] bytes = new byte[buffer.readableBytes()];
            buffer.readBytes(bytes);
            return bytes;
        } finally {
            buffer.release();
        }
    }

    static byte[] integer(long number) {
        return (":" + number + "\r\n").getBytes(US_ASCII);
    }

    static boolean isError(byte[] reply) {
        return reply[0] == '-';
    }

    /** The elements of an array reply, each as bytes of the protocol; null if it is no array. */
    static @Nullable List<byte[]> elements(byte[] reply) {
        if (reply[0] != '*' && reply[0] != '~' && reply[0] != '>') {
            return null;
        }
        List<byte[]> elements = new ArrayList<>();
        int at = lineEnd(reply, 0);
        while (at < reply.length) {
            int end = valueEnd(reply, at);
            elements.add(Arrays.copyOfRange(reply, at, end));
            at = end;
        }
        return elements;
    }

    private static int valueEnd(byte[] reply, int from) {
        int at = from;
        for (long missing = 1; missing > 0; missing--) {
            int next = lineEnd(reply, at);
            switch (reply[at]) {
                case '$', '=', '!' -> {
                    int length = (int) number(reply, at);
                    at = length < 0 ? next : next + length + 2;
                }
                case '*', '~', '>' -> {
                    missing += Math.max(0, number(reply, at));
                    at = next;
                }
                case '%' -> {
                    missing += 2 * Math.max(0, number(reply, at));
                    at = next;
                }
                default -> at = next;
            }
        }
        return at;
    }

    private static int lineEnd(byte[] reply, int from) {
        int at = from;
        while (reply[at] != '\n') {
            at++;
        }
        return at + 1;
    }

    private static long number(byte[] reply, int at) {
        return Long.parseLong(new String(reply, at + 1, lineEnd(reply, at) - at - 3, US_ASCII));
    }

    /** An array of elements that are bytes of the protocol already. */
    static byte[] array(List<byte[]> elements) {
        byte[] header = ("*" + elements.size() + "\r\n").getBytes(US_ASCII);
        int length = header.length;
        for (byte[] element : elements) {
            length = Math.addExact(length, element.length);
        }
        byte[] array = Arrays.copyOf(header, length);
        int at = header.length;
        for (byte[] element : elements) {
            System.arraycopy(element, 0, array, at, element.length);
            at += element.length;
        }
        return array;
    }
}
