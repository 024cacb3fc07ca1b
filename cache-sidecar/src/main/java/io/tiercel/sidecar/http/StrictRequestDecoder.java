package io.tiercel.sidecar.http;

import static io.netty.handler.codec.http.HttpResponseStatus.BAD_REQUEST;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.tiercel.sidecar.http.HttpConfig.Limits;
import java.util.List;

/**
 * Netty's decoder without what it forgives and a proxy in front may read otherwise: lines folded into the header before
 * them, and a Content-Length beside a Transfer-Encoding. For one connection.
 */
final class StrictRequestDecoder extends HttpRequestDecoder {
    private final Runnable onBytes;
    private boolean inHead = true;
    private boolean broken;

    /** Whether what was left in the buffer begins behind the first line of a head. */
    private boolean behindFirstLine;

    /**
     * For a new connection.
     *
     * @param onBytes called when bytes arrive
     */
    StrictRequestDecoder(Limits limits, Runnable onBytes) {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(limits.line())
                .setMaxHeaderSize(limits.headers())
                .setStrictLineParsing(true));
        this.onBytes = onBytes;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
        onBytes.run();
        super.channelRead(ctx, msg);
    }

    /** Whether a part of the next request is here. */
    boolean begun() {
        return behindFirstLine || !inHead || actualReadableBytes() > 0;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf buffer, List<Object> out) throws Exception {
        if (broken) {
            buffer.skipBytes(buffer.readableBytes());
            return;
        }
        int begin = buffer.readerIndex();
        if (inHead && folds(buffer)) {
            broken = true;
            buffer.skipBytes(buffer.readableBytes());
            out.add(refusal("A header must not go on in a second line."));
            return;
        }
        int before = out.size();
        super.decode(ctx, buffer, out);
        if (out.size() > before) {
            Object last = out.get(out.size() - 1);
            inHead = last instanceof LastHttpContent;
            behindFirstLine = false;
            broken = last instanceof HttpRequest request
                    && request.decoderResult().isFailure();
        } else if (inHead && buffer.readerIndex() > begin) {
            behindFirstLine = buffer.getByte(buffer.readerIndex() - 1) == '\n' && !onlyLineEnds(buffer, begin);
        }
    }

    private boolean onlyLineEnds(ByteBuf buffer, int begin) {
        if (behindFirstLine) {
            return false;
        }
        for (int i = begin; i < buffer.readerIndex(); i++) {
            if (buffer.getByte(i) != '\r' && buffer.getByte(i) != '\n') {
                return false;
            }
        }
        return true;
    }

    /** Looks at the bytes of the head that are here, which begin at the beginning of a line. */
    private boolean folds(ByteBuf buffer) {
        int end = buffer.writerIndex();
        boolean header = behindFirstLine;
        int line = buffer.readerIndex();
        while (line < end) {
            byte first = buffer.getByte(line);
            if (header && (first == ' ' || first == '\t')) {
                return true;
            }
            int lineEnd = buffer.indexOf(line, end, (byte) '\n');
            if (lineEnd < 0) {
                return false;
            }
            boolean empty = lineEnd == line || (lineEnd == line + 1 && first == '\r');
            if (header && empty) {
                return false;
            }
            // Empty lines before the first are skipped by the decoder.
            header |= !empty;
            line = lineEnd + 1;
        }
        return false;
    }

    private static HttpRequest refusal(String detail) {
        HttpRequest invalid = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
        invalid.setDecoderResult(DecoderResult.failure(new ProblemException(BAD_REQUEST, detail)));
        return invalid;
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new IllegalArgumentException("Content-Length beside Transfer-Encoding");
    }
}
