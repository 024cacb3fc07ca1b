package io.tiercel.sidecar.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.sidecar.resp.RespLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.event.Level;

final class SourcesTest {
    @TempDir
    private Path directory;

    @Test
    void without_anything_the_defaults_hold() {
        SidecarConfig config = Reading.PLAIN.config();

        assertThat(config.listeners())
                .isEqualTo(new SidecarConfig.Listeners(
                        6380, null, 8081, 8082, "127.0.0.1", "127.0.0.1", null, null, false));
        assertThat(config.tiers())
                .isEqualTo(new SidecarConfig.Tiers(null, Duration.ofMillis(200), List.of(), false, true));
        assertThat(config.caching().l1Bytes()).isBetween(429_496_700L, 429_496_730L);
        assertThat(config.caching().initial().ttl()).isEqualTo(Duration.ofSeconds(60));
        assertThat(config.caching().initial().aggressive()).isFalse();
        assertThat(config.caching().prefixes()).isEmpty();
        assertThat(config.access().needsAuth()).isFalse();
        assertThat(config.limits().request()).isEqualTo(RespLimits.defaults());
        assertThat(config.limits().requestTime()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.overload().queue().maxSize()).isEqualTo(10_000);
        assertThat(config.overload().rate().requestsPerMinute()).isZero();
        assertThat(config.life().drainTimeout()).isEqualTo(Duration.ofSeconds(25));
        assertThat(config.identity().fleet()).isEqualTo("tiercel");
        assertThat(config.logLevel()).isEqualTo(Level.INFO);
        assertThat(config.settings()).hasSameSizeAs(Settings.TABLE.all());
        assertThat(config.settings()).allMatch(setting -> setting.source() == Source.DEFAULT);
        assertThat(config.sources()).containsExactly("defaults");
    }

    @Test
    void each_source_is_stronger_than_those_before() {
        String file = Reading.file(directory, "ttl: 2m", "bound: 2s", "databases: 2");
        Reading reading = new Reading(Map.of("TIERCEL_BOUND", "3s", "TIERCEL_DATABASES", "3"));

        SidecarConfig config = reading.config("--config", file, "--databases", "4");

        assertThat(config.caching().leaseTime()).isEqualTo(Duration.ofSeconds(2));
        assertThat(config.caching().initial().ttl()).isEqualTo(Duration.ofMinutes(2));
        assertThat(config.caching().bound()).isEqualTo(Duration.ofSeconds(3));
        assertThat(config.caching().databases()).isEqualTo(4);
        assertThat(Reading.setting(config, "lease-time"))
                .isEqualTo(new EffectiveSetting("lease-time", "2s", Source.DEFAULT, "default"));
        assertThat(Reading.setting(config, "ttl"))
                .isEqualTo(new EffectiveSetting("ttl", "2m", Source.FILE, "file " + Shown.file(file) + ", line 1"));
        assertThat(Reading.setting(config, "bound"))
                .isEqualTo(new EffectiveSetting("bound", "3s", Source.ENVIRONMENT, "environment TIERCEL_BOUND"));
        assertThat(Reading.setting(config, "databases"))
                .isEqualTo(new EffectiveSetting("databases", "4", Source.FLAG, "flag --databases"));
        assertThat(config.sources())
                .containsExactly(
                        "defaults",
                        "file " + Shown.file(file) + " (3 settings)",
                        "environment (2 settings)",
                        "flags (1 setting)");
    }

    @Test
    void a_weaker_value_that_is_wrong_does_no_harm() {
        String file = Reading.file(directory, "ttl: nonsense");

        assertThat(Reading.PLAIN
                        .config("--config", file, "--ttl", "5m")
                        .caching()
                        .initial()
                        .ttl())
                .isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void a_variable_can_name_the_file_and_a_flag_another() {
        String one = Reading.file(directory, "databases: 1");
        String two = Reading.file(directory, "databases: 2");

        assertThat(Reading.with("TIERCEL_CONFIG", one).config().caching().databases())
                .isEqualTo(1);
        assertThat(Reading.with("TIERCEL_CONFIG", one)
                        .config("--config", two)
                        .caching()
                        .databases())
                .isEqualTo(2);
        assertThat(Reading.with("TIERCEL_CONFIG", "/no/such").problem())
                .isEqualTo("file /no/such (environment TIERCEL_CONFIG): there is no such file");
    }

    @Test
    void a_blank_variable_is_none() {
        assertThat(new Reading(Map.of("TIERCEL_TTL", "", "TIERCEL_REDIS", " "))
                        .config()
                        .sources())
                .containsExactly("defaults");
    }

    @Test
    void every_setting_has_the_same_name_everywhere() {
        for (Setting<?> setting : Settings.TABLE.all()) {
            assertThat(setting.name()).matches("[a-z0-9]+(-[a-z0-9]+)*");
            assertThat(setting.flag()).isEqualTo("--" + setting.name());
            assertThat(setting.variable()).matches("TIERCEL_[A-Z0-9_]+");
        }
        assertThat(Settings.TABLE.names()).doesNotHaveDuplicates().hasSizeGreaterThan(50);
    }

    @Test
    void what_a_message_gives_as_an_example_is_taken() throws BadValueException {
        Pattern example = Pattern.compile("(?:duration|size) .*such as (\\w+)$");
        for (Setting<?> setting : Settings.TABLE.all()) {
            Matcher matcher = example.matcher(setting.kind().expected());
            if (matcher.find()) {
                assertThat(setting.kind().parser().parse(new Node.Text(matcher.group(1))))
                        .isNotNull();
            }
        }
    }

    @Test
    void a_switch_needs_no_value() {
        assertThat(Reading.PLAIN
                        .config("--aggressive", "--ttl", "5s")
                        .caching()
                        .initial()
                        .aggressive())
                .isTrue();
        assertThat(Reading.PLAIN.config("--passthrough=false").tiers().passthrough())
                .isFalse();
        assertThat(Reading.PLAIN.config("--passthrough", "false").tiers().passthrough())
                .isFalse();
    }

    @Test
    void a_list_can_be_written_in_every_way() {
        String block = Reading.file(directory, "prefixes:", "  - 'a,1'", "  - b");
        String text = Reading.file(directory, "prefixes: a, b");
        List<String> expected = List.of("a", "b");

        assertThat(Reading.PLAIN.config("--prefixes", "a,b").caching().prefixes())
                .isEqualTo(expected);
        assertThat(Reading.PLAIN
                        .config("--prefixes", "a", "--prefixes", "b")
                        .caching()
                        .prefixes())
                .isEqualTo(expected);
        assertThat(Reading.PLAIN.config("--prefixes", "[a, 'b']").caching().prefixes())
                .isEqualTo(expected);
        assertThat(Reading.with("TIERCEL_PREFIXES", "a, b").config().caching().prefixes())
                .isEqualTo(expected);
        assertThat(Reading.PLAIN.config("--config", text).caching().prefixes()).isEqualTo(expected);
        assertThat(Reading.PLAIN.config("--config", block).caching().prefixes()).containsExactly("a,1", "b");
        assertThat(Reading.PLAIN
                        .config("--redis", "a:1", "--memcached", "[::1]:11211,m-2:1")
                        .tiers()
                        .memcached())
                .containsExactly(new HostPort("::1", 11211), new HostPort("m-2", 1));
    }

    @Test
    void sizes_and_durations_have_units() {
        assertThat(bytes("65536")).isEqualTo(64 << 10);
        assertThat(bytes("64k")).isEqualTo(64 << 10);
        assertThat(bytes("64KB")).isEqualTo(64 << 10);
        assertThat(bytes("64KiB")).isEqualTo(64 << 10);
        assertThat(bytes("2m")).isEqualTo(2 << 20);
        assertThat(bytes("2MiB")).isEqualTo(2 << 20);
        assertThat(bytes("1gb")).isEqualTo(1 << 30);
        assertThat(Reading.PLAIN.config("--l1-bytes", "100m").caching().l1Bytes())
                .isEqualTo(100 << 20);
        assertThat(Reading.PLAIN.config("--l1-bytes", "10%").caching().l1Bytes())
                .isBetween(107_374_000L, 107_374_200L);
        assertThat(ttl("1500ms")).isEqualTo(Duration.ofMillis(1_500));
        assertThat(ttl("10m")).isEqualTo(Duration.ofMinutes(10));
        assertThat(ttl("1h")).isEqualTo(Duration.ofHours(1));
        assertThat(ttl("30d")).isEqualTo(Duration.ofDays(30));
    }

    private static long bytes(String size) {
        return Reading.PLAIN.config("--max-output-bytes", size).limits().outputBytes();
    }

    private static Duration ttl(String duration) {
        return Reading.PLAIN.config("--ttl", duration).caching().initial().ttl();
    }

    @Test
    void the_pod_is_named_after_its_host_or_at_random() {
        assertThat(Reading.with("HOSTNAME", "web-7").config().identity().pod()).isEqualTo("web-7");
        assertThat(Reading.with("HOSTNAME", "not a name").config().identity().pod())
                .matches("pod-[0-9a-f]{8}");
        assertThat(Reading.PLAIN.config().identity().pod()).matches("pod-[0-9a-f]{8}");
        assertThat(Reading.with("HOSTNAME", "web-7")
                        .config("--pod", "x")
                        .identity()
                        .pod())
                .isEqualTo("x");
    }

    @Test
    void flags_alone_make_a_configuration_too() {
        assertThat(SidecarConfig.of("--resp-port", "0").listeners().respPort()).isZero();
    }
}
