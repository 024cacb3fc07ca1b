package io.tiercel.sidecar.resp;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * How a pipeline uses the codec: one handler, replies gathered in one buffer for each read, and after the first error
 * one error reply and the end. It answers every request with its number of arguments.
 */
final class DecodingHandler extends ChannelInboundHandlerAdapter {
    private final RequestDecoder decoder;

    DecodingHandler(RespLimits limits, boolean authenticated) {
        decoder = new RequestDecoder(limits, authenticated);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        decoder.feed((ByteBuf) message);
        if (decoder.isClosed()) {
            return;
        }
        ByteBuf out = context.alloc().buffer();
        try {
            for (Request request = decoder.next(); request != null; request = decoder.next()) {
                Reply.integer(out, request.count());
            }
        } catch (RespProtocolException e) {
            Reply.error(out, e.reply());
            context.channel().config().setAutoRead(false);
            requireNonNull(context.writeAndFlush(out)).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        var unused = context.writeAndFlush(out);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        decoder.close();
        super.channelInactive(context);
    }
}
