package io.tiercel.sidecar.coherence;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.embedded.RedisServer;
import io.tiercel.sidecar.Launched;
import io.tiercel.sidecar.coherence.Checker.Promise;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warm-ups bring keys into memory all the time while clients of two sidecars write and read these very keys: whatever was
 * read before a change must not be there after it. Seen to fail when LocalCopies.keep looks at no ticket.
 */
final class WarmUpHistoryIT {
    private static final Logger log = LoggerFactory.getLogger(WarmUpHistoryIT.class);
    private static final Duration BOUND = Duration.ofSeconds(1);
    private static final Duration NONE = Duration.ZERO;
    private static final Duration SLACK = Duration.ofMillis(500);
    private static final int SIDECARS = 2;
    private static final int READERS = 2;
    private static final int TIMES = 60;
    private static final int ROUNDS = Integer.getInteger("sidecar.history.rounds", 1) * 50;

    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void a_warm_up_beside_writes_breaks_no_promise() throws Exception {
        History history = new History();
        int begun = 0;
        try (RedisServer redis = RedisServer.start();
                Launched zero = Launched.start("--redis", redis.uri(), "--redis-timeout", "10s", "--pod", "w0");
                Launched one = Launched.start("--redis", redis.uri(), "--redis-timeout", "10s", "--pod", "w1")) {
            List<Launched> sidecars = List.of(zero, one);
            Settled settled = new Settled();
            List<Worker> workers = new ArrayList<>();
            for (int sidecar = 0; sidecar < SIDECARS; sidecar++) {
                int port = sidecars.get(sidecar).port();
                workers.add(Worker.writer(port, sidecar, SIDECARS, settled));
                for (int reader = 0; reader < READERS; reader++) {
                    workers.add(Worker.reader(port, sidecar, reader % 2 == 0, settled));
                }
            }
            workers.forEach(Worker::start);
            try {
                for (int round = 0; round < ROUNDS; round++) {
                    for (Launched sidecar : sidecars) {
                        begun += warmUp(sidecar);
                    }
                    TimeUnit.MILLISECONDS.sleep(110);
                }
                workers.forEach(Worker::stopWriting);
                TimeUnit.MILLISECONDS.sleep(1_500);
            } finally {
                workers.forEach(Worker::stop);
            }
            for (Worker worker : workers) {
                history.addAll(worker.history());
            }
        }
        Map<Promise, List<String>> broken = new Checker(history, BOUND, NONE, NONE, SLACK).check();
        log.info(
                "{} warm-ups, {} writes, {} reads",
                begun,
                history.writes().size(),
                history.reads().size());
        assertThat(broken.entrySet().stream()
                        .map(entry -> entry.getKey() + " " + entry.getValue().size() + " times, such as "
                                + entry.getValue().get(0))
                        .collect(joining("\n")))
                .isEmpty();
        assertThat(begun).isGreaterThan(5);
        assertThat(history.writes()).hasSizeGreaterThan(300);
        assertThat(history.reads()).hasSizeGreaterThan(5_000);
    }

    /** Every key many times over, so that it is read again while it is being written. */
    private int warmUp(Launched sidecar) throws Exception {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < TIMES; i++) {
            IntStream.range(0, Worker.KEYS)
                    .mapToObj(key -> "\"" + Worker.key(key) + "\"")
                    .forEach(keys::add);
        }
        Collections.shuffle(keys);
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + sidecar.adminPort() + "/admin/cache/warm-up"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"rate\":40000,\"concurrency\":16,\"keys\":[" + String.join(",", keys) + "]}"))
                .build();
        int status = http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        assertThat(status).isIn(202, 409);
        return status == 202 ? 1 : 0;
    }
}
