package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tiercel.sidecar.keyspace.LoopKeyspace;
import io.tiercel.sidecar.keyspace.RespArrays;
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

    /** The first that is an error; null if none is. */
    static byte @Nullable [] firstError(List<byte[]> replies) {
        for (byte[] reply : replies) {
            if (isError(reply)) {
                return reply;
            }
        }
        return null;
    }

    /** The first error, or the sum of the numbers. */
    static byte[] sum(List<byte[]> replies) {
        byte[] error = firstError(replies);
        return error == null
                ? integer(replies.stream().mapToLong(LoopKeyspace::number).sum())
                : error;
    }

    /** The elements of an array reply, each as bytes of the protocol; null if it is no array. */
    static @Nullable List<byte[]> elements(byte[] reply) {
        return reply[0] == '*' || reply[0] == '~' || reply[0] == '>' ? RespArrays.elements(reply) : null;
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
