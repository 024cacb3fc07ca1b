package io.tiercel.sidecar.http;

import static io.netty.handler.codec.http.HttpResponseStatus.GATEWAY_TIMEOUT;
import static io.netty.handler.codec.http.HttpResponseStatus.REQUEST_TIMEOUT;
import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.tiercel.sidecar.http.Gate.Admission;
import io.tiercel.sidecar.http.Gate.Peer;
import io.tiercel.sidecar.http.HttpConfig.Limits;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client. Its requests are answered one at a time, and nothing is read from it while one is: what a client sends
 * ahead waits in its own buffers. For the connection's event loop only.
 */
final class Connection extends ChannelInboundHandlerAdapter {
    private static final Duration LINGER = Duration.ofSeconds(1);
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    private final Gate gate;
    private final Limits limits;
    private final boolean asksForCertificates;
    private final StrictRequestDecoder decoder;
    /** What one read from the socket was decoded to; the next read comes when it is used up. */
    private final ArrayDeque<Object> received = new ArrayDeque<>();

    private Phase phase = Phase.WAITING;
    private boolean goingOn;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Future<?> deadline;

    private @Nullable HttpRequest request;
    private @Nullable Admission admission;
    private @Nullable Response refusal;
    private @Nullable ByteBuf body;

    /** Counts the answers, so that one which comes after its time is known. */
    private int turn;

    private enum Phase {
        /** For a request to begin. */
        WAITING,
        /** A part of a request is here. */
        RECEIVING,
        /** The answer is being found or written. */
        ANSWERING,
        /** The last answer is written; what still comes is not looked at. */
        LEAVING
    }

    Connection(Gate gate, Limits limits, boolean asksForCertificates) {
        this.gate = gate;
        this.limits = limits;
        this.asksForCertificates = asksForCertificates;
        this.decoder = new StrictRequestDecoder(limits, this::bytesArrived);
    }

    StrictRequestDecoder decoder() {
        return decoder;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        context = ctx;
        waitFor(limits.request(), this::close);
        ctx.read();
    }

    private ChannelHandlerContext context() {
        return requireNonNull(context, "active");
    }

    /** The clock of a request begins with its first byte, wherever its head ends. */
    private void bytesArrived() {
        if (phase == Phase.WAITING && context != null) {
            phase = Phase.RECEIVING;
            waitFor(limits.request(), this::tooSlow);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        received.add(msg);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        goOn();
    }

    /** Goes on with what was received, until an answer has to be waited for or there is nothing left. */
    private void goOn() {
        if (goingOn) {
            return;
        }
        goingOn = true;
        try {
            while (phase != Phase.ANSWERING) {
                Object message = received.poll();
                if (message == null) {
                    ChannelHandlerContext unused = context().read();
                    return;
                }
                take(message);
            }
        } finally {
            goingOn = false;
        }
    }

    private void take(Object message) {
        try {
            if (phase == Phase.LEAVING) {
                return;
            }
            if (message instanceof HttpRequest head) {
                head(head);
            }
            if (message instanceof HttpContent content && phase == Phase.RECEIVING) {
                content(content);
            }
        } finally {
            boolean unused = ReferenceCountUtil.release(message);
        }
    }

    private void head(HttpRequest head) {
        phase = Phase.RECEIVING;
        request = head;
        try {
            gate.wellFormed(head);
        } catch (ProblemException e) {
            respond(e.response(), true);
            return;
        }
        try {
            admission = gate.admit(head, peer());
            if (HttpUtil.is100ContinueExpected(head)) {
                ChannelFuture unused = context()
                        .writeAndFlush(new DefaultFullHttpResponse(
                                HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
            }
        } catch (ProblemException e) {
            if (Gate.hasBody(head)) {
                respond(e.response(), true);
            } else {
                refusal = e.response();
            }
        }
    }

    private Peer peer() {
        InetSocketAddress remote = (InetSocketAddress) context().channel().remoteAddress();
        InetSocketAddress local = (InetSocketAddress) context().channel().localAddress();
        // Where certificates are asked for, no handshake ends without one.
        return new Peer(remote.getAddress(), local.getAddress(), asksForCertificates);
    }

    private void content(HttpContent content) {
        if (content.decoderResult().isFailure()) {
            respond(Gate.malformed(content.decoderResult().cause()).response(), true);
            return;
        }
        ByteBuf bytes = content.content();
        ByteBuf before = body;
        if ((before == null ? 0 : before.readableBytes()) + bytes.readableBytes() > limits.body()) {
            respond(gate.tooLarge().response(), true);
            return;
        }
        if (bytes.isReadable()) {
            if (before == null) {
                before = context().alloc().buffer(bytes.readableBytes());
                body = before;
            }
            before.writeBytes(bytes);
        }
        if (content instanceof LastHttpContent) {
            answer();
        }
    }

    private void answer() {
        Response refused = refusal;
        if (refused != null) {
            respond(refused, false);
            return;
        }
        ByteBuf bytesOfBody = body;
        byte[] bytes = new byte[bytesOfBody == null ? 0 : bytesOfBody.readableBytes()];
        if (bytesOfBody != null) {
            bytesOfBody.readBytes(bytes);
        }
        releaseBody();
        HttpHeaders headers = requireNonNull(request, "request").headers();
        phase = Phase.ANSWERING;
        int mine = ++turn;
        waitFor(limits.handling(), this::noAnswer);
        // The stage never fails: what goes wrong is an answer too.
        var unused = Dispatch.answer(requireNonNull(admission, "admission"), headers, bytes)
                .thenAccept(response -> inLoop(() -> {
                    if (mine == turn && phase == Phase.ANSWERING) {
                        respond(response, false);
                    }
                }));
    }

    private void inLoop(Runnable task) {
        if (context().executor().inEventLoop()) {
            task.run();
        } else {
            context().executor().execute(task);
        }
    }

    private void noAnswer() {
        ProblemException late = new ProblemException(
                GATEWAY_TIMEOUT,
                "There was no answer within " + limits.handling().toSeconds() + " s. It may still be done.");
        respond(late.response(), true);
    }

    private void tooSlow() {
        respond(
                new ProblemException(
                                REQUEST_TIMEOUT,
                                "The request must be here within "
                                        + limits.request().toSeconds() + " s.")
                        .response(),
                true);
    }

    private void respond(Response response, boolean last) {
        turn++;
        phase = Phase.ANSWERING;
        HttpRequest asked = request;
        boolean keepAlive = !last && asked != null && HttpUtil.isKeepAlive(asked);
        FullHttpResponse message =
                Replies.message(response, asked != null && asked.method().equals(HttpMethod.HEAD));
        message.headers().set("Connection", keepAlive ? "keep-alive" : "close");
        forget();
        waitFor(limits.request(), this::close);
        ChannelFuture unused = context().writeAndFlush(message).addListener(written -> {
            if (!written.isSuccess()) {
                close();
            } else if (keepAlive) {
                next();
            } else {
                leave();
            }
        });
    }

    private void next() {
        if (decoder.begun() || !received.isEmpty()) {
            phase = Phase.RECEIVING;
            waitFor(limits.request(), this::tooSlow);
        } else {
            phase = Phase.WAITING;
            waitFor(limits.idle(), this::close);
        }
        goOn();
    }

    /** To close at once while the client still sends would take the answer away from it. */
    private void leave() {
        phase = Phase.LEAVING;
        ChannelHandlerContext ctx = context();
        SslHandler tls = ctx.pipeline().get(SslHandler.class);
        if (tls != null) {
            ChannelFuture unused = tls.closeOutbound();
        } else if (ctx.channel() instanceof DuplexChannel duplex) {
            ChannelFuture unused = duplex.shutdownOutput();
        } else {
            close();
            return;
        }
        waitFor(LINGER, this::close);
        goOn();
    }

    private void close() {
        ChannelFuture unused = context().close();
    }

    private void waitFor(Duration time, Runnable then) {
        cancelDeadline();
        deadline = context().executor().schedule(then, time.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void cancelDeadline() {
        Future<?> before = deadline;
        if (before != null) {
            boolean unused = before.cancel(false);
        }
    }

    private void forget() {
        request = null;
        admission = null;
        refusal = null;
        releaseBody();
    }

    private void releaseBody() {
        ByteBuf bytesOfBody = body;
        body = null;
        if (bytesOfBody != null) {
            bytesOfBody.release();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        phase = Phase.LEAVING;
        cancelDeadline();
        forget();
        for (Object message = received.poll(); message != null; message = received.poll()) {
            boolean unused = ReferenceCountUtil.release(message);
        }
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug("A connection broke off: {}", cause.getMessage());
        } else {
            LOG.warn("A connection is closed because of a fault", cause);
        }
        ChannelFuture unused = ctx.close();
    }
}
