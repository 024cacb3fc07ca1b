package io.tiercel.cache;

import static java.time.Duration.ofMinutes;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.RemoteTier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class MemoryTest {
    @Test
    void the_containers_limit_counts_where_there_is_one(@TempDir Path dir) throws IOException {
        Path two = Files.writeString(dir.resolve("memory.max"), "268435456\n");
        Path none = Files.writeString(dir.resolve("none"), "max\n");
        Path odd = Files.writeString(dir.resolve("odd"), "a lot");
        Path missing = dir.resolve("missing");

        assertThat(MemoryLimit.container(List.of(missing, two))).isEqualTo(256 << 20);
        assertThat(MemoryLimit.container(List.of(none, two))).isEqualTo(Long.MAX_VALUE);
        assertThat(MemoryLimit.container(List.of(odd, two))).isEqualTo(256 << 20);
        assertThat(MemoryLimit.container(List.of(missing))).isEqualTo(Long.MAX_VALUE);
        assertThat(LocalTier.shareOfMemory(0.5).maximum())
                .isEqualTo(MemoryLimit.bytes() / 2)
                .isLessThanOrEqualTo(Runtime.getRuntime().maxMemory() / 2);
    }

    /** In a process of its own, whose heap can be filled. */
    @Test
    @Timeout(60)
    void when_the_heap_is_nearly_full_large_values_are_not_kept_in_L1() throws Exception {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SmallHeap.class.getName())
                .redirectErrorStream(true)
                .start();
        String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(child.waitFor()).as(said).isZero();
        assertThat(said).contains("plenty: 5 kept, 0 passed by").contains("short: 5 passed by, small ones 5 kept");
    }

    /** The child. */
    static final class SmallHeap {
        private SmallHeap() {}

        public static void main(String[] args) throws InterruptedException {
            RemoteTier store = new FakeTier("redis", TimeSource.SYSTEM, new CopyOnWriteArrayList<>());
            try (TieredCache<String, byte[]> cache = TieredCache.<String, byte[]>builder("small")
                    .local(LocalTier.maximumSize(1_000))
                    .remote(store)
                    .codec(Codec.bytes())
                    .policy(p -> p.ttl(ofMinutes(5)))
                    .build()) {
                for (int i = 0; i < 5; i++) {
                    cache.get("plenty" + i, key -> new byte[100_000]);
                }
                System.out.println("plenty: " + kept(cache, "plenty") + " kept, " + passedBy(cache) + " passed by");

                List<byte[]> live = new ArrayList<>();
                for (long bytes = 0; bytes < 0.84 * Runtime.getRuntime().maxMemory(); bytes += 200_000) {
                    live.add(new byte[200_000]); // beside it there are some megabytes of everything else
                }
                System.gc();
                Thread.sleep(1_100); // it is looked at once a second
                for (int i = 0; i < 5; i++) {
                    cache.get("short" + i, key -> new byte[100_000]);
                    cache.get("little" + i, key -> new byte[100]);
                }
                System.out.println("short: " + passedBy(cache) + " passed by, small ones " + kept(cache, "little")
                        + " kept, with " + live.size() + " blocks alive");
            }
        }

        private static long kept(TieredCache<String, byte[]> cache, String prefix) {
            long kept = 0;
            for (int i = 0; i < 5; i++) {
                kept += requireNonNull(cache.explain(prefix + i)).tiers().get(0).state() == Explanation.State.FRESH
                        ? 1
                        : 0;
            }
            return kept;
        }

        private static long passedBy(TieredCache<String, byte[]> cache) {
            return cache.stats().local().oversized();
        }
    }
}
