package io.tiercel.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** A cold key that everybody wants at once, in four JVMs with 200 threads each: the database is asked once. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class FleetLoadIT {
    private static final int JVMS = 4;
    private static final int THREADS = 200;
    private static final int ROUNDS = 2;
    private static final long LOAD_MILLIS = 1_000;

    /** The lease ends, another loads; and for 600 threads to be served on a machine that has other work to do. */
    private static final Duration PATIENCE =
            Caches.LEASE_TIME.plusSeconds(1).plusMillis(Long.getLong("fleet.allowanceMillis", 500L));

    private final List<Jvm> jvms = new ArrayList<>();
    private Backends backends;
    private Database database;

    @BeforeAll
    void start() throws IOException {
        Backends.memcachedOrSkip().close();
        backends = new Backends();
        database = new Database(ROUNDS + 1);
        for (int i = 0; i < JVMS; i++) {
            Settings settings = new Settings(
                    i,
                    "fleet",
                    backends.redis().uri(),
                    backends.memcached().address(),
                    database.port(),
                    database.keys(),
                    THREADS,
                    0,
                    Caches.TTL,
                    Duration.ZERO,
                    Run.target());
            jvms.add(new Jvm(
                    Crowd.class,
                    settings.words(),
                    Run.target().resolve("instances.log"),
                    "-Xmx512m",
                    "-XX:TieredStopAtLevel=1"));
        }
        for (Jvm jvm : jvms) {
            assertThat(jvm.answer()).isEqualTo("ready");
        }
    }

    @AfterAll
    void stop() throws IOException {
        for (Jvm jvm : jvms) {
            jvm.close();
        }
        if (backends != null) {
            database.close();
            backends.close();
        }
    }

    @Test
    void a_cold_key_is_loaded_once_and_when_its_loader_dies_once_more() throws Exception {
        List<String> broken = new ArrayList<>();
        for (int key = 0; key < ROUNDS; key++) {
            loadTogether(key, broken);
        }
        killTheLoader(ROUNDS, broken);

        Enforced.assertKept(Enforced.FLEET_LOAD, broken);
    }

    private void loadTogether(int key, List<String> broken) throws IOException {
        int before = database.loaders().size();
        tellAll(key);
        List<String> answers = new ArrayList<>();
        for (Jvm jvm : jvms) {
            answers.add(jvm.answer());
        }
        int loads = database.loaders().size() - before;
        System.out.printf(
                "cold key, %d JVMs with %d threads: %d loads; served and ms by JVM %s%n",
                JVMS, THREADS, loads, answers);
        assertThat(answers).allMatch(answer -> answer.startsWith(THREADS + " "));
        if (loads != 1) {
            broken.add(loads + " loads of a cold key");
        }
    }

    private void killTheLoader(int key, List<String> broken) throws Exception {
        int before = database.loaders().size();
        tellAll(key);
        Backends.await("a load", () -> database.loaders().size() > before);
        Thread.sleep(LOAD_MILLIS / 2);
        int victim = database.loaders().get(before);
        long killed = System.nanoTime();
        jvms.get(victim).kill();
        for (int i = 0; i < JVMS; i++) {
            if (i != victim) {
                assertThat(jvms.get(i).answer()).startsWith(THREADS + " ");
            }
        }
        Duration took = Duration.ofNanos(System.nanoTime() - killed);
        int loads = database.loaders().size() - before;
        System.out.printf(
                "cold key, the loading JVM killed: the others were served %,d ms later, %,d allowed; %d loads%n",
                took.toMillis(), PATIENCE.toMillis(), loads);
        if (took.compareTo(PATIENCE) > 0) {
            broken.add("the others waited " + took.toMillis() + " ms for a loader that was dead");
        }
        if (loads != 2) {
            broken.add(loads + " loads with one loader killed");
        }
    }

    private void tellAll(int key) throws IOException {
        for (Jvm jvm : jvms) {
            jvm.tell(key + " " + LOAD_MILLIS);
        }
    }
}
