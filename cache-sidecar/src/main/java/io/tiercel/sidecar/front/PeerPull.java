package io.tiercel.sidecar.front;

import io.tiercel.sidecar.keyspace.Vouching;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes page after page from another pod, from a bound after the change feed was found to tell of everything: {@link
 * Vouching} says why. Whatever goes wrong ends it, and what is missing then is read from Redis. Runs on an event loop.
 */
final class PeerPull {
    private static final Logger log = LoggerFactory.getLogger(PeerPull.class);

    private final FrontLoop loop;
    private final Peer peer;
    private final BiConsumer<HotSetPage.Value, Keeping> each;
    private final BooleanSupplier enough;
    private final Runnable then;
    private final Vouching vouching;

    /** Puts a value into memory; false if it may have changed. */
    interface Keeping {
        boolean keep(HotSetPage.Value value, double share);
    }

    /**
     * @param each told of every value that comes
     * @param enough asked before each page whether to end
     * @param then called at the end, however it ends
     */
    PeerPull(
            FrontLoop loop,
            Peer peer,
            BiConsumer<HotSetPage.Value, Keeping> each,
            BooleanSupplier enough,
            Runnable then) {
        this.loop = loop;
        this.peer = peer;
        this.each = each;
        this.enough = enough;
        this.then = then;
        this.vouching = loop.redis().shared().vouching();
    }

    void begin() {
        long wait = peer.bound().toNanos();
        var unused = loop.eventLoop().schedule(this::next, wait, TimeUnit.NANOSECONDS);
    }

    private void next() {
        if (enough.getAsBoolean()) {
            then.run();
            return;
        }
        // What the page holds is vouched for at a later moment than this.
        long asked = System.nanoTime();
        var unused = peer.next()
                .whenComplete((page, failure) -> loop.eventLoop().execute(() -> {
                    if (page == null || page.length == 0) {
                        end(failure);
                    } else {
                        take(page, asked);
                    }
                }));
    }

    private void take(byte[] page, long asked) {
        try {
            List<HotSetPage.Value> values = HotSetPage.decode(page);
            Duration bound = peer.bound();
            values.forEach(value -> each.accept(
                    value,
                    (one, share) -> vouching.keep(one.key(), one.bytes(), one.lifeMillis(), share, asked, bound)));
        } catch (IllegalArgumentException e) {
            end(e);
            return;
        }
        loop.eventLoop().execute(this::next);
    }

    private void end(@Nullable Throwable failure) {
        if (failure != null) {
            log.info(
                    "another pod's memory cannot be read any further, the rest comes from Redis: {}",
                    failure.toString());
        }
        then.run();
    }
}
