package io.tiercel.sidecar.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NamesTest {
    @TempDir
    private Path directory;

    @Test
    void an_unknown_flag_is_named_with_the_nearest_known_one() {
        assertThat(Reading.PLAIN.problem("--resp-prot", "1"))
                .isEqualTo("there is no flag --resp-prot; did you mean --resp-port? See --help.");
        assertThat(Reading.PLAIN.problem("--resp_port=1")).contains("did you mean --resp-port?");
        assertThat(Reading.PLAIN.problem("--respPort=1")).contains("did you mean --resp-port?");
        assertThat(Reading.PLAIN.problem("--prnt-config")).contains("did you mean --print-config?");
        assertThat(Reading.PLAIN.problem("--cluster-enabled", "yes"))
                .isEqualTo("there is no flag --cluster-enabled. See --help.");
        assertThat(Reading.PLAIN.problem("-p", "6380")).isEqualTo("there is no flag -p. See --help.");
        assertThat(Reading.PLAIN.problem("--" + "x".repeat(10_000))).hasSizeLessThan(120);
    }

    @Test
    void flags_are_not_shortened_files_of_arguments_not_read_and_words_not_ignored() {
        assertThat(Reading.PLAIN.problem("--resp=1")).contains("there is no flag --resp");
        assertThat(Reading.PLAIN.problem("@/etc/hostname")).contains("a word too many");
        assertThat(Reading.PLAIN.problem("--ttl", "5s", "10s"))
                .contains("a word too many")
                .doesNotContain("10s");
    }

    @Test
    void a_flag_without_its_value_or_given_twice_is_refused() {
        assertThat(Reading.PLAIN.problem("--ttl")).isEqualTo("--ttl needs a value behind it");
        assertThat(Reading.PLAIN.problems("--ttl", "--bound", "1s")).anyMatch(p -> p.startsWith("--ttl needs a value"));
        assertThat(Reading.PLAIN.problem("--ttl", "5s", "--ttl", "6s"))
                .isEqualTo("--ttl is given 2 times; once is enough");
        assertThat(Reading.PLAIN.problem("--config", "/a", "--config", "/b")).isNotEmpty();
    }

    @Test
    void an_unknown_variable_is_named_with_the_nearest_known_one() {
        assertThat(Reading.with("TIERCEL_RESP_PROT", "1").problem())
                .isEqualTo("environment TIERCEL_RESP_PROT: there is no such setting; did you mean TIERCEL_RESP_PORT?");
        assertThat(Reading.with("TIERCEL_CLUSTER", "x").problem())
                .isEqualTo("environment TIERCEL_CLUSTER: there is no such setting");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "TIERCEL_REQUIRE_SERVERS",
                "TIERCEL_SERVERS",
                "TIERCEL_SERVICE_HOST",
                "TIERCEL_SERVICE_PORT",
                "TIERCEL_SERVICE_PORT_REDIS",
                "TIERCEL_PORT",
                "TIERCEL_PORT_6380_TCP",
                "TIERCEL_PORT_6380_TCP_ADDR",
                "TIERCEL_WEB_SERVICE_HOST",
                "TIERCELX",
                "OTHER_TTL"
            })
    void variables_of_others_are_let_be(String name) {
        assertThat(Reading.with(name, "anything").config().sources()).containsExactly("defaults");
    }

    @Test
    void a_variable_that_kubernetes_set_for_a_service_is_recognized() {
        assertThat(Reading.with("TIERCEL_HTTP_PORT", "tcp://10.1.2.3:8081").problem())
                .isEqualTo(
                        "http-port (environment TIERCEL_HTTP_PORT): Kubernetes has set it for a Service of this name;"
                                + " set enableServiceLinks: false in the pod, or rename the Service");
    }

    @Test
    void an_unknown_name_in_the_file_is_named_with_its_line_and_the_nearest_known_one() {
        String file = Reading.file(directory, "ttl: 5s", "", "resp_port: 1", "config: x", "zzz: 1");

        assertThat(Reading.PLAIN.problems("--config", file))
                .containsExactly(
                        "resp_port (file " + Shown.file(file)
                                + ", line 3): there is no such setting; did you mean resp-port?",
                        "config (file " + Shown.file(file)
                                + ", line 4): a file cannot name another; use --config or TIERCEL_CONFIG",
                        "zzz (file " + Shown.file(file) + ", line 5): there is no such setting");
    }

    @Test
    void everything_that_is_wrong_is_told_at_once() {
        String file = Reading.file(directory, "bound: 1", "nonsense: 1");
        Reading reading = new Reading(Map.of("TIERCEL_DATABASES", "0", "TIERCEL_NONSENSE", "1"));

        List<String> problems =
                reading.problems("--config", file, "--ttl", "x", "--nonsense", "--bind", "0.0.0.0", "--tls-cert", "/");

        assertThat(problems).hasSize(9);
        assertThat(String.join("\n", problems))
                .contains("bound = '1'", "nonsense (file", "TIERCEL_NONSENSE", "databases = '0'", "ttl = 'x'")
                .contains("--nonsense", "bind = '0.0.0.0'", "tls-cert = '/'");
    }

    @ParameterizedTest
    @CsvSource({"tll,ttl", "reddis,redis", "queue-max,", "TTL,ttl", "a,", "memcache,memcached", "hotkeys,hot-keys"})
    void the_nearest_name_is_near(String mistyped, String meant) {
        assertThat(Nearest.of(mistyped, Settings.TABLE.names())).isEqualTo(meant);
    }
}
