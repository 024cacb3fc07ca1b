package io.tiercel.sidecar.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HotSetTest {
    private final AtomicLong now = new AtomicLong(-1_000_000_000_000L);
    private Serving serving;
    private HotSetRoutes routes;
    private volatile double cpu = 0.1;

    @BeforeEach
    void start() throws Exception {
        serving = Serving.start();
        routes = new HotSetRoutes(serving.controls, serving.backend, () -> cpu, now::get);
    }

    @AfterEach
    void stop() {
        serving.close();
    }

    private Response ask(@Nullable String path) throws Exception {
        Route route = routes.routes().get(path == null ? 0 : 1);
        String parameter = path == null ? "" : path.substring(HotSetRoutes.PATH.length() + 1);
        return route.handler()
                .handle(new Exchange(parameter, new Body(Map.of(), route.fields()), Options.NONE, null, ""))
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    @Test
    void pages_follow_each_other_to_the_end() throws Exception {
        serving.backend.hotPages.add("one".getBytes(UTF_8));
        serving.backend.hotPages.add("two".getBytes(UTF_8));

        Response one = ask(null);
        String next = one.headers().get("Tiercel-Next");
        Response two = ask(next);
        Response end = ask(next);

        assertThat(new String(one.body(), UTF_8)).isEqualTo("one");
        assertThat(new String(two.body(), UTF_8)).isEqualTo("two");
        assertThat(end.status().code()).isEqualTo(204);
        assertThatThrownBy(() -> ask(next)).hasMessageContaining("no such reading");
    }

    @Test
    void one_may_read_at_a_time_until_it_is_silent_for_five_seconds() throws Exception {
        serving.backend.hotPages.add("one".getBytes(UTF_8));
        String first = ask(null).headers().get("Tiercel-Next");
        now.addAndGet(TimeUnit.MILLISECONDS.toNanos(4_999));
        assertThatThrownBy(() -> ask(null)).hasMessageContaining("Another pod is reading");

        now.addAndGet(TimeUnit.MILLISECONDS.toNanos(1));

        assertThat(ask(null).status().code()).isEqualTo(200);
        assertThatThrownBy(() -> ask(first)).hasMessageContaining("no such reading");
    }

    @Test
    void a_page_that_is_asked_for_too_early_comes_later() throws Exception {
        serving.backend.hotPages.add(new byte[1_000_000]);
        serving.backend.hotPages.add(new byte[10]);
        String next = requireNonNull(ask(null).headers().get("Tiercel-Next"));
        Route route = routes.routes().get(1);

        var second = route.handler()
                .handle(new Exchange(
                        next.substring(HotSetRoutes.PATH.length() + 1),
                        new Body(Map.of(), route.fields()),
                        Options.NONE,
                        null,
                        ""))
                .toCompletableFuture();

        // A megabyte takes a tenth of a second at 10 MB/s.
        assertThat(second.isDone()).isFalse();
        assertThat(second.get(10, TimeUnit.SECONDS).body()).hasSize(10);
    }

    @Test
    void a_pod_that_is_busy_or_drains_gives_nothing() throws Exception {
        serving.backend.hotPages.add("one".getBytes(UTF_8));
        cpu = 0.71;
        assertThatThrownBy(() -> ask(null)).hasMessageContaining("busy");
        cpu = 0.7;
        String next = requireNonNull(ask(null).headers().get("Tiercel-Next"));
        cpu = 0.71;
        assertThatThrownBy(() -> ask(next)).hasMessageContaining("busy");
        cpu = -1;
        serving.post("/admin/drain", "{}");
        assertThatThrownBy(() -> ask(next)).hasMessageContaining("drains");
    }

    @Test
    void it_is_on_the_operators_port_alone() throws Exception {
        assertThat(serving.get(serving.open("/admin/cache/hotset")).statusCode())
                .isEqualTo(404);
        assertThat(serving.get(serving.admin("/admin/cache/hotset")).statusCode())
                .isIn(204, 503);
    }
}
