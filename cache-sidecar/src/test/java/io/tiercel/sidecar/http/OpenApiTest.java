package io.tiercel.sidecar.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The document and the routes say the same. */
final class OpenApiTest {
    private final Serving serving = Serving.start();

    @AfterEach
    void close() {
        serving.close();
    }

    private JsonNode document() throws Exception {
        return Serving.json(serving.get(serving.open("/openapi.json")));
    }

    private List<Route> routes() {
        return Routes.all(
                HttpConfig.onLoopback("p", "v", 0, 0),
                serving.controls,
                null,
                serving.backend,
                new Meters(
                        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
                        serving.backend,
                        serving.controls,
                        null));
    }

    @Test
    void it_is_on_both_ports() throws Exception {
        String open = serving.get(serving.open("/openapi.json")).body();

        assertThat(open).startsWith("{").contains("\"openapi\": \"3.1.0\"");
        assertThat(serving.get(serving.admin("/openapi.json")).body()).isEqualTo(open);
        assertThat(serving.get(serving.admin("/admin/openapi.json")).body()).isEqualTo(open);
    }

    @Test
    void every_route_is_in_it_and_nothing_else_with_the_same_fields() throws Exception {
        Map<String, Set<String>> documented = new TreeMap<>();
        document()
                .at("/paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(operation -> {
                    String name = operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey();
                    documented.put(
                            name,
                            new LinkedHashSet<>(schema(operation.getValue())
                                    .at("/properties")
                                    .propertyNames()));
                }));
        Map<String, Set<String>> routed = new TreeMap<>();
        routes().forEach(route -> routed.put(route.method() + " " + route.path(), route.fields()));

        assertThat(documented).isEqualTo(routed);
    }

    @Test
    void what_needs_a_token_says_so() throws Exception {
        JsonNode paths = document().at("/paths");
        for (Route route : routes()) {
            JsonNode operation = paths.get(route.path()).get(route.method().toLowerCase(Locale.ROOT));
            assertThat(operation.has("security")).as(route.path()).isEqualTo(route.needs() != null);
            assertThat(route.path().startsWith("/admin/")).as(route.path()).isEqualTo(route.needs() != null);
        }
    }

    @Test
    void bodies_refuse_what_they_do_not_know_and_require_what_the_routes_do() throws Exception {
        JsonNode paths = document().at("/paths");
        for (Route route : routes()) {
            if (!route.method().equals("POST")) {
                continue;
            }
            JsonNode schema = schema(paths.get(route.path()).get("post"));
            assertThat(schema.at("/additionalProperties").asBoolean(true))
                    .as(route.path())
                    .isFalse();
            boolean required = schema.has("required") || schema.has("anyOf") || schema.has("oneOf");
            int status = serving.post(route.path().replace("{tier}", "l2") + "?dry_run=true", "{}")
                    .statusCode();
            assertThat(status == 422).as("%s needs a field", route.path()).isEqualTo(required);
        }
    }

    @Test
    void bounds_are_those_that_the_routes_keep() throws Exception {
        JsonNode paths = document().at("/paths");
        int checked = 0;
        try (Serving unlimited =
                Serving.start(config -> Serving.with(config, Serving.limits(Duration.ofSeconds(10))))) {
            for (String path : List.copyOf(paths.propertyNames())) {
                JsonNode properties = schema(paths.get(path).path("post")).at("/properties");
                for (String field : List.copyOf(properties.propertyNames())) {
                    JsonNode property = properties.get(field);
                    if (!property.has("minimum")) {
                        continue;
                    }
                    checked++;
                    long least = property.get("minimum").asLong();
                    long most = property.get("maximum").asLong();
                    assertThat(statuses(unlimited, path, field, least - 1, least, most, most + 1))
                            .as("%s of %s", field, path)
                            .containsExactly(422, 200, 200, 422);
                }
            }
        }
        assertThat(checked).isEqualTo(9);
    }

    private static List<Integer> statuses(Serving serving, String path, String field, long... values) throws Exception {
        List<Integer> statuses = new ArrayList<>();
        for (long value : values) {
            statuses.add(serving.post(path + "?dry_run=true", "{\"" + field + "\":" + value + "}")
                    .statusCode());
        }
        return statuses;
    }

    @Test
    void every_reference_leads_somewhere() throws Exception {
        JsonNode document = document();
        List<String> references = document.findValuesAsString("$ref");

        assertThat(references).isNotEmpty();
        assertThat(references)
                .allSatisfy(reference -> assertThat(
                                document.at(reference.substring(1)).isMissingNode())
                        .as(reference)
                        .isFalse());
    }

    private static JsonNode schema(JsonNode operation) {
        return operation.at("/requestBody/content/application~1json/schema");
    }
}
