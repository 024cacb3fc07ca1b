package io.tiercel.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NoLeaksTest {
    @Test
    void a_buffer_that_nobody_releases_is_found() {
        assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
        List<String> found = new ArrayList<>();
        leak();

        await().atMost(Duration.ofSeconds(10)).until(() -> found.addAll(NoLeaks.look()));

        assertThat(found).anyMatch(message -> message.startsWith("LEAK: "));
    }

    private static void leak() {
        ByteBuf forgotten = ByteBufAllocator.DEFAULT.buffer(16);
        assertThat(forgotten.refCnt()).isEqualTo(1);
    }
}
