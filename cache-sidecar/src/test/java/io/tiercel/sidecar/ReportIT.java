package io.tiercel.sidecar;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.embedded.RedisServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Two sidecars over the end of a minute, which is why it takes up to two. */
@Timeout(240)
class ReportIT {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private static HttpResponse<String> report(RunningSidecar pod, String query) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + pod.httpPort(true) + "/admin/scaling/report" + query);
        return HTTP.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }

    private static JsonNode json(RunningSidecar pod) throws Exception {
        return JsonMapper.shared().readTree(report(pod, "").body());
    }

    @Test
    void what_two_pods_have_counted_is_in_the_report_of_each() throws Exception {
        try (RedisServer server = RedisServer.start();
                RunningSidecar one = RunningSidecar.with(
                        "--redis", server.uri(), "--pod", "one", "--price-pod-hour", "0.6", "--price-currency", "EUR");
                RunningSidecar other = RunningSidecar.with("--redis", server.uri(), "--pod", "other");
                RawClient first = one.awaitRedis().client();
                RawClient second = other.awaitRedis().client()) {
            assertThat(first.ask("SET", "there", "1")).isEqualTo("+OK\r\n");
            for (int i = 0; i < 40; i++) {
                first.ask("GET", "there");
                second.ask("GET", "absent");
            }

            await().atMost(ofSeconds(150))
                    .pollInterval(ofSeconds(1))
                    .until(() -> json(other).at("/reads").asLong() >= 80);

            JsonNode json = json(one);
            assertThat(json.at("/reads").asLong()).isEqualTo(80);
            assertThat(json.at("/loads_avoided").asLong()).isEqualTo(40);
            assertThat(json.at("/loads_at_source").asLong()).isEqualTo(40);
            assertThat(json.at("/hit_ratio/any").asDouble()).isEqualTo(0.5);
            assertThat(json.at("/replicas/max").asInt()).isEqualTo(2);
            assertThat(json.at("/minutes").asInt()).isEqualTo(60);
            assertThat(json.at("/minutes_recorded").asInt()).isBetween(1, 3);
            // 0.6 for an hour of a pod is 0.01 for a minute.
            assertThat(json.at("/cost/total").asDouble())
                    .isCloseTo(json.at("/pod_hours").asDouble() * 0.6, org.assertj.core.data.Offset.offset(1e-5));
            assertThat(json(other).at("/cost").isNull()).isTrue();
            HttpResponse<String> page = report(other, "?format=html");
            assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
            assertThat(page.body()).contains("data-field=\"loads-avoided\">40<");
        }
    }
}
