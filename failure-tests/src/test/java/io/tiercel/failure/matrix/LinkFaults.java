package io.tiercel.failure.matrix;

import io.tiercel.embedded.Faults;
import io.tiercel.embedded.Faults.Direction;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/** What can happen to the ways to Redis while the servers are well. */
final class LinkFaults {
    /** When a lost segment is sent again. */
    private static final Duration RETRANSMIT = Duration.ofMillis(200);

    private LinkFaults() {}

    static Fault slow(Duration delay) {
        return Fault.network(faults -> faults.delay(Direction.TO_CLIENT, delay));
    }

    /** What is sent arrives, no answer does; new connections are no better. */
    static Fault halfOpen() {
        return Fault.network(faults -> faults.freeze(Direction.TO_CLIENT));
    }

    /** The connections that there are have gone silent, as behind a firewall that forgot them; new ones are well. */
    static Fault forgotten() {
        return Fault.of(arena -> arena.links().forEach(Faults::abandon), arena -> {});
    }

    static Fault refused() {
        return Fault.network(faults -> {
            faults.refuse();
            faults.reset();
        });
    }

    /** One in twenty of the moments in which something is sent is 200 ms late, and all that is behind it. */
    static Fault lossy() {
        AtomicBoolean healed = new AtomicBoolean();
        AtomicReference<Thread> thread = new AtomicReference<>();
        return Fault.of(
                arena -> {
                    healed.set(false);
                    Thread loss = new Thread(() -> lose(arena.links(), healed), "loss");
                    loss.setDaemon(true);
                    thread.set(loss);
                    loss.start();
                },
                arena -> {
                    healed.set(true);
                    thread.get().join();
                    arena.links().forEach(Faults::pass);
                });
    }

    private static void lose(List<Faults> links, AtomicBoolean healed) {
        try {
            while (!healed.get()) {
                Faults one = links.get(ThreadLocalRandom.current().nextInt(links.size()));
                one.delay(Direction.TO_CLIENT, RETRANSMIT);
                Thread.sleep(10);
                one.pass();
                // Six links, each hit in one of twenty moments.
                Thread.sleep(ThreadLocalRandom.current().nextInt(50));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
