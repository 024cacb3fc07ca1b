package io.tiercel.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.sidecar.StartFacts.HttpPort;
import io.tiercel.sidecar.StartFacts.RespPort;
import io.tiercel.sidecar.StartFacts.SocketPort;
import io.tiercel.sidecar.StartFacts.Tier;
import io.tiercel.sidecar.control.TierStatus.State;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StartScreenTest {
    private static final StartFacts FACTS = new StartFacts(
            "web-1",
            "shop",
            List.of(
                    new RespPort("127.0.0.1", 6380, false, false),
                    new SocketPort(Path.of("/run/tiercel.sock"), true),
                    new HttpPort("127.0.0.1", 8081, false, false),
                    new HttpPort("127.0.0.1", 8082, true, true)),
            List.of(
                    new Tier("L1", "memory", State.UP, "400 MiB, ttl 60s"),
                    new Tier("L2", "redis 10.0.0.7:6379", State.DEGRADED, "2 of 3 primaries"),
                    new Tier("L3", "memcached", null, "")),
            List.of("defaults", "flags (2 settings)"),
            List.of("no redis"));

    @Test
    void is_one_plain_screen() {
        assertThat(new StartScreen(false).render("1.2.3", FACTS)).isEqualTo("""
                        Tiercel sidecar 1.2.3  pod web-1, fleet shop

                          redis   127.0.0.1:6380       redis-cli -p 6380
                          socket  /run/tiercel.sock    redis-cli -s /run/tiercel.sock --askpass
                          http    127.0.0.1:8081       http://127.0.0.1:8081/
                          admin   127.0.0.1:8082       curl https://127.0.0.1:8082/admin/config

                          L1      memory               up  400 MiB, ttl 60s
                          L2      redis 10.0.0.7:6379  degraded  2 of 3 primaries
                          L3      memcached            not configured

                          settings from: defaults, flags (2 settings); --print-config shows them
                          warning: no redis
                        """);
    }

    @Test
    void colours_change_nothing_else() {
        String coloured = new StartScreen(true).render("1.2.3", FACTS);

        assertThat(coloured).contains("\033[33m  warning: no redis\033[0m", "\033[32mup\033[0m");
        assertThat(coloured.replaceAll("\033\\[\\d+m", "")).isEqualTo(new StartScreen(false).render("1.2.3", FACTS));
    }

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, 6380, false, redis-cli -p 6380",
        "::, 6380, false, redis-cli -p 6380",
        "localhost, 7, true, redis-cli -p 7 --tls --askpass",
        "10.0.0.7, 6380, false, redis-cli -h 10.0.0.7 -p 6380",
        "fd00::1, 6380, true, redis-cli -h fd00::1 -p 6380 --tls --askpass"
    })
    void the_hint_connects_from_this_machine(String host, int port, boolean guarded, String hint) {
        StartFacts facts = new StartFacts(
                "p", "f", List.of(new RespPort(host, port, guarded, guarded)), List.of(), List.of(), List.of());

        assertThat(new StartScreen(false).render("1", facts)).contains("  " + hint + "\n");
    }

    @Test
    void an_address_of_ipv6_stands_in_brackets() {
        StartFacts facts = new StartFacts(
                "p", "f", List.of(new HttpPort("fd00::1", 8081, false, false)), List.of(), List.of(), List.of());

        assertThat(new StartScreen(false).render("1", facts)).contains("[fd00::1]:8081  http://[fd00::1]:8081/\n");
    }
}
