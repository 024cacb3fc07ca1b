package io.tiercel.sidecar.http;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.tiercel.sidecar.control.CacheSettings;
import io.tiercel.sidecar.control.Controls;
import io.tiercel.sidecar.control.LiveSettings;
import io.tiercel.sidecar.control.QueueSettings;
import io.tiercel.sidecar.control.RateScope;
import io.tiercel.sidecar.control.RateSettings;
import io.tiercel.sidecar.control.StartupSetting;
import io.tiercel.sidecar.http.HttpConfig.Limits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Both ports over a {@link FakeBackend}, and what a test needs to talk to them. */
final class Serving implements AutoCloseable {
    static final JsonMapper MAPPER = JsonMapper.shared();

    final FakeBackend backend = new FakeBackend();
    /** What the clock says at first. */
    static final Instant START = Instant.parse("2026-11-24T12:00:00Z");

    final AtomicReference<Instant> time = new AtomicReference<>(START);
    final LiveSettings live = new LiveSettings(
            new CacheSettings(Duration.ofSeconds(60), false),
            new QueueSettings(true, 10_000, Duration.ofMillis(500)),
            new RateSettings(0, 1_000, RateScope.FLEET));
    final Controls controls;
    final HttpServer server;
    final HttpClient client = HttpClient.newHttpClient();
    private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

    private Serving(HttpConfig config) throws IOException {
        InstantSource clock = time::get;
        controls = new Controls(
                live,
                backend,
                List.of(
                        new StartupSetting("ttl", "60s", "file"),
                        new StartupSetting("resp-port", "6380", "default"),
                        new StartupSetting("password", "***", "environment")),
                scheduler,
                clock);
        server = HttpServer.start(
                config, controls, null, backend, new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
        controls.readiness().started();
    }

    static Serving start() {
        return start(config -> config);
    }

    static Serving start(UnaryOperator<HttpConfig> change) {
        try {
            return new Serving(change.apply(HttpConfig.onLoopback("pod-1", "0.1.0", 0, 0)));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static HttpConfig with(HttpConfig config, Limits limits) {
        return new HttpConfig(
                config.pod(),
                config.version(),
                config.readOnly(),
                config.admin(),
                config.tokens(),
                config.tls(),
                config.allowedHosts(),
                config.hotKeys(),
                limits);
    }

    /** So many changes that no test meets the limit, and times short enough to wait for. */
    static Limits limits(Duration request) {
        Limits defaults = Limits.defaults();
        return new Limits(
                defaults.connections(),
                defaults.line(),
                defaults.headers(),
                defaults.headerCount(),
                defaults.body(),
                request,
                defaults.idle(),
                defaults.handling(),
                1_000_000,
                Duration.ofMillis(50));
    }

    URI open(String path) {
        return URI.create("http://127.0.0.1:" + server.readOnlyPort() + path);
    }

    URI admin(String path) {
        return URI.create("http://127.0.0.1:" + server.adminPort() + path);
    }

    HttpResponse<String> get(URI uri, String... headers) throws Exception {
        return send(HttpRequest.newBuilder(uri), headers);
    }

    HttpResponse<String> post(String path, String body, String... headers) throws Exception {
        return send(HttpRequest.newBuilder(admin(path)).POST(BodyPublishers.ofString(body)), headers);
    }

    HttpResponse<String> send(HttpRequest.Builder request, String... headers) throws Exception {
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.timeout(Duration.ofSeconds(20)).build(), BodyHandlers.ofString());
    }

    static JsonNode json(HttpResponse<String> response) {
        return MAPPER.readTree(response.body());
    }

    /** Sends bytes as they are, and gives what comes until the server closes. */
    String raw(int port, String bytes) throws IOException {
        return raw(port, bytes.getBytes(StandardCharsets.ISO_8859_1));
    }

    String raw(int port, byte[] bytes) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(15_000);
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
            return rest(socket);
        }
    }

    static String rest(Socket socket) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        InputStream in = socket.getInputStream();
        for (int b = in.read(); b >= 0; b = in.read()) {
            all.write(b);
        }
        return all.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        server.close();
        controls.close();
        scheduler.shutdownNow();
    }
}
