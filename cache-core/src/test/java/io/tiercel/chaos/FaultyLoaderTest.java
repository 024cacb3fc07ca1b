package io.tiercel.chaos;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tiercel.cache.BulkLoader;
import io.tiercel.cache.BulkLoadingException;
import io.tiercel.cache.CacheLoadingException;
import io.tiercel.cache.ContextLoader;
import io.tiercel.cache.Loader;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.chaos.FaultyLoader;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FaultyLoaderTest {
    private final FaultyLoader source = new FaultyLoader().seed(7);
    private final Loader<String, String> loader = source.wrap(key -> "value of " + key);
    private final ContextLoader<String, String> withContext = source.wrap((key, context) -> "value of " + key);
    private final BulkLoader<String, String> bulk = source.wrapBulk(keys -> {
        Map<String, String> found = new HashMap<>();
        keys.forEach(key -> found.put(key, "value of " + key));
        return found;
    });

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final TieredCache<String, String> cache = TieredCache.<String, String>builder("users")
            .local(LocalTier.maximumSize(100))
            .policy(p -> p.ttl(Duration.ofMinutes(1)))
            .build();

    @AfterEach
    void close() {
        source.heal();
        threads.shutdownNow();
        cache.close();
    }

    @Test
    void without_a_fault_every_kind_loads_and_is_counted() {
        Function<String, String> function = key -> "value of " + key;

        assertThat(cache.get("a", loader)).isEqualTo("value of a");
        assertThat(cache.get("b", withContext)).isEqualTo("value of b");
        assertThat(cache.getAll(List.of("c", "d"), bulk)).hasSize(2);
        assertThat(cache.get("e", source.wrap(function::apply))).isEqualTo("value of e");

        assertThat(source.calls()).isEqualTo(4);
        assertThat(source.keys()).isEqualTo(5);
        assertThat(source.failures()).isZero();
        assertThat(source.inFlight()).isZero();
    }

    @Test
    void a_failure_is_the_one_that_was_asked_for() {
        source.fail(() -> new IOException("down"));

        assertThatThrownBy(() -> cache.get("a", loader))
                .isInstanceOf(CacheLoadingException.class)
                .hasRootCauseInstanceOf(IOException.class);
        assertThatThrownBy(() -> cache.get("a", withContext)).hasRootCauseInstanceOf(IOException.class);
        assertThatThrownBy(() -> cache.getAll(List.of("a", "b"), bulk)).isInstanceOf(BulkLoadingException.class);
        assertThat(source.failures()).isEqualTo(3);

        source.heal();
        assertThat(cache.get("c", loader)).isEqualTo("value of c");
    }

    @Test
    void it_fails_with_the_chance_that_was_asked_for() throws Exception {
        source.fail(IllegalStateException::new, 0.5);

        int failed = 0;
        for (int i = 0; i < 100; i++) {
            try {
                loader.load("a");
            } catch (IllegalStateException e) {
                failed++;
            }
        }

        assertThat(failed).isBetween(20, 80).isEqualTo((int) source.failures());
    }

    @Test
    void what_finds_nothing_is_no_failure() throws Exception {
        source.findNothing(1);

        assertThat(loader.load("a")).isNull();
        assertThat(bulk.loadAll(java.util.Set.of("a"))).isEmpty();
        assertThat(cache.get("a", loader)).isNull();
        assertThat(source.failures()).isZero();
    }

    @Test
    void latency_is_waited() throws Exception {
        source.latency(Duration.ofMillis(30), Duration.ofMillis(40));

        long begin = System.nanoTime();
        loader.load("a");

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofMillis(30));
    }

    @Test
    void what_hangs_goes_on_when_it_is_healed_and_was_counted_meanwhile() throws Exception {
        source.hang();
        List<Future<String>> loads = IntStream.range(0, 5)
                .mapToObj(i -> threads.submit(() -> requireNonNull(loader.load("k" + i))))
                .toList();
        await().atMost(Duration.ofSeconds(10)).until(() -> source.inFlight() == 5);

        source.heal();

        for (Future<String> load : loads) {
            assertThat(load.get()).startsWith("value of k");
        }
        assertThat(source.inFlight()).isZero();
        assertThat(source.mostInFlight()).isEqualTo(5);
    }

    @Test
    void what_hangs_ends_when_its_thread_is_interrupted() {
        source.hang();
        CompletableFuture<Throwable> ended = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                loader.load("a");
                ended.complete(new AssertionError("it loaded"));
            } catch (Throwable e) {
                ended.complete(e);
            }
        });
        thread.start();
        await().atMost(Duration.ofSeconds(10)).until(() -> source.inFlight() == 1);

        thread.interrupt();

        assertThat(ended.join()).isInstanceOf(InterruptedException.class);
        assertThat(source.failures()).isEqualTo(1);
    }

    @Test
    void one_load_of_a_cache_serves_all_who_ask_meanwhile() throws Exception {
        source.hang();
        List<Future<String>> reads = IntStream.range(0, 8)
                .mapToObj(i -> threads.submit(() -> requireNonNull(cache.get("a", loader))))
                .toList();
        await().atMost(Duration.ofSeconds(10))
                .until(() -> source.inFlight() == 1 && cache.stats().shared() == 7);

        source.heal();

        for (Future<String> read : reads) {
            assertThat(read.get()).isEqualTo("value of a");
        }
        assertThat(source.calls()).isEqualTo(1);
    }
}
