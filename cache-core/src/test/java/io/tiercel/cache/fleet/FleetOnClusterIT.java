package io.tiercel.cache.fleet;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tiercel.cache.tier.redis.RedisConfig;
import io.tiercel.cache.tier.redis.RedisTier;
import io.tiercel.embedded.RedisCluster;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** In a cluster all keys of a fleet are in one slot, and whoever serves it is found. */
@Timeout(120)
class FleetOnClusterIT {
    @Test
    void members_budgets_configuration_and_cells_work() {
        try (RedisCluster cluster = RedisCluster.start(3);
                RedisTier tier = RedisTier.connect(RedisConfig.of(cluster.uri()));
                Fleet a = join(tier, "a");
                Fleet b = join(tier, "b")) {
            a.config().watch(tier);
            b.config().watch(tier);
            FleetBudget one = a.budget("db", 9);
            FleetBudget other = b.budget("db", 9);

            await().atMost(ofSeconds(20)).until(() -> a.size() == 2 && one.share() + other.share() == 9);
            FleetDocument set = a.config()
                    .patch(FleetPatch.set(Map.of("ttl", "60"), "test"))
                    .join();
            await().atMost(ofSeconds(5)).until(() -> b.config().applied() == set.version());
            FleetCell.Content first = a.cell("x").replace(0, "one").join();
            FleetCell.Content late = b.cell("x").replace(0, "two").join();

            assertThat(first).isEqualTo(new FleetCell.Content(1, "one"));
            assertThat(late).as("who had not seen the last one changes nothing").isEqualTo(first);
            assertThat(b.cell("x").replace(1, "two").join().text()).isEqualTo("two");
        }
    }

    private static Fleet join(RedisTier tier, String pod) {
        return Fleet.join(
                tier, FleetSettings.of("on-cluster", pod).times(ofMillis(200), ofSeconds(1), ofMillis(1_500)));
    }
}
