package io.tiercel.sidecar.keyspace;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Takes array replies apart. */
public final class RespArrays {
    private RespArrays() {}

    /**
     * The elements of an array, each as bytes of the protocol.
     *
     * @param reply a whole reply that is an array, a set or a push
     */
    public static List<byte[]> elements(byte[] reply) {
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
}
