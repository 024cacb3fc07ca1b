package io.tiercel.cache.tier.redis;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection on which something was sent and nothing at all came back for too long. A server that hangs and
 * one that vanished behind a firewall keep the connection open for minutes: each call would cost its whole timeout and
 * the commands would stay in memory. Once it is closed Lettuce tries to connect anew and refuses commands meanwhile.
 *
 * <p>Confined to the channel's event loop. Costs nothing while the connection is idle.
 */
final class SilenceWatchdog extends ChannelDuplexHandler {
    private static final long NOT_WAITING = Long.MIN_VALUE;

    private final long limit;
    private long waitingSince = NOT_WAITING;
    private boolean watching;

    SilenceWatchdog(Duration limit) {
        this.limit = limit.toNanos();
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
        if (waitingSince == NOT_WAITING) {
            waitingSince = System.nanoTime();
            if (!watching) {
                watching = true;
                look(context, limit);
            }
        }
        super.write(context, message, promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        waitingSince = NOT_WAITING;
        super.channelRead(context, message);
    }

    private void look(ChannelHandlerContext context, long delay) {
        var unused = context.executor() // a task that is dropped belongs to a closed channel
                .schedule(() -> lookNow(context), delay, TimeUnit.NANOSECONDS);
    }

    private void lookNow(ChannelHandlerContext context) {
        if (waitingSince == NOT_WAITING || !context.channel().isOpen()) {
            watching = false;
            return;
        }
        long left = limit - (System.nanoTime() - waitingSince);
        if (left > 0) {
            look(context, left);
            return;
        }
        watching = false;
        var unused = context.close(); // Lettuce notices
    }
}
