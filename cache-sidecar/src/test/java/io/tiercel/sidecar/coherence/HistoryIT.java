package io.tiercel.sidecar.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.embedded.Faults;
import io.tiercel.embedded.Memcached;
import io.tiercel.embedded.RedisCluster;
import io.tiercel.embedded.RedisNode;
import io.tiercel.embedded.RedisOptions;
import io.tiercel.sidecar.Launched;
import io.tiercel.sidecar.coherence.Checker.Promise;
import io.tiercel.sidecar.coherence.History.Fault;
import io.tiercel.sidecar.coherence.History.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clients of three sidecars, one of them a process of its own, write and read while connections, servers and that process
 * break; afterwards every read is checked.
 */
final class HistoryIT {
    private static final Logger log = LoggerFactory.getLogger(HistoryIT.class);
    private static final int ROUNDS = Integer.getInteger("sidecar.history.rounds", 1);
    private static final boolean ALL_FAULTS = Boolean.getBoolean("sidecar.history.all");
    private static final Duration BOUND = Duration.ofSeconds(1);
    private static final Duration STALE_IF_DOWN = Duration.ofSeconds(5);
    private static final Duration HEALING = Duration.ofSeconds(2);
    private static final Duration SLACK = Duration.ofMillis(500);
    private static final int READERS = 2;
    private static final int SIDECARS = 3;

    private final Map<String, Breakage> faults = new LinkedHashMap<>();
    private final SplittableRandom random = new SplittableRandom(Long.getLong("sidecar.history.seed", 1));
    private final History history = new History();

    /** Something that breaks and heals; it adds to the history when. */
    private interface Breakage {
        void run() throws Exception;
    }

    @Test
    void no_read_breaks_a_promise() throws Exception {
        Optional<Memcached> memcached = Memcached.startIfAvailable();
        try (RedisCluster cluster = RedisCluster.start(
                        RedisOptions.of(3, 0).withProxies().withConfigLines("appendonly yes", "appendfsync always"));
                SidecarProcess zero = new SidecarProcess(flags(cluster, memcached, 0));
                Launched one = Launched.start(flags(cluster, memcached, 1));
                Launched two = Launched.start(flags(cluster, memcached, 2))) {
            int[] ports = {zero.port(), one.port(), two.port()};
            Settled settled = new Settled();
            addFaults(cluster, zero);
            List<Worker> workers = new ArrayList<>();
            for (int sidecar = 0; sidecar < SIDECARS; sidecar++) {
                workers.add(Worker.writer(ports[sidecar], sidecar, SIDECARS, settled));
                for (int reader = 0; reader < READERS; reader++) {
                    workers.add(Worker.reader(ports[sidecar], sidecar, reader % 2 == 0, settled));
                }
            }
            workers.forEach(Worker::start);
            try {
                TimeUnit.MILLISECONDS.sleep(1_500);
                for (int round = 0; round < ROUNDS; round++) {
                    for (Map.Entry<String, Breakage> fault : faults.entrySet()) {
                        settled.broken();
                        fault.getValue().run();
                        settled.healed();
                        TimeUnit.MILLISECONDS.sleep(2_500);
                    }
                }
                workers.forEach(Worker::stopWriting);
                TimeUnit.SECONDS.sleep(2);
            } finally {
                workers.forEach(Worker::stop);
            }
            for (Worker worker : workers) {
                history.addAll(worker.history());
            }
            atRest(ports);
        } finally {
            memcached.ifPresent(Memcached::close);
        }
        judge();
    }

    private static String[] flags(RedisCluster cluster, Optional<Memcached> memcached, int sidecar) {
        List<String> flags =
                new ArrayList<>(List.of("--redis", cluster.uri(), "--redis-timeout", "1s", "--pod", "h" + sidecar));
        memcached.ifPresent(one -> flags.addAll(List.of("--memcached", one.address())));
        return flags.toArray(String[]::new);
    }

    // ---- what breaks

    private void addFaults(RedisCluster cluster, SidecarProcess process) {
        // Copies are not vouched for, but Redis can be asked: nothing may be older than ever.
        faults.put("connections of the change feeds killed for 2 s", () -> {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
            while (System.nanoTime() < end) {
                killFeeds(cluster);
                TimeUnit.MILLISECONDS.sleep(20);
            }
        });
        faults.put("links of sidecar 1 frozen", () -> links(cluster, 1, Faults::freeze, 2_500));
        faults.put(
                "sidecar 0 stopped",
                () -> during("stopped", 0, () -> {
                    process.signal("STOP");
                    TimeUnit.MILLISECONDS.sleep(2_000);
                    process.signal("CONT");
                }));
        faults.put(
                "a Redis node stopped",
                () -> during("node stopped", -1, () -> {
                    RedisNode node = any(cluster);
                    node.pause();
                    TimeUnit.MILLISECONDS.sleep(1_500);
                    node.resume();
                }));
        if (!ALL_FAULTS) {
            return;
        }
        faults.put(
                "sidecar 2 hears nothing",
                () -> links(cluster, 2, links -> links.freeze(Faults.Direction.TO_CLIENT), 2_500));
        faults.put(
                "sidecar 1 is not heard",
                () -> links(cluster, 1, links -> links.freeze(Faults.Direction.TO_SERVER), 2_500));
        faults.put(
                "all links reset",
                () -> during(
                        "reset",
                        -1,
                        () -> cluster.nodes().forEach(node -> node.proxy().all().reset())));
        faults.put(
                "links of sidecar 2 slow",
                () -> links(
                        cluster, 2, links -> links.delay(Faults.Direction.TO_CLIENT, Duration.ofMillis(60)), 2_500));
        faults.put(
                "a Redis node killed",
                () -> during("node killed", -1, () -> {
                    RedisNode node = any(cluster);
                    node.kill();
                    TimeUnit.MILLISECONDS.sleep(1_000);
                    node.restart();
                    cluster.awaitReady(Duration.ofSeconds(20));
                }));
    }

    private static void killFeeds(RedisCluster cluster) throws Exception {
        for (RedisNode node : cluster.nodes()) {
            try (RespClient client = new RespClient(node.directPort())) {
                String all = String.valueOf(client.ask("CLIENT", "LIST"));
                for (String line : all.split("\n", -1)) {
                    if (line.matches(".* flags=\\w*t\\w* .*")) {
                        client.ask("CLIENT", "KILL", "ID", line.replaceFirst("^id=(\\d+) .*", "$1"));
                    }
                }
            }
        }
    }

    private RedisNode any(RedisCluster cluster) {
        return cluster.node(random.nextInt(cluster.nodes().size()));
    }

    private void links(RedisCluster cluster, int sidecar, java.util.function.Consumer<Faults> fault, long millis)
            throws Exception {
        List<Faults> links = cluster.nodes().stream()
                .map(node -> node.proxy().client("tiercel-sidecar-h" + sidecar))
                .toList();
        during("links", sidecar, () -> {
            try {
                links.forEach(fault);
                TimeUnit.MILLISECONDS.sleep(millis);
            } finally {
                links.forEach(Faults::pass);
            }
        });
    }

    private void during(String name, int sidecar, Breakage breakage) throws Exception {
        long begin = System.nanoTime();
        breakage.run();
        history.add(new Fault(name, sidecar, begin, System.nanoTime()));
    }

    // ---- what is found

    private void atRest(int[] ports) throws Exception {
        for (int key = 0; key < Worker.KEYS; key++) {
            List<String> all = new ArrayList<>();
            for (int sidecar = 0; sidecar < SIDECARS; sidecar++) {
                try (RespClient client = new RespClient(ports[sidecar])) {
                    long start = System.nanoTime();
                    Object reply = client.ask("GET", Worker.key(key));
                    history.add(Worker.read(key, reply, sidecar, -1 - sidecar, start, true));
                    all.add(String.valueOf(reply));
                }
            }
            assertThat(all.stream().distinct())
                    .as("%s at rest: %s", Worker.key(key), all)
                    .hasSize(1);
        }
    }

    private void judge() {
        Checker checker = new Checker(history, BOUND, STALE_IF_DOWN, HEALING, SLACK);
        Map<Promise, List<String>> broken = checker.check();
        log.info(
                "{} faults; {} writes, {} of them failed; {} reads, {} of them failed; oldest value of a sidecar that was"
                        + " well {} ms, of one in a fault {} ms",
                faults.keySet(),
                history.writes().size(),
                history.writes().stream()
                        .filter(write -> write.outcome() == Outcome.FAILED)
                        .count(),
                history.reads().size(),
                history.reads().stream()
                        .filter(read -> read.outcome() == Outcome.FAILED)
                        .count(),
                checker.oldestHealthyMillis(),
                checker.oldestInFaultMillis());
        String report = broken.entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue().size() + " times, such as\n  "
                        + entry.getValue().stream().limit(3).collect(Collectors.joining("\n  ")))
                .collect(Collectors.joining("\n"));
        assertThat(broken).as(report + "\nfaults " + history.faults()).isEmpty();
        assertThat(history.writes()).hasSizeGreaterThan(500);
        assertThat(history.reads()).hasSizeGreaterThan(5_000);
    }
}
