package io.tiercel.sidecar.front;

import io.tiercel.cache.tier.TierException;
import io.tiercel.sidecar.control.QueueSettings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets so many commands be in flight to Redis and no more: what a slow Redis cannot take waits here, bounded, or is
 * refused, and does not pile up where nobody counts it. Who has the least time left goes first.
 *
 * <p>A connection waits as a whole, with everything that it wants to send, since its commands keep their order.
 *
 * <p>One for each event loop, and confined to it.
 */
final class Gate {
    private final int most;
    private final long mostBytes;
    private final LongSupplier inFlight;
    private final LongSupplier bytesInFlight;
    private final Supplier<QueueSettings> settings;
    private final Gauges gauges;
    private final int loops;
    private final PriorityQueue<Waiting> queue = new PriorityQueue<>(Comparator.comparingLong(Waiting::deadline));
    private int queued;
    private boolean letting;

    private record Waiting(ClientConnection connection, long deadline, int commands, long bytes) {}

    /**
     * @param most commands of this loop; {@code loops} share what the settings allow
     * @param mostBytes of the commands of this loop
     */
    Gate(
            int most,
            long mostBytes,
            LongSupplier inFlight,
            LongSupplier bytesInFlight,
            Supplier<QueueSettings> settings,
            Gauges gauges,
            int loops) {
        this.most = most;
        this.mostBytes = mostBytes;
        this.inFlight = inFlight;
        this.bytesInFlight = bytesInFlight;
        this.settings = settings;
        this.gauges = gauges;
        this.loops = loops;
    }

    /** Whether so many commands may be sent now. An empty house takes any number. */
    boolean isOpen(int commands, long bytes) {
        return queue.isEmpty() && hasRoom(commands, bytes);
    }

    private boolean hasRoom(int commands, long bytes) {
        long now = inFlight.getAsLong();
        return now == 0 || (now + commands <= most && bytesInFlight.getAsLong() + bytes <= mostBytes);
    }

    /** Whether a transaction of so many commands may be sent now; it does not wait. */
    boolean takesAtOnce(int commands) {
        long now = inFlight.getAsLong();
        return now == 0 || now + commands <= most;
    }

    /**
     * Makes a connection wait.
     *
     * @return null if it waits, else why it does not
     */
    @Nullable
    TierException enter(ClientConnection connection, int commands, long bytes, long now) {
        QueueSettings allowed = settings.get();
        if (!allowed.enabled()) {
            return refused("too many commands wait for Redis, and the queue is off");
        }
        if (queued > 0 && queued + commands > Math.max(1, allowed.maxSize() / loops)) {
            return refused("queue full");
        }
        queue.add(new Waiting(connection, now + allowed.timeout().toNanos(), commands, bytes));
        count(commands);
        return null;
    }

    /** A command has been answered: whoever is first may go on if there is room. */
    void answered() {
        if (letting) {
            return; // what was let go has failed at once; whoever let it go looks for the next one
        }
        letting = true;
        try {
            while (!queue.isEmpty()
                    && hasRoom(queue.peek().commands(), queue.peek().bytes())) {
                Waiting first = queue.remove();
                count(-first.commands());
                first.connection().goOn();
            }
        } finally {
            letting = false;
        }
    }

    /** Refuses what has waited for too long. */
    void look(long now) {
        while (!queue.isEmpty() && now - queue.peek().deadline() >= 0) {
            Waiting first = queue.poll();
            count(-first.commands());
            first.connection().refuse(refused("waited too long for Redis"));
        }
    }

    /** A connection that waits no more. */
    void leave(ClientConnection connection) {
        List<Waiting> own = new ArrayList<>();
        for (Waiting one : queue) {
            if (one.connection() == connection) {
                own.add(one);
            }
        }
        queue.removeAll(own);
        own.forEach(one -> count(-one.commands()));
    }

    private TierException refused(String why) {
        return new TierException(
                TierException.Kind.CROWDED,
                why + ", retry_after_ms=" + settings.get().timeout().toMillis());
    }

    private void count(int commands) {
        queued += commands;
        gauges.queued.addAndGet(commands);
    }
}
