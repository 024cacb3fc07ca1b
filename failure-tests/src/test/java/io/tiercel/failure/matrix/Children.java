package io.tiercel.failure.matrix;

import io.lettuce.core.api.sync.RedisCommands;
import io.tiercel.cache.CacheWriteException;
import io.tiercel.cache.TieredCache;
import io.tiercel.embedded.Faults;
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
    private static final String HOST = "redis.failure.test";

    private Children() {}

    private static Jvm start(String name, String redis, Backends backends, String... options) throws IOException {
        List<String> all = new ArrayList<>(List.of(options));
        all.add("-XX:TieredStopAtLevel=1");
        Jvm jvm =
                new Jvm(Child.class, List.of(name, redis, backends.memcached().address()), all.toArray(String[]::new));
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
        try (Jvm child = start("paused", redis, backends, "-Xmx256m");
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

            String[] seen = child.ask("watched " + stopped).split(" ");
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

    /** Values of up to 100 KB by 8 threads, an L1 of 64 MB in a heap of 256 MB, and a primary that hangs meanwhile. */
    static Measured underAttack(Backends backends) throws Exception {
        try (Jvm child = start(
                "attack",
                backends.redis().uri(),
                backends,
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
            String[] counts = child.ask("attacked").split(" ");
            long failures = Long.parseLong(counts[1]);
            return Measured.of(
                    Long.parseLong(counts[0]),
                    failures == 0 ? Map.of() : Map.of("exceptions", (int) failures),
                    0,
                    List.of(),
                    List.of("no OutOfMemoryError; L1 weighs " + Long.parseLong(counts[3]) / (1 << 20)
                            + " of 64 MB after " + counts[4] + " evictions; " + counts[2] + " writes failed"));
        } finally {
            backends.primaries().keySet().forEach(node -> backends.ask(node, RedisCommands::flushall));
            backends.awaitReady();
        }
    }

    /** The name of the seed is forgotten, then all connections are lost: the nodes are known by their addresses. */
    static Measured withoutNames(Backends backends) throws Exception {
        int count = 60;
        Path hosts = Files.createTempFile("tiercel-hosts", ".txt");
        String redis = "redis://" + HOST + ":" + backends.redis().node(0).port();
        String base = "127.0.0.1 localhost\n";
        try {
            Files.writeString(hosts, base + "127.0.0.1 " + HOST + "\n");
            try (Jvm child = start(
                            "names",
                            redis,
                            backends,
                            "-Xmx256m",
                            "-Djdk.net.hosts.file=" + hosts,
                            "-Dsun.net.inetaddr.ttl=0",
                            "-Dsun.net.inetaddr.negative.ttl=0");
                    TieredCache<String, String> writer = Arena.open(
                            "names",
                            "writer",
                            backends.redis().uri(),
                            backends.memcached().address())) {
                for (int i = 0; i < count; i++) {
                    writeUntilAccepted(writer, "a" + i, "found");
                }
                String[] before = child.ask("find a " + count).split(" ");
                Files.writeString(hosts, base);
                backends.redis().nodes().forEach(node -> node.proxy().all().reset());
                String[] during = child.ask("find b " + count).split(" ");
                Thread.sleep(2_000);
                for (int i = 0; i < count; i++) {
                    writeUntilAccepted(writer, "c" + i, "found");
                }
                String[] after = child.ask("find c " + count).split(" ");
                List<String> broken = new ArrayList<>();
                for (String[] one : List.of(before, during, after)) {
                    if (!one[1].equals("0")) {
                        broken.add(one[1] + " reads failed");
                    }
                }
                if (Integer.parseInt(after[0]) < count * 9 / 10) {
                    broken.add("only " + after[0] + " of " + count + " are found in L2 again");
                }
                return Measured.of(
                        3L * count,
                        Map.of(),
                        0,
                        broken,
                        List.of("name gone and all connections reset: " + after[0] + " of " + count
                                + " found in L2 2 s later"));
            }
        } finally {
            backends.redis().nodes().stream().map(node -> node.proxy().all()).forEach(Faults::pass);
            Files.delete(hosts);
        }
    }
}
