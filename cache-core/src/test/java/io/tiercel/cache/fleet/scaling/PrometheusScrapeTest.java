package io.tiercel.cache.fleet.scaling;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrometheusScrapeTest {
    /** As Micrometer writes it for a service with G1 and two pools of connections. */
    private static final String MICROMETER = """
            # HELP process_cpu_usage The "recent cpu usage" for the Java Virtual Machine process
            # TYPE process_cpu_usage gauge
            process_cpu_usage 0.43
            # TYPE jvm_memory_used_bytes gauge
            jvm_memory_used_bytes{area="heap",id="G1 Eden Space"} 2.0E8
            jvm_memory_used_bytes{area="heap",id="G1 Old Gen"} 3.0E8
            jvm_memory_used_bytes{area="heap",id="G1 Survivor Space"} 0.0
            jvm_memory_used_bytes{area="nonheap",id="Metaspace"} 9.0E9
            # TYPE jvm_memory_max_bytes gauge
            jvm_memory_max_bytes{area="heap",id="G1 Eden Space"} -1.0
            jvm_memory_max_bytes{area="heap",id="G1 Old Gen"} 1.0E9
            jvm_memory_max_bytes{area="heap",id="G1 Survivor Space"} -1.0
            jvm_memory_max_bytes{area="nonheap",id="Metaspace"} -1.0
            hikaricp_connections{pool="orders",} 10.0
            hikaricp_connections{pool="a \\"quoted\\" } = \\\\ one"} 5.0 1764072000000
            hikaricp_connections_active{pool="orders"} 3.0
            http_server_requests_seconds_bucket{uri="/",le="+Inf"} 7 # {trace_id="x"} 0.1
            something_broken NaN
            something_large +Inf
            """;

    private final PrometheusScrape scrape = new PrometheusScrape(ScrapeNames.MICROMETER);

    // ---- reading

    @Test
    void a_page_of_Micrometer_is_read() {
        AppMetrics metrics = scrape.parse(MICROMETER);

        assertThat(metrics.cpu()).isEqualTo(OptionalDouble.of(0.43));
        assertThat(metrics.memory()).isEqualTo(OptionalDouble.of(0.5)); // (2 + 3) / 10
        assertThat(metrics.connections()).isEqualTo(OptionalDouble.of(15));
    }

    @Test
    void lines_may_end_with_CR_and_the_last_one_with_nothing() {
        String page = MICROMETER.strip().replace("\n", "\r\n");

        assertThat(scrape.parse(page)).isEqualTo(scrape.parse(MICROMETER));
    }

    @Test
    void connections_in_use_are_the_second_choice() {
        assertThat(scrape.parse("hikaricp_connections_active{pool=\"a\"} 3\n").connections())
                .isEqualTo(OptionalDouble.of(3));
    }

    @Test
    void what_is_not_there_or_no_number_is_unknown() {
        AppMetrics nothing = new AppMetrics(OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty());

        assertThat(scrape.parse("")).isEqualTo(nothing);
        assertThat(scrape.parse("process_cpu_usage NaN\njvm_memory_used_bytes{area=\"heap\"} 5\n"))
                .isEqualTo(nothing);
    }

    @Test
    void other_names_can_be_given() {
        ScrapeNames names = new ScrapeNames("cpu", "rss", "limit", "", List.of("db:open"));

        AppMetrics metrics = new PrometheusScrape(names).parse("cpu 0.1\nrss 2\nlimit 8\ndb:open 4\n");

        assertThat(metrics)
                .isEqualTo(new AppMetrics(OptionalDouble.of(0.1), OptionalDouble.of(0.25), OptionalDouble.of(4)));
        assertThatThrownBy(() -> new ScrapeNames("c pu", "rss", "limit", "", List.of("x")))
                .hasMessage("cpu must be the name of a metric: \"c pu\"");
        assertThatThrownBy(() -> new ScrapeNames("cpu", "rss", "limit", "heap", List.of("x")))
                .hasMessage("memoryLabel must be name=value: \"heap\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<html>",
                "{\"cpu\":1}",
                "name",
                "name{",
                "name{a}",
                "name{a=1} 1",
                "name{a=\"1} 1",
                "name{a=\"1\" 1",
                "name{a=\"1\"b=\"2\"} 1",
                "name{a=\"1\\",
                "9name 1",
                "name one",
                "name 1.2.3",
                "name 0x1",
                "name 1d",
                "name{=\"1\"} 1",
                "name 1e99999"
            })
    void another_document_is_refused_with_its_line(String line) {
        assertThatThrownBy(() -> scrape.parse("a 1\n" + line + "\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching("line 2 must .*");
    }

    @Test
    void sizes_are_bounded() {
        assertThatThrownBy(() -> scrape.parse("a".repeat(PrometheusScrape.LONGEST + 1)))
                .hasMessage("page must have 4194304 characters at most: 4194305");
        assertThatThrownBy(() -> scrape.parse("a".repeat(20_000)))
                .hasMessage("line 1 must have 16384 characters at most: 20000");
        assertThatThrownBy(() -> scrape.parse("a{" + "b=\"c\",".repeat(65) + "} 1"))
                .hasMessage("line 1 must have 64 labels at most");
    }

    @Test
    void garbage_is_refused_or_read_and_nothing_else_happens() {
        Random random = new Random(3);
        for (int i = 0; i < 5_000; i++) {
            StringBuilder page = new StringBuilder(MICROMETER);
            for (int change = 1 + random.nextInt(5); change > 0; change--) {
                page.setCharAt(random.nextInt(page.length()), (char) random.nextInt(256));
            }
            try {
                scrape.parse(page.substring(0, random.nextInt(page.length())));
            } catch (IllegalArgumentException refused) {
                assertThat(refused.getMessage()).startsWith("line ");
            }
        }
    }

    // ---- fetching

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpClient client = HttpClient.newBuilder().executor(threads).build();
    private final CountDownLatch over = new CountDownLatch(1);
    private @Nullable HttpServer server;

    @AfterEach
    void stop() {
        over.countDown();
        if (server != null) {
            server.stop(0);
        }
        threads.shutdownNow();
    }

    @Test
    void a_page_is_fetched() throws Exception {
        serve(200, MICROMETER.getBytes(UTF_8));

        assertThat(scraper(Duration.ofSeconds(30)).fetch().get(30, TimeUnit.SECONDS))
                .isEqualTo(scrape.parse(MICROMETER));
    }

    @Test
    void another_status_is_an_error() throws Exception {
        serve(503, MICROMETER.getBytes(UTF_8));

        assertThatThrownBy(() -> scraper(Duration.ofSeconds(30)).fetch().get(30, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseInstanceOf(IOException.class)
                .hasRootCauseMessage("the application's metrics must be answered by 200: 503");
    }

    @Test
    void a_page_that_is_too_long_is_given_up() throws Exception {
        serve(200, new byte[PrometheusScrape.LONGEST + 1]);

        assertThatThrownBy(() -> scraper(Duration.ofSeconds(30)).fetch().get(30, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasStackTraceContaining("must have 4194304 bytes at most");
    }

    @Test
    void a_body_that_does_not_end_is_given_up() throws Exception {
        HttpServer server = listening();
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write("a 1\n".getBytes(UTF_8));
            exchange.getResponseBody().flush();
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();

        assertThatThrownBy(() -> scraper(Duration.ofMillis(500)).fetch().get(30, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseInstanceOf(TimeoutException.class);
    }

    @Test
    void an_address_that_is_none_of_HTTP_is_refused() {
        assertThatThrownBy(() -> new AppScraper(
                        client, URI.create("file:///etc/passwd"), Duration.ofSeconds(1), ScrapeNames.MICROMETER))
                .hasMessage("page must be an address that begins with http:// or https://");
    }

    private void serve(int status, byte[] body) throws IOException {
        HttpServer server = listening();
        server.createContext("/", exchange -> {
            try (exchange) {
                exchange.sendResponseHeaders(status, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        server.start();
    }

    private HttpServer listening() throws IOException {
        HttpServer listening = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        listening.setExecutor(threads);
        server = listening;
        return listening;
    }

    private AppScraper scraper(Duration timeout) {
        URI page = URI.create(
                "http://127.0.0.1:" + requireNonNull(server).getAddress().getPort() + "/actuator/prometheus");
        return new AppScraper(client, page, timeout, ScrapeNames.MICROMETER);
    }
}
