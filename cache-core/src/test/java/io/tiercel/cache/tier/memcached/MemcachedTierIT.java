package io.tiercel.cache.tier.memcached;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tiercel.cache.tier.Outcome;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.RemoteTierContract;
import io.tiercel.cache.tier.TierEntry;
import io.tiercel.cache.tier.TierException;
import io.tiercel.embedded.Memcached;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MemcachedTierIT extends RemoteTierContract {
    private static final Duration TTL = Duration.ofMinutes(1);
    private static final Optional<Memcached> server = Memcached.startIfAvailable();

    @Override
    protected RemoteTier connect(String name, Duration timeout) {
        return MemcachedTier.connect(
                MemcachedConfig.of(server().address()).name(name).timeout(timeout));
    }

    @Override
    protected Memcached server() {
        assumeTrue(server.isPresent(), Memcached.howToGetIt());
        return server.orElseThrow();
    }

    @Override
    protected String keyOnServer(int number) {
        return "single:" + number;
    }

    @Test
    void a_value_that_is_too_long_is_refused() {
        String key = freshKey();
        byte[] tooLong = new byte[1_000_001];

        assertThat(failure(tier().put(key, tooLong, TTL)))
                .isInstanceOf(TierException.class)
                .hasMessageContaining("maximumValueBytes");
        assertThat(failure(tier().putIfAbsent(key, tooLong, TTL))).isInstanceOf(TierException.class);
        join(tier().put(key, bytes("v"), TTL));
        assertThat(failure(tier().replaceIfStartsWith(key, bytes("v"), tooLong, TTL)))
                .isInstanceOf(TierException.class);
        assertThat(join(tier().putAll(List.of(
                        new TierEntry(freshKey(), tooLong, TTL), new TierEntry(freshKey(), bytes("v"), TTL)))))
                .satisfiesExactly(
                        first -> assertThat(first).isInstanceOf(Outcome.Failed.class),
                        second -> assertThat(second).isInstanceOf(Outcome.Done.class));
        join(tier().put(key, new byte[1_000_000], TTL));
        assertThat(join(tier().get(key))).hasSize(1_000_000);
    }

    @Test
    void connect_does_not_wait_for_servers_that_are_away() {
        try (Memcached late = Memcached.start()) {
            late.kill();
            long start = System.nanoTime();
            try (MemcachedTier tier = MemcachedTier.connect(late.address())) {
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(500));
                assertThat(failure(tier.get("k"))).isInstanceOf(TierException.class);

                late.restart();

                await().atMost(Duration.ofSeconds(3)).ignoreExceptions().until(() -> join(tier.get("k")) == null);
            }
        }
    }

    @Test
    void an_unknown_host_is_told_at_start() {
        assertThatThrownBy(() -> MemcachedTier.connect("no-such-host.invalid:11211"))
                .isInstanceOf(TierException.class)
                .hasMessageContaining("servers")
                .hasMessageContaining("no-such-host.invalid");
    }

    @Test
    void a_server_that_dies_or_hangs_fails_only_its_own_keys() {
        try (Memcached first = Memcached.start();
                Memcached second = Memcached.start();
                MemcachedTier tier = MemcachedTier.connect(
                        MemcachedConfig.of(first.address(), second.address()).name("two"))) {
            List<String> keys =
                    IntStream.range(0, 400).mapToObj(i -> "two:" + i).toList();
            List<TierEntry> entries = keys.stream()
                    .map(key -> new TierEntry(key, bytes(key), TTL))
                    .toList();
            await().atMost(Duration.ofSeconds(3))
                    .until(() -> join(tier.putAll(entries)).stream().allMatch(Outcome.nothing()::equals));

            freeze(second);
            List<Outcome<byte[]>> hung = join(tier.getAll(keys));
            List<Outcome<Void>> hungPuts = join(tier.putAll(entries));
            second.resume();
            await().atMost(Duration.ofSeconds(5))
                    .until(() -> join(tier.getAll(keys)).stream().allMatch(Outcome.Done.class::isInstance));
            second.kill();
            List<Outcome<byte[]>> dead = join(tier.getAll(keys));
            first.kill();

            assertThat(hung.stream().filter(Outcome.Failed.class::isInstance).count())
                    .isBetween(50L, 350L);
            for (int i = 0; i < keys.size(); i++) {
                assertThat(dead.get(i)).hasSameClassAs(hung.get(i));
                assertThat(hungPuts.get(i)).hasSameClassAs(hung.get(i));
                if (dead.get(i) instanceof Outcome.Done<byte[]> done) {
                    assertThat(Arrays.equals(done.value(), bytes(keys.get(i)))).isTrue();
                }
            }
        }
    }
}
