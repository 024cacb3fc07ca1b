package io.tiercel.sidecar.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.sidecar.control.RateScope;
import io.tiercel.sidecar.control.RateSettings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ClientBucketsTest {
    private final ClientBuckets buckets = new ClientBuckets();

    @Test
    void an_address_has_the_same_bucket_each_time_and_no_other_has_it() throws UnknownHostException {
        RateLimiter one = buckets.of(InetAddress.getByName("10.0.0.1"));

        assertThat(buckets.of(InetAddress.getByName("10.0.0.1"))).isSameAs(one);
        assertThat(buckets.of(InetAddress.getByName("::ffff:10.0.0.1"))).isSameAs(one);
        assertThat(buckets.of(InetAddress.getByName("10.0.0.2"))).isNotSameAs(one);
        assertThat(buckets.of("")).isNotSameAs(one);
    }

    @Test
    void a_million_addresses_take_no_more_room_than_ten_thousand_and_do_not_drive_out_who_comes_often() {
        RateSettings settings = new RateSettings(1, 1_000, RateScope.CLIENT);
        long now = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        RateLimiter often = buckets.of("often");
        long refused = 0;
        for (int i = 0; i < 1_000_000; i++) {
            buckets.of(i);
            if (i % 100 == 0) {
                refused += buckets.of("often").take(settings, now) == 0 ? 0 : 1;
            }
        }

        assertThat(buckets.size()).isLessThanOrEqualTo(ClientBuckets.MOST);
        assertThat(buckets.of("often")).isSameAs(often);
        assertThat(refused).isEqualTo(9_000);
    }
}
