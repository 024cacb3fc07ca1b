package io.tiercel.cache;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.TierException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A whole cache, one of whose tiers is not asked for a while. */
@Timeout(30)
class OpenBreakerTest {
    private final FakeTime time = new FakeTime();
    private final FakeTier l2 = new FakeTier("redis", time);
    private final FakeTier l3 = new FakeTier("memcached", time);
    private final TieredCache<String, String> cache = TieredCache.<String, String>builder("t")
            .local(LocalTier.maximumSize(100))
            .remote(l2)
            .remote(l3)
            .codec(Codec.utf8())
            .policy(p -> p.ttl(ofMinutes(5)))
            .executor(Runnable::run)
            .time(time)
            .build();

    @BeforeEach
    void learnTheGenerations() {
        cache.put("a", "old");
    }

    @AfterEach
    void close() {
        l2.failing = false;
        l3.failing = false;
        time.advance(ofMillis(2_001));
        cache.close();
    }

    private NodeStats.State state(String tier) {
        return cache.nodes().stream()
                .filter(node -> node.tier().equals(tier))
                .findFirst()
                .orElseThrow()
                .state();
    }

    private void open(FakeTier tier) {
        tier.failing = true;
        for (int i = 0; i < 20; i++) {
            cache.getIfPresent("absent" + i);
        }
        assertThat(state(tier.name())).isEqualTo(NodeStats.State.OPEN);
    }

    @Test
    void readers_go_on_without_an_L2_that_is_not_asked() {
        l3.stored.clear();
        open(l2);

        assertThat(cache.get("b", key -> "loaded")).isEqualTo("loaded");
        assertThat(cache.get("a", key -> "loaded")).isEqualTo("old");
    }

    @Test
    void a_put_and_an_invalidation_that_L2_is_not_asked_for_fail_and_are_made_good_when_it_answers_again() {
        open(l2);

        assertThatThrownBy(() -> cache.put("b", "new"))
                .isInstanceOf(CacheWriteException.class)
                .hasMessageContaining("redis: node redis is not asked")
                .hasMessageContaining("one call tries it again");
        assertThatThrownBy(() -> cache.invalidate("a")).isInstanceOf(CacheWriteException.class);
        assertThat(cache.coherence().repairsPending()).isEqualTo(2);
        await().during(ofMillis(300))
                .until(() -> cache.coherence().repairsPending() == 2); // tried again and again, and not lost
        assertThat(l2.stored).containsKey("t:a");

        l2.failing = false;

        // Repairs don't wait for the breaker: a write that the node got before must not be seen until that closes.
        await().until(() -> cache.coherence().repairsPending() == 0);
        assertThat(l2.stored).doesNotContainKeys("t:a", "t:b");
        assertThat(state("redis")).isEqualTo(NodeStats.State.OPEN);
        time.advance(ofMillis(501));
        cache.getIfPresent("a");
        assertThat(state("redis")).isEqualTo(NodeStats.State.CLOSED);
    }

    @Test
    void an_L3_that_is_not_asked_is_pending_and_what_it_holds_is_not_used() {
        open(l3);
        l3.failing = false;
        l3.log.clear();

        assertThat(cache.put("b", "new").pending()).containsExactly("memcached");
        assertThat(cache.invalidate("a").pending()).containsExactly("memcached");
        assertThat(l3.log).isEmpty();

        time.advance(ofMillis(501));
        assertThat(l3.stored).containsKey("t:a");
        assertThat(cache.getIfPresent("a")).isNull();
        assertThat(cache.getIfPresent("b")).isEqualTo("new");
    }

    @Test
    void a_full_L2_refuses_writes_and_answers_reads() {
        l2.refusing = new TierException(TierException.Kind.REFUSED, "redis: PSETEX failed: OOM command not allowed");
        for (int i = 0; i < 50; i++) {
            int key = i;
            assertThatThrownBy(() -> cache.put("k" + key, "v")).isInstanceOf(CacheWriteException.class);
        }

        assertThat(state("redis")).isEqualTo(NodeStats.State.CLOSED);
        assertThat(cache.getIfPresent("a")).isEqualTo("old");
    }

    @Test
    void explain_says_that_a_node_is_not_asked_and_does_not_ask_it() {
        open(l2);
        int before = l2.gets.get();

        Explanation explanation = cache.explain("a");

        assertThat(explanation.tiers().get(1).state()).isEqualTo(Explanation.State.FAILED);
        assertThat(explanation.tiers().get(1).why()).contains("is not asked");
        assertThat(l2.gets).hasValue(before);
    }
}
