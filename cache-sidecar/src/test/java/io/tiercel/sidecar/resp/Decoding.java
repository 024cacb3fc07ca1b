package io.tiercel.sidecar.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A decoder under test, with an allocator of its own that tells to the byte what is held and what was leaked. */
final class Decoding {
    /** What came of some bytes: requests, as Latin-1 texts, one byte a character, and the error that ended them. */
    record Outcome(List<List<String>> requests, @Nullable String error) {}

    final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
    final RequestDecoder decoder;
    private final List<List<String>> requests = new ArrayList<>();
    private @Nullable String error;
    private int consumed;
    private long mostHeld;

    Decoding(RespLimits limits, boolean authenticated) {
        decoder = new RequestDecoder(limits, authenticated);
    }

    static Outcome of(byte[]... pieces) {
        return of(RespLimits.defaults(), true, pieces);
    }

    static Outcome of(RespLimits limits, boolean authenticated, byte[]... pieces) {
        Decoding decoding = new Decoding(limits, authenticated);
        for (byte[] piece : pieces) {
            decoding.feed(piece, 0, piece.length);
        }
        return decoding.end();
    }

    /** All bytes but cut before each of these indexes, which ascend. */
    static Outcome cut(RespLimits limits, boolean authenticated, byte[] bytes, int... cuts) {
        Decoding decoding = new Decoding(limits, authenticated);
        int from = 0;
        for (int cut : cuts) {
            decoding.feed(bytes, from, cut);
            from = cut;
        }
        decoding.feed(bytes, from, bytes.length);
        return decoding.end();
    }

    /** Gives it the bytes from one index up to another, and asks for requests until there are no more. */
    void feed(byte[] bytes, int from, int to) {
        decoder.feed(allocator.buffer(Math.max(1, to - from)).writeBytes(bytes, from, to - from));
        consumed += to - from;
        try {
            for (Request request = decoder.next(); request != null; request = decoder.next()) {
                requests.add(arguments(request));
            }
        } catch (RespProtocolException e) {
            if (error != null) {
                throw new AssertionError("a second error, after " + error, e);
            }
            error = e.reply();
        }
        mostHeld = Math.max(mostHeld, heldMemory());
        if (heldMemory() != decoder.heldBytes()) {
            throw new AssertionError("says it holds " + decoder.heldBytes() + ", holds " + heldMemory());
        }
    }

    private static List<String> arguments(Request request) {
        List<String> arguments = new ArrayList<>();
        for (int i = 0; i < request.count(); i++) {
            arguments.add(new String(request.bytes(i), ISO_8859_1));
        }
        return arguments;
    }

    int requestCount() {
        return requests.size();
    }

    @Nullable
    String error() {
        return error;
    }

    int consumed() {
        return consumed;
    }

    /** Bytes that the allocator has given out and not got back. */
    long heldMemory() {
        return allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory();
    }

    /** The most that was held between two reads. */
    long mostHeld() {
        return mostHeld;
    }

    /** Closes the decoder; what is still allocated after that is a leak. */
    Outcome end() {
        decoder.close();
        if (heldMemory() != 0) {
            throw new AssertionError(heldMemory() + " bytes leaked");
        }
        return new Outcome(List.copyOf(requests), error);
    }
}
