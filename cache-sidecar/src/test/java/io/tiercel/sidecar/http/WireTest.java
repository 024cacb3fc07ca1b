package io.tiercel.sidecar.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.sidecar.http.HttpConfig.Limits;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP as bytes: what proxies in front may read otherwise is refused, and what is right goes on. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class WireTest {
    private static final String BODY = "{\"ttl\":3600}";

    private final Serving serving =
            Serving.start(config -> Serving.with(config, Serving.limits(Duration.ofMillis(700))));
    private final int open = serving.server.readOnlyPort();
    private final int admin = serving.server.adminPort();

    @AfterAll
    void close() {
        serving.close();
    }

    /** What follows the first line is on the wire as it is here; {@code |} stands for a line's end. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /health HTTP/9.9|Host: localhost||",
                "GET /health HTTP/2.0|Host: localhost||",
                "GET /health HTTP/1.2|Host: localhost||",
                "GET /health HTTP/0.9|Host: localhost||",
                "GET /health HTTP/1.1x|Host: localhost||",
                "GET /health|Host: localhost||",
                "GET  /health  HTTP/1.1 x|Host: localhost||",
                "GET http://localhost/health HTTP/1.1|Host: localhost||",
                "GET * HTTP/1.1|Host: localhost||",
                "GET health HTTP/1.1|Host: localhost||",
                "GET /health HTTP/1.1|Host: localhost|X-Folded: a| b||",
                "GET /health HTTP/1.1|Host: localhost|X-Folded: a|\tb||",
                "GET /health HTTP/1.1| Host: localhost||",
                "GET /health HTTP/1.1|Host: localhost|Bad Name: a||",
                "GET /health HTTP/1.1|Host : localhost||",
                "GET /health HTTP/1.1|Host: localhost|No-Colon||",
                "GET /health HTTP/1.1|Host: localhost|: empty||",
                "GET /health HTTP/1.1|Host: localhost|X: a\u0000b||",
                "GET /health HTTP/1.1|Host: a b|Connection: close||",
                "GET /health HTTP/1.1|Host: user@localhost|Connection: close||",
                "GET /health HTTP/1.1|Host: localhost:port|Connection: close||",
                "GET /health HTTP/1.1|Host: localhost|Host: localhost||",
                "GET /health HTTP/1.1|X: no host|Connection: close||",
                "\u0001GET /health HTTP/1.1|Host: localhost||",
                "POST /admin/cache/config HTTP/1.1|Host: localhost|Content-Length: 2|Transfer-Encoding: chunked||0||",
                "POST /admin/cache/config HTTP/1.1|Host: localhost|Transfer-Encoding: chunked|Content-Length: 2||0||",
                "POST /admin/cache/config HTTP/1.1|Host: localhost|Transfer-Encoding: gzip||0||",
                "POST /admin/cache/config HTTP/1.1|Host: localhost|Transfer-Encoding: xchunked||0||",
                "POST /admin/cache/config HTTP/1.1|Host: localhost|Transfer-Encoding: gzip, chunked||0||",
                "POST /admin/cache/config HTTP/1.1|Host: localhost|Transfer-Encoding: chunked, identity||0||",
                "POST /admin/cache/config HTTP/1.1|Host: localhost|Transfer-Encoding: chunked|"
                        + "Transfer-Encoding: chunked||0||",
                "POST /admin/cache/config HTTP/1.0|Host: localhost|Transfer-Encoding: chunked||0||",
                "POST /admin/cache/config HTTP/1.1|Host: localhost|Content-Length: 2|Content-Length: 3||{}",
                "POST /admin/cache/config HTTP/1.1|Host: localhost|Content-Length: 2|Content-Length: 2||{}",
                "POST /admin/cache/config HTTP/1.1|Host: localhost|Content-Length: 2, 2||{}",
                "POST /admin/cache/config HTTP/1.1|Host: localhost|Content-Length: -2||{}",
                "POST /admin/cache/config HTTP/1.1|Host: localhost|Content-Length: +2||{}",
                "POST /admin/cache/config HTTP/1.1|Host: localhost|Content-Length: two||{}",
                "POST /admin/cache/config HTTP/1.1|Host: localhost|Transfer-Encoding: chunked||zz|{}|0||",
                "POST /admin/cache/config HTTP/1.1|Host: localhost|Transfer-Encoding: chunked||-2|{}|0||",
                "GET /cache/keys/%zz HTTP/1.1|Host: localhost|Connection: close||",
                "GET /cache/keys/%4 HTTP/1.1|Host: localhost|Connection: close||",
                "GET /cache/keys/\u00e4 HTTP/1.1|Host: localhost|Connection: close||"
            })
    void what_is_not_http_is_refused_and_ends_the_connection(String request) throws Exception {
        String reply = serving.raw(admin, request.replace("|", "\r\n"));

        assertThat(reply).startsWith("HTTP/1.1 400 Bad Request\r\n").containsIgnoringCase("\r\nConnection: close\r\n");
        assertThat(reply).contains("application/problem+json").doesNotContain("xception");
        assertThat(reply.split("HTTP/1\\.1 [0-9]", -1)).hasSize(2);
    }

    @Test
    void lines_that_end_without_a_carriage_return_are_refused() throws Exception {
        assertThat(serving.raw(open, "GET /health HTTP/1.1\nHost: localhost\n\n"))
                .startsWith("HTTP/1.1 400");
    }

    @Test
    void a_folded_header_is_found_however_the_network_cuts_it() throws Exception {
        byte[] request = "GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n".getBytes(ISO_8859_1);
        for (int cut = 1; cut < request.length; cut++) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), open)) {
                socket.setTcpNoDelay(true);
                OutputStream out = socket.getOutputStream();
                out.write(request, 0, cut);
                out.flush();
                Thread.onSpinWait();
                out.write(request, cut, request.length - cut);
                assertThat(Serving.rest(socket)).as("cut at %s", cut).startsWith("HTTP/1.1 400");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"101, 431", "100, 200"})
    void headers_are_counted(int count, int status) throws Exception {
        // With Host and Connection.
        String headers = "X: y\r\n".repeat(count - 2);
        String request = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n";

        assertThat(serving.raw(open, request)).startsWith("HTTP/1.1 " + status);
    }

    @Test
    void what_no_reply_waits_for_is_cut_off_in_time() throws Exception {
        for (String part : List.of("G", "GET /health HTTP/1.1\r\n", "GET /health HTTP/1.1\r\nHost: localhost\r\n")) {
            assertThat(serving.raw(open, part)).as(part).startsWith("HTTP/1.1 408");
        }
        String body = "POST /admin/cache/config HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n{\"ttl\"";
        assertThat(serving.raw(admin, body)).startsWith("HTTP/1.1 408");
        String chunks =
                "POST /admin/cache/config HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{";
        assertThat(serving.raw(admin, chunks)).startsWith("HTTP/1.1 408");
        assertThat(serving.raw(open, "")).isEmpty();
        assertThat(serving.live.cache().ttl()).isNotEqualTo(Duration.ofHours(1));
    }

    @Test
    void a_body_that_drips_is_cut_off_however_often_a_byte_comes() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), admin)) {
            OutputStream out = socket.getOutputStream();
            write(out, "POST /admin/cache/config HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n");
            long begin = System.nanoTime();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> !drip(out));
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(600));
        }
    }

    private static boolean drip(OutputStream out) throws IOException {
        try {
            write(out, " ");
            return true;
        } catch (SocketException e) {
            return false;
        }
    }

    @Test
    void the_time_for_a_request_begins_anew_with_each() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), open)) {
            BufferedReader in = reader(socket);
            for (int i = 0; i < 4; i++) {
                Awaitility.await().pollDelay(Duration.ofMillis(300)).until(() -> true);
                write(socket.getOutputStream(), "GET /health/started HTTP/1.1\r\nHost: localhost\r\n\r\n");
                assertThat(read(in)).startsWith("HTTP/1.1 200");
            }
        }
    }

    @Test
    void requests_that_are_sent_ahead_are_answered_in_order() throws Exception {
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 500; i++) {
            requests.append("GET /cache/keys/k").append(i).append(" HTTP/1.1\r\nHost: localhost\r\n\r\n");
            requests.append(
                    "POST /admin/cache/config HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{\"ttl\":0}");
        }
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), admin)) {
            Thread sender = new Thread(() -> {
                try {
                    write(socket.getOutputStream(), requests.toString());
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            sender.start();
            BufferedReader in = reader(socket);
            for (int i = 0; i < 500; i++) {
                assertThat(read(in)).startsWith("HTTP/1.1 200").contains("\"key\":\"k" + i + "\"");
                assertThat(read(in)).startsWith("HTTP/1.1 422");
            }
            sender.join();
        }
    }

    @Test
    void a_connection_goes_on_after_refusals() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), admin)) {
            BufferedReader in = reader(socket);
            OutputStream out = socket.getOutputStream();
            write(out, "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(read(in)).startsWith("HTTP/1.1 404");
            write(out, "POST /admin/cache/config HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n{");
            assertThat(read(in)).startsWith("HTTP/1.1 400");
            write(out, "DELETE /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(read(in)).startsWith("HTTP/1.1 405");
            write(out, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(read(in)).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void chunks_are_a_body_too() throws Exception {
        String head = "POST /admin/rate-limit/update?dry_run=true HTTP/1.1\r\nHost: localhost\r\n";
        String request = head.concat("Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
                .concat("6\r\n{\"burs\r\n8\r\nt\":2000}\r\n0\r\n\r\n");

        assertThat(serving.raw(admin, request)).startsWith("HTTP/1.1 200").contains("\"burst\":2000");
    }

    @Test
    void chunks_are_bounded_as_a_whole() throws Exception {
        String chunk = "1000\r\n" + " ".repeat(4_096) + "\r\n";
        String request = "POST /admin/cache/config HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                + chunk.repeat(17);

        assertThat(serving.raw(admin, request)).startsWith("HTTP/1.1 413").contains("Connection: close");
    }

    @Test
    void a_body_that_is_too_long_is_refused_before_it_is_sent() throws Exception {
        String head =
                "POST /admin/cache/config HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: ";

        for (String length : List.of("65537", "9223372036854775807")) {
            assertThat(serving.raw(admin, head + length + "\r\n\r\n")).startsWith("HTTP/1.1 413");
        }
    }

    @Test
    void a_client_that_asks_whether_to_go_on_is_told_so() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), admin)) {
            BufferedReader in = reader(socket);
            OutputStream out = socket.getOutputStream();
            write(out, "POST /admin/cache/config?dry_run=true HTTP/1.1\r\nHost: localhost\r\n");
            write(out, "Expect: 100-continue\r\nContent-Length: 12\r\n\r\n");
            assertThat(in.readLine()).isEqualTo("HTTP/1.1 100 Continue");
            assertThat(in.readLine()).isEmpty();
            write(out, BODY);
            assertThat(read(in)).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void http_1_0_is_answered_and_the_connection_closed() throws Exception {
        assertThat(serving.raw(open, "GET /ready HTTP/1.0\r\n\r\n"))
                .startsWith("HTTP/1.1 200")
                .contains("Connection: close");
    }

    @Test
    void every_reply_has_the_headers_that_browsers_heed() throws Exception {
        for (String path : List.of("/", "/health", "/nothing", "/page/page.css")) {
            String reply = serving.raw(
                    open,
                    "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a\r\nConnection: close\r\n\r\n");
            assertThat(reply)
                    .contains("X-Content-Type-Options: nosniff")
                    .contains("Cache-Control: no-store")
                    .contains("Content-Security-Policy: default-src 'self'")
                    .doesNotContain("Access-Control");
        }
    }

    @Test
    void connections_beyond_the_limit_are_turned_away_and_the_others_served() throws Exception {
        Limits limits = Limits.defaults();
        Limits few = new Limits(
                5,
                limits.line(),
                limits.headers(),
                limits.headerCount(),
                limits.body(),
                limits.request(),
                limits.idle(),
                limits.handling(),
                limits.mutationsPerSecond(),
                limits.tokenRefresh());
        List<Socket> sockets = new ArrayList<>();
        try (Serving small = Serving.start(config -> Serving.with(config, few))) {
            for (int i = 0; i < 5; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), small.server.readOnlyPort());
                sockets.add(socket);
                write(socket.getOutputStream(), "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
                assertThat(read(reader(socket))).startsWith("HTTP/1.1 200");
            }

            assertThat(small.raw(small.server.readOnlyPort(), "")).startsWith("HTTP/1.1 503");
            assertThat(small.get(small.admin("/health")).statusCode()).isEqualTo(200);

            sockets.get(0).close();
            Awaitility.await()
                    .untilAsserted(() -> assertThat(small.raw(
                                    small.server.readOnlyPort(),
                                    "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                            .startsWith("HTTP/1.1 200"));
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(ISO_8859_1));
        out.flush();
    }

    private static BufferedReader reader(Socket socket) throws IOException {
        socket.setSoTimeout(15_000);
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
    }

    /** One reply, its status line first. */
    private static String read(BufferedReader in) throws IOException {
        StringBuilder reply = new StringBuilder();
        int length = 0;
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            reply.append(line).append('\n');
            if (line.startsWith("Content-Length: ")) {
                length = Integer.parseInt(line.substring(16));
            }
        }
        for (int i = 0; i < length; i++) {
            reply.append((char) in.read());
        }
        return reply.toString();
    }
}
