import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tiercel.sidecar.resp.Request;
import io.tiercel.sidecar.resp.RequestDecoder;
import io.tiercel.sidecar.resp.RespLimits;
import io.tiercel.sidecar.resp.RespProtocolException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a coverage-guided fuzzer calls with bytes that lead it to new places of the request decoder. The first byte says
 * where the network cuts the rest; the requests must be the same as in one piece, nothing may throw but the protocol's own
 * exception, and what is held stays bounded.
 */
public final class RequestDecoderTarget {
    private static final RespLimits LIMITS =
            RespLimits.defaults().withArguments(64, 256).withBytes(4_096, 16_384, 1_024);

    private RequestDecoderTarget() {}

    /** The name and form are the fuzzer's. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < 2) {
            return;
        }
        byte[] bytes = Arrays.copyOfRange(input, 1, input.length);
        List<String> whole = decode(bytes, bytes.length);
        List<String> cut = decode(bytes, 1 + (input[0] & 0x3F));
        if (!whole.equals(cut)) {
            throw new IllegalStateException("in one piece " + whole + ", in pieces " + cut);
        }
    }

    private static List<String> decode(byte[] bytes, int piece) {
        List<String> found = new ArrayList<>();
        try (RequestDecoder decoder = new RequestDecoder(LIMITS, true)) {
            for (int at = 0; at < bytes.length; at += piece) {
                ByteBuf part = Unpooled.copiedBuffer(bytes, at, Math.min(piece, bytes.length - at));
                decoder.feed(part);
                for (Request request = decoder.next(); request != null; request = decoder.next()) {
                    StringBuilder text = new StringBuilder();
                    for (int i = 0; i < request.count(); i++) {
                        text.append(Arrays.toString(request.bytes(i)));
                    }
                    found.add(text.toString());
                }
                if (decoder.heldBytes() > 4 * 16_384 + bytes.length) {
                    throw new IllegalStateException("holds " + decoder.heldBytes() + " bytes");
                }
            }
        } catch (RespProtocolException e) {
            found.add(e.reply());
        }
        return found;
    }
}
