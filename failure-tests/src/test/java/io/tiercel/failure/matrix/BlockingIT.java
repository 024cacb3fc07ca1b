package io.tiercel.failure.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.api.sync.RedisCommands;
import io.tiercel.embedded.RedisNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * Nothing blocks on the threads that everybody shares: event loops, the change feed's, the timers, spymemcached's. In a
 * JVM of its own, as BlockHound rewrites the JDK's classes.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
class BlockingIT {
    private Backends backends;

    @BeforeAll
    void start() {
        backends = new Backends();
    }

    @AfterAll
    void stop() {
        if (backends != null) {
            backends.close();
        }
    }

    private Jvm watched() throws IOException {
        List<String> options = new ArrayList<>(List.of("-Xmx512m", "-XX:+AllowRedefinitionToAddDeleteMethods"));
        if (Runtime.version().feature() >= 21) {
            options.add("-XX:+EnableDynamicAgentLoading");
        }
        Jvm jvm = new Jvm(
                BlockingChild.class,
                List.of(backends.redis().uri(), backends.memcached().address()),
                options.toArray(String[]::new));
        assertThat(jvm.answer()).isEqualTo("ready");
        return jvm;
    }

    @Test
    void no_operation_blocks_a_shared_thread_also_while_a_node_dies() throws Exception {
        try (Jvm jvm = watched()) {
            assertThat(jvm.ask("work 2000")).isEqualTo("done");
            RedisNode primary = backends.anyPrimary();
            primary.kill();
            assertThat(jvm.ask("work 2000")).isEqualTo("done");
            backends.awaitFailover(primary);
            primary.restart();
            backends.awaitReady();
            backends.memcached().kill();
            assertThat(jvm.ask("work 1000")).isEqualTo("done");
            backends.memcached().restart();
            assertThat(jvm.ask("work 1000")).isEqualTo("done");

            assertThat(jvm.ask("blocked")).isEqualTo("nothing");
            String watched = jvm.ask("watched");
            System.out.println(watched);
            assertThat(watched)
                    .contains("EventLoop", "eventExecutorLoop")
                    .contains("tiercel-memcached-timer", "tiercel-redis-timer", "tiercel-blocking-timer");
        } finally {
            backends.primaries().keySet().forEach(node -> backends.ask(node, RedisCommands::flushall));
        }
    }

    @Test
    void a_loader_that_blocks_an_event_loop_is_found_out() throws Exception {
        try (Jvm jvm = watched()) {
            assertThat(jvm.ask("deliberate")).isEqualTo("done");

            assertThat(jvm.ask("blocked")).contains("sleep").contains("BlockingChild");
        }
    }
}
