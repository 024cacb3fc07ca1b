package io.tiercel.cache.tier.redis;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslContext;
import io.tiercel.cache.tier.TierException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to one server, for commands and replies as they are. Commands wait for the first connection to come
 * into being, but not for one that was lost: then they fail at once until there is a new one.
 *
 * <p>Confined to its event loop.
 */
final class PassageConnection extends ChannelInboundHandlerAdapter {
    private static final Logger log = LoggerFactory.getLogger(PassageConnection.class);
    private static final byte[] CRLF = {'\r', '\n'};
    private static final long FIRST_PAUSE_MS = 20;
    private static final long LONGEST_PAUSE_MS = 1_000;
    private static final int LONGEST_REPLY = 128 << 20;
    private static final int KEPT = 64 << 10;

    private final PassageSettings settings;
    private final @Nullable SslContext ssl;
    private final RedisUri.Server server;
    private final boolean once;
    private final ArrayDeque<RedisPassage.Call> sent = new ArrayDeque<>();
    private final ArrayDeque<RedisPassage.Call> waiting = new ArrayDeque<>();
    private final ReplyScanner scanner = new ReplyScanner();

    private State state = State.NEW;
    private @Nullable Channel channel;
    private @Nullable ByteBuf held;
    private TierException lost;
    private int introductions;
    private long pause = FIRST_PAUSE_MS;

    private enum State {
        NEW,
        CONNECTING,
        OPEN,
        LOST,
        CLOSED
    }

    /** @param once whether it stays lost when it is lost, and may be silent for as long as it likes */
    PassageConnection(PassageSettings settings, @Nullable SslContext ssl, RedisUri.Server server, boolean once) {
        this.settings = settings;
        this.ssl = ssl;
        this.server = server;
        this.once = once;
        this.lost = failure("the connection is not open");
    }

    RedisUri.Server server() {
        return server;
    }

    boolean isOpen() {
        return state == State.OPEN;
    }

    /** Whether commands would be refused at once. */
    boolean isLost() {
        return state == State.LOST || state == State.CLOSED;
    }

    void open() {
        if (state != State.NEW && state != State.LOST) {
            return;
        }
        boolean first = state == State.NEW;
        if (first) {
            state = State.CONNECTING;
            // Not amid the events of other sockets: with epoll, one that is still to come for a socket that was closed
            // a
            // moment ago would be taken for one of the new socket, which gets the same number.
            settings.loop().execute(this::connect);
        } else {
            connect();
        }
    }

    private void connect() {
        if (state == State.CLOSED) {
            return;
        }
        ChannelFuture connecting = new Bootstrap()
                .group(settings.loop())
                .channel(settings.channels())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        settings.config().connectTimeout().toMillis())
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel created) {
                        if (!once) {
                            created.pipeline().addLast(new SilenceWatchdog(settings.longestSilence()));
                        }
                        if (ssl != null) {
                            created.pipeline().addLast(ssl.newHandler(created.alloc(), server.host(), server.port()));
                        }
                        created.pipeline().addLast(PassageConnection.this);
                    }
                })
                .connect(server.host(), server.port());
        channel = connecting.channel();
        var unused = connecting.addListener(done -> {
            if (!done.isSuccess()) {
                ended(failure("no connection: " + done.cause().getMessage()));
            }
        });
    }

    /** Sends them with one write, or fails them. */
    void send(List<RedisPassage.Call> calls) {
        switch (state) {
            case OPEN -> write(calls);
            case NEW, CONNECTING -> {
                for (RedisPassage.Call call : calls) {
                    if (waiting.size() >= settings.config().requestQueueSize()) {
                        call.answer().failed(crowded());
                    } else {
                        waiting.add(call);
                    }
                }
                open();
            }
            case LOST, CLOSED -> calls.forEach(call -> call.answer().failed(lost));
        }
    }

    void close() {
        if (state != State.CLOSED) {
            state = State.CLOSED;
            lost = failure("the connection was closed");
            Channel last = channel;
            if (last != null) {
                var unused = last.close();
            }
            failAll(lost);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        if (state == State.CLOSED) {
            var unused = context.close();
            return;
        }
        channel = context.channel();
        List<byte[][]> words = settings.introduction();
        introductions = words.size();
        ByteBuf out = context.alloc().buffer();
        for (byte[][] each : words) {
            encode(out, each);
            sent.add(new RedisPassage.Call(each, -1, introduced(each)));
        }
        var unused = context.writeAndFlush(out);
    }

    private RedisPassage.Answer introduced(byte[][] words) {
        return new RedisPassage.Answer() {
            @Override
            public void replied(byte[] reply) {
                introductions--;
                if (reply[0] == '-' && !isSetName(words)) {
                    TierException refused = failure("the server refused the connection: "
                            + new String(reply, 1, reply.length - 3, StandardCharsets.UTF_8));
                    Channel last = channel;
                    lost = refused;
                    if (last != null) {
                        var unused = last.close();
                    }
                    return;
                }
                if (introductions == 0) {
                    opened();
                }
            }

            @Override
            public void failed(TierException failure) {
                log.debug("{}: {}", settings.config().name(), failure.getMessage());
            }
        };
    }

    /** An ACL may forbid it, and nothing hangs on it. */
    private static boolean isSetName(byte[][] words) {
        return words[0].length == 6 && words[0][0] == 'C';
    }

    private void opened() {
        state = State.OPEN;
        pause = FIRST_PAUSE_MS;
        if (!waiting.isEmpty()) {
            List<RedisPassage.Call> calls = List.copyOf(waiting);
            waiting.clear();
            write(calls);
        }
    }

    private void write(List<RedisPassage.Call> calls) {
        Channel open = channel;
        if (open == null) {
            calls.forEach(call -> call.answer().failed(lost));
            return;
        }
        int most = settings.config().requestQueueSize();
        ByteBuf out = open.alloc().buffer(64 * calls.size());
        for (RedisPassage.Call call : calls) {
            if (sent.size() >= most) {
                call.answer().failed(crowded());
                continue;
            }
            if (call.asking()) {
                encode(out, RedisPassage.ASKING);
                sent.add(new RedisPassage.Call(RedisPassage.ASKING, -1, RedisPassage.IGNORED));
            }
            encode(out, call.words());
            sent.add(call);
        }
        var unused = open.writeAndFlush(out);
    }

    private static void encode(ByteBuf out, byte[][] words) {
        header(out, '*', words.length);
        for (byte[] word : words) {
            header(out, '$', word.length);
            out.writeBytes(word);
            out.writeBytes(CRLF);
        }
    }

    private static void header(ByteBuf out, char type, int number) {
        out.writeByte(type);
        if (number < 10) {
            out.writeByte('0' + number);
        } else {
            out.writeCharSequence(Integer.toString(number), StandardCharsets.US_ASCII);
        }
        out.writeBytes(CRLF);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf in = joined(context, (ByteBuf) message);
        held = in;
        try {
            for (int length = scanner.scan(in); length >= 0; length = scanner.scan(in)) {
                byte[] reply = new byte[length];
                in.readBytes(reply);
                answered(reply);
                if (held == null) {
                    return; // closed by whoever was answered
                }
            }
        } catch (IllegalStateException e) {
            broken(context, e.getMessage());
            return;
        }
        if (!in.isReadable()) {
            in.release();
            held = null;
        } else if (in.readableBytes() > LONGEST_REPLY) {
            broken(context, "a reply is longer than " + LONGEST_REPLY + " bytes");
        }
    }

    private ByteBuf joined(ChannelHandlerContext context, ByteBuf more) {
        ByteBuf before = held;
        if (before == null) {
            return more;
        }
        int needed = before.readableBytes() + more.readableBytes();
        ByteBuf all = before;
        if (before.writableBytes() < more.readableBytes() || before.refCnt() > 1) {
            all = context.alloc().buffer(Math.max(KEPT, needed > KEPT ? needed * 2 : needed));
            all.writeBytes(before);
            before.release();
        }
        all.writeBytes(more);
        more.release();
        return all;
    }

    private void answered(byte[] reply) {
        if (reply[0] == '>') {
            return; // nobody asked for it
        }
        RedisPassage.Call call = sent.poll();
        if (call == null) {
            throw new IllegalStateException("a reply that nobody asked for");
        }
        call.answer().replied(reply);
    }

    private void broken(ChannelHandlerContext context, @Nullable String why) {
        lost = failure(String.valueOf(why));
        var unused = context.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        broken(context, cause.getMessage());
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        ended(state == State.OPEN ? failure("the connection was lost") : lost);
    }

    @Override
    public boolean isSharable() {
        return true; // one after the other
    }

    private void ended(TierException why) {
        ByteBuf rest = held;
        held = null;
        if (rest != null) {
            rest.release();
        }
        if (state != State.CLOSED) {
            state = once ? State.CLOSED : State.LOST;
            lost = why;
            if (!once) {
                long delay = ThreadLocalRandom.current().nextLong(pause / 2, pause + 1);
                pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
                var unused = settings.loop().schedule(this::open, delay, TimeUnit.MILLISECONDS);
            }
        }
        failAll(lost);
    }

    private void failAll(TierException why) {
        List<RedisPassage.Call> all = new ArrayList<>(sent);
        all.addAll(waiting);
        sent.clear();
        waiting.clear();
        all.forEach(call -> call.answer().failed(why));
    }

    private TierException crowded() {
        return new TierException(
                TierException.Kind.CROWDED,
                settings.config().name() + ": " + settings.config().requestQueueSize() + " commands wait for " + server
                        + " already");
    }

    private TierException failure(String what) {
        return new TierException(settings.config().name() + ": " + server + ": " + what);
    }
}
