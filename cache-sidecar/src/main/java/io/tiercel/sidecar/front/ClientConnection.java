package io.tiercel.sidecar.front;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.tiercel.cache.tier.TierException;
import io.tiercel.sidecar.control.RateSettings;
import io.tiercel.sidecar.keyspace.Key;
import io.tiercel.sidecar.keyspace.Outbox;
import io.tiercel.sidecar.resp.Reply;
import io.tiercel.sidecar.resp.Request;
import io.tiercel.sidecar.resp.RequestDecoder;
import io.tiercel.sidecar.resp.RespProtocolException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client: reads its requests, has them carried out, and writes the replies in the order of the requests, whichever
 * comes first. One handler and no pipeline of codecs: replies are gathered in one buffer and written once for each read.
 *
 * <p>What is held for a client is bounded: it is not read from while too many of its requests are unanswered or it leaves
 * its replies unread, and cut off if it goes on with that.
 *
 * <p>Confined to its event loop.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter implements FleetLimiter.Waiter {
    private static final Logger log = LoggerFactory.getLogger(ClientConnection.class);
    private static final int FLUSH_BYTES = 64 << 10;
    private static final long FEW_BYTES = 256 << 10;
    private static final int SEND_COMMANDS = 512;
    private static final long SEND_BYTES = 256 << 10;
    private static final int SAMPLE = 16;
    static final String OVERLOADED =
            "OVERLOADED requests and replies under way exceed max-in-flight-bytes, retry_after_ms=100";
    private static final long CALM_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final FrontLoop loop;
    private final long id;
    private final RequestDecoder decoder;
    private final Session session;
    private final Invocation invocation;
    private final Transaction transaction;
    private final Outbox outbox = new Outbox();
    private final ArrayDeque<Slot> pending = new ArrayDeque<>();
    private final ArrayDeque<ByteBuf> aside = new ArrayDeque<>();
    private final Key probe = Key.probe();
    private final long openedAt = System.nanoTime();
    private @Nullable Object address;

    private Channel channel;
    private @Nullable ByteBuf out;
    private @Nullable ByteBuf scratch;
    private @Nullable Request stalled;
    private Route route = Route.RESP2;
    private long readAt = openedAt;
    private long requestSince;
    private long stuckSince;
    private long unread;
    private long slotBytes;
    private long asideBytes;
    private long heldBytes;
    private long closedAt;
    private long commands;
    private long commandsBeforePart;
    private boolean spoken;
    private boolean midRequest;
    private boolean silent;
    private boolean held;
    private boolean settling;
    private boolean waits;
    private boolean lacksToken;
    private boolean hasToken;
    private boolean awaitsReplies;
    private long refusedFor;
    private boolean closing;
    private boolean closed;
    private boolean processing;
    private boolean flushSoon;
    private int failedLogins;
    private String lastCommand = "NULL";

    ClientConnection(FrontLoop loop, Channel channel, long id, Request none, Command noCommand) {
        this.loop = loop;
        this.channel = channel;
        this.id = id;
        Front front = loop.front();
        User user = front.settings().defaultUser();
        this.session = new Session(user);
        this.decoder = new RequestDecoder(front.settings().limits(), user != null);
        this.invocation = new Invocation(this, none, noCommand);
        this.transaction = new Transaction(this);
    }

    FrontLoop loop() {
        return loop;
    }

    long id() {
        return id;
    }

    Session session() {
        return session;
    }

    Transaction transaction() {
        return transaction;
    }

    Outbox outbox() {
        return outbox;
    }

    Channel channel() {
        return channel;
    }

    /** Points the connection's probe at an argument of the request. */
    Key probe(Request request, int argument) {
        return probe.point(session.prefix(), request, argument);
    }

    // ---- reading

    @Override
    public void channelActive(ChannelHandlerContext context) {
        channel = context.channel();
        loop.add(this);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
            log.debug("TLS: {}", String.valueOf(handshake.cause().getMessage()));
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        readAt = System.nanoTime();
        spoken = true;
        if (stalled == null) {
            decoder.feed((ByteBuf) message);
        } else {
            // The decoder would take the request away that waits for its turn.
            aside.add((ByteBuf) message);
            asideBytes += ((ByteBuf) message).readableBytes();
        }
        process();
    }

    /** Carries out what has arrived, as far as it may. */
    private void process() {
        if (processing || closed) {
            return;
        }
        processing = true;
        try {
            boolean more = true;
            while (more && mayGoOn()) {
                more = one();
            }
            if (!waits) {
                send();
            }
            writeDone();
            flush();
            read(!more && !held && !waits && !closing && stalled == null);
            notePartOfRequest(!more);
            charge();
        } finally {
            processing = false;
        }
        if (closing && pending.isEmpty()) {
            closeNow();
        }
    }

    private boolean mayGoOn() {
        return !held
                && !waits
                && !closing
                && !closed
                && !lacksToken
                && ((!awaitsReplies && !settling) || pending.isEmpty())
                && slotBytes < loop.front().settings().maxOutputBytes() / 2
                && pending.size() < loop.front().settings().maxPipeline()
                && (out == null || out.readableBytes() < FLUSH_BYTES || flushed());
    }

    /** Writes what has been gathered; whether more may be. */
    private boolean flushed() {
        flush();
        return mayWriteMore();
    }

    /**
     * Whether more replies may be written. A client that sends a long pipeline before it reads anything is served, up to
     * half of what it may leave unread, as long as all clients together do not leave too much.
     */
    private boolean mayWriteMore() {
        long unread = unread();
        FrontSettings settings = loop.front().settings();
        return unread < FEW_BYTES
                || (unread < settings.maxOutputBytes() / 2
                        && loop.front().gauges().unreadBytes.get() < settings.maxInFlightBytes() / 2);
    }

    /** How many bytes of replies the client has not taken. */
    private long unread() {
        ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
        long now = buffer == null ? 0 : buffer.totalPendingWriteBytes();
        if (now != unread) {
            loop.front().gauges().unreadBytes.addAndGet(now - unread);
            unread = now;
        }
        return now;
    }

    /** Carries out the next request; whether there was one. */
    private boolean one() {
        settling = false;
        Request request = stalled;
        if (request != null) {
            stalled = null;
            awaitsReplies = false;
            carryOut(request);
            if (stalled == null) {
                // Of no use to the next one, if there was no limit any more.
                hasToken = false;
                refusedFor = 0;
            }
            while (stalled == null && !aside.isEmpty()) {
                ByteBuf more = aside.remove();
                asideBytes -= more.readableBytes();
                decoder.feed(more);
            }
            return true;
        }
        try {
            request = decoder.next();
        } catch (RespProtocolException e) {
            loop.front().gauges().protocolErrors.increment();
            Reply.error(immediate(), e.reply());
            endImmediate();
            closing = true;
            return false;
        }
        if (request == null) {
            return false;
        }
        commands++;
        loop.front().gauges().commands.increment();
        silent = session.noReply() || session.takeSkip();
        return carryOut(request);
    }

    /** Whether it has been; if not, its turn comes when what came before has been answered, or when it has a token. */
    private boolean carryOut(Request request) {
        int before = pending.size();
        long begin = (commands & (SAMPLE - 1)) == 0 ? System.nanoTime() : 0;
        if (!loop.front().dispatcher().dispatch(invocation, request)) {
            stalled = request;
            awaitsReplies = !lacksToken;
            return true;
        }
        endImmediate();
        if (begin != 0 && pending.size() == before) {
            loop.front().gauges().took(System.nanoTime() - begin, SAMPLE);
        }
        if (!waits && (outbox.size() >= SEND_COMMANDS || outbox.bytes() >= SEND_BYTES)) {
            send();
        }
        return true;
    }

    // ---- the rate limit

    /**
     * Takes a token for the request whose turn it is.
     *
     * @param rate the limit, above 0
     * @return as {@link FleetLimiter#take}; if the connection is told later, the request has its turn again then, and gets
     *     what was decided
     */
    long takeToken(RateSettings rate) {
        if (hasToken) {
            hasToken = false;
            return 0;
        }
        long wait = refusedFor;
        refusedFor = 0;
        if (wait == 0) {
            wait = loop.takeToken(rate, this, System.nanoTime());
        }
        lacksToken = wait == FleetLimiter.WAITS;
        return wait;
    }

    /** The request whose turn it was has taken its token, and has its turn again later. */
    void keepToken() {
        hasToken = true;
    }

    @Override
    public void decided(long waitMillis) {
        lacksToken = false;
        hasToken = waitMillis == 0;
        refusedFor = waitMillis;
        process();
    }

    /** Who the client is for a limit that each client has: where it connects from. */
    Object address() {
        Object known = address;
        if (known == null) {
            known = channel.remoteAddress() instanceof InetSocketAddress inet && inet.getAddress() != null
                    ? inet.getAddress()
                    : "";
            address = known;
        }
        return known;
    }

    /** Which of the connections to Redis a command goes over: Redis does what comes over two of them in any order. */
    private enum Route {
        RESP2,
        RESP3,
        OWN
    }

    /**
     * Whether a command may be sent over that connection to Redis now: while commands are under way over another one, it
     * might overtake them.
     *
     * @param own whether it is the client's own connection, on which it watches keys
     */
    boolean mayTakeRoute(boolean own) {
        Route wanted = own ? Route.OWN : session.isResp3() ? Route.RESP3 : Route.RESP2;
        if (wanted != route && !pending.isEmpty()) {
            return false;
        }
        route = wanted;
        return true;
    }

    /** Who the client is has changed: so has how large its requests may be. */
    void authenticated() {
        decoder.authenticated(session.user() != null);
    }

    void loginFailed() {
        loop.front().gauges().authFailures.increment();
        failedLogins++;
        if (failedLogins >= 3 && session.user() == null) {
            closing = true;
        }
    }

    Invocation invocation(Request request, Command command) {
        return invocation.of(request, command);
    }

    /** The reply to this command is wanted after all. */
    void speak() {
        silent = false;
    }

    void lastCommand(String name) {
        lastCommand = name;
    }

    /** @param all whether all whole requests have been taken: what is left else may be one that has not had its turn */
    private void notePartOfRequest(boolean all) {
        boolean now = all && decoder.isMidRequest();
        if (now && (!midRequest || commands != commandsBeforePart)) {
            requestSince = readAt;
            commandsBeforePart = commands;
        }
        midRequest = now;
    }

    /** What is held for this client, but for what it has not read, becomes part of what is held for all. */
    private void charge() {
        if (closed) {
            return;
        }
        long now = decoder.heldBytes() + asideBytes + outbox.bytes() + transaction.bytes() + slotBytes;
        long more = now - heldBytes;
        if (more != 0) {
            heldBytes = now;
            long all = loop.front().gauges().heldBytes.addAndGet(more);
            if (more > 0 && all > loop.front().settings().maxInFlightBytes() / 2) {
                loop.relieve();
            }
        }
    }

    private void discharge() {
        loop.front().gauges().heldBytes.addAndGet(-heldBytes);
        loop.front().gauges().unreadBytes.addAndGet(-unread);
        heldBytes = 0;
        unread = 0;
        slotBytes = 0;
    }

    /** Bytes that are held for this client. */
    long weight() {
        return closed ? 0 : heldBytes + unread;
    }

    /** It goes, so that there is memory for the others. */
    void giveWay() {
        loop.front().gauges().overloaded.increment();
        if (pending.isEmpty() && unread == 0 && out == null) {
            Reply.error(gathered(), OVERLOADED);
            flush();
        }
        cutOff("held more bytes than any other when all together held more than max-in-flight-bytes");
    }

    private void read(boolean wanted) {
        boolean may = wanted && mayWriteMore();
        if (may && !channel.config().isAutoRead()) {
            requestSince = System.nanoTime(); // what was not read cannot be late
        }
        if (channel.config().isAutoRead() != may) {
            channel.config().setAutoRead(may);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (channel.isWritable()) {
            stuckSince = 0;
            process();
        } else {
            stuckSince = System.nanoTime();
        }
    }

    // ---- replies

    /** Where a reply is written that can be given now. */
    ByteBuf immediate() {
        if (pending.isEmpty() && !silent) {
            return gathered();
        }
        ByteBuf buffer = scratch;
        if (buffer == null) {
            buffer = Unpooled.buffer(64, longestReply());
            scratch = buffer;
        }
        return buffer;
    }

    private ByteBuf gathered() {
        ByteBuf buffer = out;
        if (buffer == null) {
            buffer = channel.alloc().buffer(1_024, longestReply());
            out = buffer;
        }
        return buffer;
    }

    /** A longer one could not be given out. Bounded while it is made: growing to hundreds of megabytes takes seconds. */
    private int longestReply() {
        return (int) Math.min(Integer.MAX_VALUE, loop.front().settings().maxOutputBytes() + 2L * FLUSH_BYTES);
    }

    private void endImmediate() {
        ByteBuf buffer = scratch;
        if (buffer == null || !buffer.isReadable()) {
            return;
        }
        if (!silent) {
            byte[] bytes = new byte[buffer.readableBytes()];
            buffer.readBytes(bytes);
            Slot slot = new Slot(this, System.nanoTime(), Long.MAX_VALUE, false);
            pending.add(slot);
            slot.reply(bytes);
        }
        buffer.clear();
        if (buffer.capacity() > FLUSH_BYTES) {
            buffer.release();
            scratch = null;
        }
    }

    /** A place for a reply that comes later. */
    Slot later(long nanos) {
        long now = System.nanoTime();
        Slot slot = new Slot(this, now, nanos == Long.MAX_VALUE ? nanos : now + nanos, silent);
        pending.add(slot);
        return slot;
    }

    /** A reply has come; it is written when its turn has. */
    void answered(Slot slot) {
        if (closed) {
            return;
        }
        byte[] bytes = slot.bytes();
        slotBytes += bytes == null ? 0 : bytes.length;
        charge();
        if (!processing
                && !flushSoon
                && pending.peek() != null
                && pending.peek().isDone()) {
            flushSoon = true;
            loop.soon(this);
        }
    }

    /** Writes the replies that have come, and goes on with what has been received. */
    void continueSoon() {
        flushSoon = false;
        process();
    }

    private void writeDone() {
        long now = 0;
        for (Slot slot = pending.peek(); slot != null && slot.isDone(); slot = pending.peek()) {
            pending.poll();
            byte[] bytes = slot.bytes();
            if (bytes == null) {
                continue;
            }
            now = now == 0 ? System.nanoTime() : now;
            loop.front().gauges().took(now - slot.since(), 1);
            slotBytes -= bytes.length;
            if (bytes.length > loop.front().settings().maxOutputBytes()) {
                cutOff("asked for a reply that is longer than max-output-bytes");
                return;
            }
            gathered().writeBytes(bytes);
            if (out != null && out.readableBytes() >= FLUSH_BYTES) {
                flush();
            }
        }
    }

    private void flush() {
        ByteBuf buffer = out;
        if (buffer == null) {
            return;
        }
        out = null;
        if (buffer.isReadable()) {
            var unused = channel.writeAndFlush(buffer);
            if (unread() > loop.front().settings().maxOutputBytes()) {
                cutOff("left more than max-output-bytes unread");
            }
        } else {
            buffer.release();
        }
    }

    /** Something that nobody asked for; only between replies. */
    void push(byte[] bytes) {
        writeDone();
        gathered().writeBytes(bytes);
        flush();
    }

    // ---- sending

    private void send() {
        int count = outbox.size();
        if (count == 0) {
            return;
        }
        Gate gate = loop.gate();
        if (gate.isOpen(count, outbox.bytes())) {
            loop.sendAll(this);
            return;
        }
        TierException refusal = gate.enter(this, count, outbox.bytes(), System.nanoTime());
        if (refusal == null) {
            waits = true;
        } else {
            overloaded(refusal);
        }
    }

    /** Sends what waits to be sent, before the client changes how it is to be answered. */
    void sendNow() {
        if (!waits) {
            loop.sendAll(this);
        }
    }

    private void overloaded(TierException refusal) {
        loop.front().gauges().overloaded.add(outbox.size());
        outbox.refuse(refusal);
    }

    /** There is room for what it wants to send. */
    void goOn() {
        waits = false;
        loop.sendAll(this);
        process();
    }

    /** It has waited for too long. */
    void refuse(TierException why) {
        waits = false;
        overloaded(why);
        process();
    }

    /** Carries out no more requests until {@link #release}: what was asked for must come first. */
    void hold() {
        held = true;
    }

    /** Carries out no more requests until what has been asked for is answered: it is done in several steps. */
    void settle() {
        settling = true;
    }

    /** Goes on. */
    void release() {
        held = false;
        process();
    }

    /** Whether nothing of it is under way. */
    boolean isQuiet() {
        return pending.isEmpty() && stalled == null && !decoder.isMidRequest() && !held && !waits && out == null;
    }

    /** Whether nothing has come from it for a moment. */
    boolean isCalm(long now) {
        return now - readAt >= CALM_NANOS;
    }

    boolean hasPending() {
        return !pending.isEmpty();
    }

    // ---- the end

    /** Answers what has been received and closes then. */
    void closeWhenAnswered() {
        closing = true;
        if (pending.isEmpty() && !processing) {
            flush();
            closeNow();
        }
    }

    private void closeNow() {
        if (!closed) {
            flush();
            closed = true;
            closedAt = System.nanoTime();
            loop.front().gauges().heldBytes.addAndGet(-heldBytes);
            heldBytes = 0;
            var unused = channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    private void cutOff(String why) {
        log.info("client {} is cut off: it {}", id, why);
        closed = true;
        discharge();
        var unused = channel.close();
    }

    /** Cuts off a client that is too slow, and answers what has waited for too long. */
    void look(long now) {
        if (closed) {
            if (closedAt != 0 && now - closedAt > STUCK_NANOS) {
                closedAt = 0;
                cutOff("does not read what it was answered before the end");
            }
            return;
        }
        FrontSettings settings = loop.front().settings();
        if (!pending.isEmpty()) {
            for (Slot slot : List.copyOf(pending)) {
                if (slot.isLate(now)) {
                    slot.late();
                }
            }
            if (pending.isEmpty() || pending.peek().isDone()) {
                process();
            }
        } else if (!spoken && now - openedAt > settings.firstByteTimeout().toNanos()) {
            cutOff("has said nothing within first-byte-timeout");
        } else if (now - readAt > settings.idleTimeout().toNanos()) {
            cutOff("was idle for idle-timeout");
        }
        boolean reading = channel.config().isAutoRead();
        if (!reading && !closed && !held && !waits && mayWriteMore()) {
            process();
        }
        if (midRequest
                && reading
                && !closed
                && now - requestSince > settings.requestTimeout().toNanos()) {
            cutOff("sent a part of a request and not the rest within request-timeout");
        }
        boolean stuck = stuckSince != 0 && now - stuckSince > STUCK_NANOS;
        if (stuck && !closed && unread() > settings.maxOutputBytes() / 2) {
            cutOff("left half of max-output-bytes unread for ten seconds");
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        closed = true;
        loop.remove(this);
        loop.gate().leave(this);
        discharge();
        decoder.close();
        stalled = null;
        lacksToken = false;
        aside.forEach(ByteBuf::release);
        aside.clear();
        transaction.close();
        pending.clear();
        outbox.refuse(new TierException(TierException.Kind.CROWDED, "the client has gone"));
        ByteBuf buffer = out;
        out = null;
        if (buffer != null) {
            buffer.release();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException || cause.getCause() instanceof IOException) {
            // Also what is no TLS, or not the TLS that is wanted: an SSLException in a DecoderException.
            log.debug("client {}: {}", id, cause.getMessage());
        } else if (cause instanceof IndexOutOfBoundsException && outIsFull()) {
            log.info("client {} is cut off: it asked for a reply that is longer than max-output-bytes", id);
        } else {
            log.warn("client {} is cut off", id, cause);
        }
        closed = true;
        var unused = context.close();
    }

    private boolean outIsFull() {
        ByteBuf gathered = out;
        ByteBuf aside = scratch;
        return (gathered != null && gathered.readableBytes() > FLUSH_BYTES)
                || (aside != null && aside.readableBytes() > FLUSH_BYTES);
    }

    /** A line of CLIENT LIST. */
    String describe() {
        long now = System.nanoTime();
        User user = session.user();
        return "id=" + id
                + " addr=" + FrontLoop.text(channel.remoteAddress())
                + " laddr=" + FrontLoop.text(channel.localAddress())
                + " fd=-1 name=" + session.name()
                + " age=" + TimeUnit.NANOSECONDS.toSeconds(now - openedAt)
                + " idle=" + TimeUnit.NANOSECONDS.toSeconds(now - readAt)
                + " flags=N db=" + session.database()
                + " sub=0 psub=0 ssub=0 multi=" + transaction.size()
                + " qbuf=" + decoder.heldBytes()
                + " qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=" + pending.size()
                + " omem=0 tot-mem=0 events=r cmd=" + lastCommand.toLowerCase(Locale.ROOT)
                + " user=" + (user == null ? "(none)" : user.name())
                + " redir=-1 resp=" + (session.isResp3() ? 3 : 2)
                + " lib-name=" + session.libraryName()
                + " lib-ver=" + session.libraryVersion();
    }
}
