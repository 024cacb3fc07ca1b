package io.tiercel.coherence;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import java.util.List;
import java.util.stream.Stream;

/** All of them. */
final class Nemeses {
    static final Nemesis NONE = Nemesis.of("none", arena -> {});

    private Nemeses() {}

    /** For the short form: an instance that is cut off, a primary that is lost. */
    static List<Nemesis> few() {
        return List.of(LinkFaults.freezeOneInstance(ofSeconds(4)), ServerFaults.killPrimary());
    }

    static List<Nemesis> all() {
        return Stream.of(
                        NONE,
                        LinkFaults.clientKill(),
                        LinkFaults.reset(),
                        LinkFaults.freezeOneInstance(ofSeconds(4)),
                        LinkFaults.halfOpenToInstance(ofSeconds(4)),
                        LinkFaults.halfOpenToServers(ofSeconds(4)),
                        LinkFaults.freezeOneNode(ofSeconds(4)),
                        LinkFaults.slow(ofMillis(60), ofSeconds(4)),
                        ServerFaults.killPrimary(),
                        ServerFaults.pausePrimary(ofMillis(1_200)),
                        ServerFaults.pausePrimaryPastFailover(ofSeconds(6)),
                        ServerFaults.flushAll(),
                        ServerFaults.killMemcached(),
                        ServerFaults.pauseMemcached(ofSeconds(3)),
                        new Resharding(),
                        new ForeignWrites(ofSeconds(4)),
                        Nemesis.of("instance paused 3 s", Nemeses::pauseInstance))
                .toList();
    }

    /** The whole process, as a long garbage collection or a scheduler out of breath would. */
    private static void pauseInstance(Arena arena) throws Exception {
        ChildInstance child = arena.child();
        arena.faults().duringPauseOf(child.number(), () -> {
            child.pause();
            try {
                Thread.sleep(3_000);
            } finally {
                child.resume();
            }
        });
    }
}
