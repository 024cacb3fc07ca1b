package io.tiercel.failure.matrix;

import io.lettuce.core.api.sync.RedisCommands;
import io.tiercel.cache.CacheWriteException;
import io.tiercel.cache.TieredCache;
import io.tiercel.embedded.RedisNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Rows in which something befalls a whole process. */
final class Children {
    private static final long PAUSE_MILLIS = 2_000;
    private static final String HOST = "memcached.failure.test";

    private Children() {}

    private static Jvm start(String name, String redis, String memcached, String... options) throws IOException {
        List<String> all = new ArrayList<>(List.of(options));
        all.add("-XX:TieredStopAtLevel=1");
        Jvm jvm = new Jvm(Child.class, List.of(name, redis, memcached), all.toArray(String[]::new));
        String answer = jvm.answer();
        if (!answer.equals("ready")) {
            jvm.close();
            throw new IOException("expected ready, found " + answer);
        }
        return jvm;
    }

    /** What was written while the process stood still is not missed by the first reads of the process. */
    static Measured paused(Backends backends) throws Exception {
        Truth truth = new Truth();
        String redis = backends.redis().uri();
        try (Jvm child = start("paused", redis, backends.memcached().address(), "-Xmx256m");
                TieredCache<String, String> writer = Arena.open(
                        "paused", "writer", redis, backends.memcached().address())) {
            write(writer, truth, 0);
            var unused = child.ask("watch");
            Thread.sleep(1_500);

            child.signal("STOP");
            long stopped = System.nanoTime();
            write(writer, truth, PAUSE_MILLIS);
            child.signal("CONT");
            Thread.sleep(1_500);

            String[] seen = child.ask("watched " + stopped).split(" ", -1);
            long oldest = 0;
            for (int i = 1; i < seen.length; i++) {
                int at = seen[i].indexOf('@');
                int colon = seen[i].indexOf(':');
                int key = Integer.parseInt(seen[i].substring(1, colon));
                int version = Integer.parseInt(seen[i].substring(colon + 1, at));
                oldest = Math.max(oldest, truth.age(key, version, Long.parseLong(seen[i].substring(at + 1))));
            }
            List<String> broken =
                    seen.length <= Truth.SHARED ? List.of("only " + seen.length + " were read") : List.of();
            return Measured.of(
                            seen.length - 1,
                            Map.of(),
                            0,
                            broken,
                            List.of("oldest of all reads that began after the stop"))
                    .with(Latency.of(new long[0]), oldest);
        }
    }

    private static void write(TieredCache<String, String> writer, Truth truth, long during) throws Exception {
        for (int key = Truth.HOT; key < Truth.HOT + Truth.SHARED; key++) {
            int version = truth.write(key);
            String name = Truth.name(key);
            writeUntilAccepted(writer, name, Truth.value(name, version));
            truth.acknowledged(key, version);
            Thread.sleep(during / Truth.SHARED);
        }
    }

    private static void writeUntilAccepted(TieredCache<String, String> writer, String name, String value)
            throws Exception {
        Backends.await("a write", () -> {
            try {
                var unused = writer.put(name, value);
                return true;
            } catch (CacheWriteException e) {
                return false; // a busy machine; the same again changes nothing
            }
        });
    }

    /** Values of up to 100 KB by 8 threads, an L1 of 24 MB in a heap of 256 MB, and a primary that hangs meanwhile. */
    static Measured underAttack(Backends backends) throws Exception {
        try (Jvm child = start(
                "attack",
                backends.redis().uri(),
                backends.memcached().address(),
                "-Xmx256m",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:+UseG1GC")) {
            var unused = child.ask("attack");
            Thread.sleep(2_500);
            RedisNode primary = backends.anyPrimary();
            primary.pause();
            try {
                Thread.sleep(1_500);
            } finally {
                primary.resume();
            }
            Thread.sleep(1_000);
            String[] counts = child.ask("attacked").split(" ", -1);
            long failures = Long.parseLong(counts[1]);
            return Measured.of(
                    Long.parseLong(counts[0]),
                    failures == 0 ? Map.of() : Map.of("exceptions", (int) failures),
                    0,
                    List.of(),
                    List.of("no OutOfMemoryError; L1 weighs " + Long.parseLong(counts[3]) / (1 << 20)
                            + " of 24 MB after " + counts[4] + " evictions; " + counts[2] + " writes failed"));
        } finally {
            backends.primaries().keySet().forEach(node -> backends.ask(node, RedisCommands::flushall));
            backends.awaitReady();
        }
    }

    /**
     * The name is forgotten, then the server is lost and comes back under the same address. Not with Redis: there, Netty
     * asks the name servers itself, and after the first connection nodes are known by their addresses.
     */
    static Measured withoutNames(Backends backends) throws Exception {
        int count = 60;
        Path hosts = Files.createTempFile("tiercel-hosts", ".txt");
        String localhost = "127.0.0.1 localhost\n";
        Files.writeString(hosts, localhost + "127.0.0.1 " + HOST + "\n");
        try (Jvm child = start(
                "names",
                backends.redis().uri(),
                HOST + ":" + backends.memcached().port(),
                "-Xmx256m",
                "-Djdk.net.hosts.file=" + hosts,
                "-Dsun.net.inetaddr.ttl=0",
                "-Dsun.net.inetaddr.negative.ttl=0")) {
            int before = Integer.parseInt(child.ask("put a " + count));
            Files.writeString(hosts, localhost);
            backends.memcached().kill();
            String[] during = child.ask("find b " + count).split(" ", -1);
            backends.memcached().restart();
            Thread.sleep(2_000);
            int after = Integer.parseInt(child.ask("put c " + count));
            List<String> broken = new ArrayList<>();
            if (!during[1].equals("0")) {
                broken.add(during[1] + " reads failed");
            }
            if (before < count * 9 / 10 || after < count * 9 / 10) {
                broken.add("confirmed by all tiers: " + before + " of " + count + " before, " + after + " after");
            }
            return Measured.of(
                    count,
                    Map.of(),
                    0,
                    broken,
                    List.of("name gone and memcached restarted: 2 s later " + after + " of " + count
                            + " writes are confirmed by it"));
        } finally {
            Files.delete(hosts);
        }
    }
}
