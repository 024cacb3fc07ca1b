package io.tiercel.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tiercel.cache.CacheLoadingException;
import io.tiercel.cache.CacheWriteException;
import io.tiercel.cache.LocalTier;
import io.tiercel.cache.TieredCache;
import io.tiercel.cache.chaos.Fault;
import io.tiercel.cache.chaos.FaultyLoader;
import io.tiercel.cache.chaos.FaultyTier;
import io.tiercel.cache.chaos.MemoryTier;
import io.tiercel.cache.chaos.Operation;
import io.tiercel.cache.codec.Codec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The examples of {@code docs/chaos-kit.md}, which are these: the page's Java and this source's examples are the same. */
class ChaosKitExamplesTest {
    private static final Path PAGE = Path.of("../docs/chaos-kit.md");
    private static final Path SOURCE = Path.of("src/test/java/io/tiercel/chaos/ChaosKitExamplesTest.java");
    private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern EXAMPLE =
            Pattern.compile("^ {4}// example\n(.*?)^ {4}// end\n", Pattern.DOTALL | Pattern.MULTILINE);

    // example
    private final FaultyTier redis = FaultyTier.over(new MemoryTier("redis"));
    private final FaultyLoader database = new FaultyLoader();
    private final TieredCache<String, String> users = TieredCache.<String, String>builder("users")
            .local(LocalTier.maximumSize(1_000))
            .remote(redis)
            .codec(Codec.utf8())
            .policy(p -> p.ttl(Duration.ofMinutes(10)).staleIfError(Duration.ofHours(1)))
            .resilience(r -> r.breaker(false))
            .build();

    @AfterEach
    void close() {
        users.close();
    }
    // end

    // example
    @Test
    void readers_go_on_when_Redis_fails_and_writers_are_told() {
        redis.inject(Fault.ERROR);

        assertThat(users.get("42", database.wrap(id -> "Ada"))).isEqualTo("Ada");
        assertThatThrownBy(() -> users.put("42", "Grace")).isInstanceOf(CacheWriteException.class);

        redis.heal();
        users.put("42", "Grace");
        assertThat(users.getIfPresent("42")).isEqualTo("Grace");
    }
    // end

    // example
    @Test
    void bytes_that_were_changed_on_the_way_are_nobodys_value() {
        users.put("42", "Ada");
        users.put("43", "Grace");
        redis.seed(1).inject(Fault.BIT_FLIP, 0.5).inject(Fault.OTHER_VALUE, 0.5);
        redis.latency(Duration.ofMillis(1), Duration.ofMillis(5), Operation.GET);

        for (int i = 0; i < 100; i++) {
            assertThat(users.get("42", database.wrap(id -> "Ada"))).isEqualTo("Ada");
        }
    }
    // end

    // example
    @Test
    void yesterdays_answer_is_better_than_none() {
        users.put("42", "Ada");
        users.expire("42");
        database.fail(() -> new IOException("connection refused"));

        assertThat(users.get("42", database.wrap(id -> "Ada"))).isEqualTo("Ada");
        assertThatThrownBy(() -> users.get("43", database.wrap(id -> "Grace")))
                .isInstanceOf(CacheLoadingException.class);
        assertThat(database.failures()).isEqualTo(2);
        assertThat(database.mostInFlight()).isEqualTo(1);
    }
    // end

    @Test
    void the_page_shows_what_is_run_here() throws IOException {
        List<String> examples = new ArrayList<>();
        Matcher example = EXAMPLE.matcher(Files.readString(SOURCE));
        while (example.find()) {
            examples.add(example.group(1).indent(-4));
        }
        List<String> blocks = new ArrayList<>();
        Matcher block = BLOCK.matcher(Files.readString(PAGE));
        while (block.find()) {
            blocks.add(block.group(1));
        }

        assertThat(examples).hasSize(4);
        assertThat(blocks).isEqualTo(examples);
    }
}
