package io.tiercel.sidecar.config;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class BadValuesTest {
    private static final String DURATION = "expected a duration from ";
    private static final String SIZE = "expected a size from ";

    @TempDir
    private Path directory;

    /** Setting, value, and what the message says beside the name, the value and the source. */
    static Stream<Arguments> cases() {
        return Stream.of(
                        // ports
                        "resp-port|abc|not a whole number; expected a port from 1 to 65535",
                        "resp-port|-1|out of range; expected a port",
                        "resp-port|65536|out of range; expected a port",
                        "resp-port|99999999999999999999|not a whole number",
                        "resp-port|6380.0|not a whole number",
                        "resp-port|0x18ec|not a whole number",
                        "http-port|6_380|not a whole number",
                        "admin-port|off|not a whole number",
                        "http-port|http|not a whole number",
                        // addresses
                        "bind|256.0.0.1|not an IP address; expected an IP address of this machine",
                        "bind|example.org|not an IP address",
                        "bind|127.0.0.1:6380|not an IP address",
                        "admin-bind|*|not an IP address",
                        "admin-bind|::1::|not an IP address",
                        "moving-endpoint|sidecar|a host name before the colon",
                        "moving-endpoint|sidecar:|a port from 1 to 65535 after the colon",
                        "moving-endpoint|:6380|a host name before the colon",
                        "moving-endpoint|sidecar:0|a port from 1 to 65535",
                        "moving-endpoint|::1:6380|an IPv6 address stands in brackets; expected host:port",
                        "moving-endpoint|[::x]:6380|not an IPv6 address in the brackets",
                        "memcached|cache|a host name before the colon is needed; expected host:port",
                        "memcached|cache:11211,|a host name before the colon",
                        "memcached|cache:70000|a port from 1 to 65535",
                        "memcached|a b:11211|a host name before the colon",
                        // Redis
                        "redis|http://cache:6379|unknown scheme",
                        "redis|redis://cache:x|a wrong port",
                        "redis|redis://cache/x|a wrong database",
                        "redis|redis://a:1,rediss://b:2|mixed",
                        "redis|redis://|a wrong host",
                        // durations
                        "ttl|60|a number needs a unit: 60s for seconds, 60ms for milliseconds; " + DURATION
                                + "1s to 30d",
                        "ttl|0|a number needs a unit",
                        "ttl|1.5h|only whole numbers",
                        "ttl|-5s|must not be negative; " + DURATION,
                        "ttl|5 s|the units are ms, s, m, h and d",
                        "ttl|5S|the units are",
                        "ttl|5sec|the units are",
                        "ttl|PT5S|the units are",
                        "ttl|1h30m|the units are",
                        "ttl|forever|the units are",
                        "ttl|999ms|out of range; " + DURATION + "1s to 30d",
                        "ttl|31d|out of range; " + DURATION,
                        "ttl|999999999999d|too long",
                        "bound|99ms|out of range; " + DURATION + "100ms to 1m",
                        "bound|61s|out of range",
                        "stale-if-down|61m|out of range; " + DURATION + "0s to 1h",
                        "redis-timeout|0ms|out of range; " + DURATION + "1ms to 1m",
                        "queue-timeout|0s|out of range",
                        "lease-time|1ms|out of range",
                        "idle-timeout|2d|out of range",
                        "first-byte-timeout|0s|out of range",
                        "request-timeout|1h|out of range",
                        "drain-timeout|2h|out of range",
                        "warm-up-time-limit|1ms|out of range",
                        // sizes
                        "max-value-bytes|1x|the units are k, m and g; as in 512k or 64m; " + SIZE + "1k to 512m",
                        "max-value-bytes|-1|must not be negative; " + SIZE,
                        "max-value-bytes|1.5m|the units are",
                        "max-value-bytes|1 m|the units are",
                        "max-value-bytes|1tb|the units are",
                        "max-value-bytes|1023|out of range; " + SIZE,
                        "max-value-bytes|1g|out of range; " + SIZE,
                        "max-value-bytes|999999999999999g|too large",
                        "max-request-bytes|1k|out of range; " + SIZE + "64k to 512m",
                        "max-output-bytes|2g|out of range",
                        "max-in-flight-bytes|1k|out of range",
                        "l1-bytes|0%|out of range; expected a size of at least 1m, such as 512m, or a share",
                        "l1-bytes|81%|out of range; expected a size",
                        "l1-bytes|40.5%|a share is a whole number",
                        "l1-bytes|%|a share is a whole number",
                        "l1-bytes|1k|out of range; expected a size",
                        "l1-bytes|lots|the units are",
                        "l1-bytes|900m|more than 80% of the 1024m that the process may use",
                        // counts
                        "databases|0|out of range; expected a whole number from 1 to 10,000",
                        "databases|10001|out of range; expected a whole number",
                        "max-connections|1,000|not a whole number",
                        "max-connections|1k|not a whole number",
                        "max-arguments|15|out of range",
                        "max-wide-arguments|16777217|out of range",
                        "max-pipeline|0|out of range",
                        "max-in-flight|0|out of range",
                        "queue-max-size|1000001|out of range",
                        "rate-requests-per-minute|-1|out of range; expected a whole number from 0 to 1,000,000,000",
                        "rate-burst|0|out of range",
                        "rate-per|cluster|none of these; expected pod, fleet, client",
                        "warm-up-max-keys|0|out of range",
                        // switches
                        "aggressive|yes|neither of them; expected true or false",
                        "embedded|1|neither of them",
                        "passthrough|TRUE|neither of them",
                        "hot-keys|on|neither of them",
                        "allow-open-bind|t|neither of them",
                        "queue-enabled|no|neither of them",
                        "moving-push|false.|neither of them",
                        "warm-up-on-start|0|neither of them",
                        // choices and names
                        "log-level|verbose|none of these; expected error, warn, info, debug, trace",
                        "log-level|INFO|none of these",
                        "pod|a/b|not such a name; expected 1 to 253 letters",
                        "fleet|my fleet|not such a name; expected 1 to 64 letters",
                        // files
                        "socket|/no/such/directory/s.sock|there is no such directory as it would be in",
                        "socket|/tmp/" + "s".repeat(100) + "|too long; expected the path of a Unix socket",
                        "password-file|/no/such/file|there is no such file; expected the path of a file with the secret",
                        "password-file|/|this is a directory",
                        "admin-token-file|/no/such/file|there is no such file; expected the path of a file with a token",
                        "tls-cert|/no/such/file|there is no such file; expected the path of a file that can be read",
                        "tls-key|/|this is a directory",
                        "http-tls-client-ca|/no/such/file|there is no such file",
                        // lists
                        "prefixes|a:,,b:|one of them is empty; leave the setting out for all keys",
                        "prefixes|['a:'|not YAML",
                        "prefixes|[{a: b}]|a single value, not a list or a mapping; expected beginnings of keys")
                .map(line -> line.split("\\|", 3))
                .map(Arguments::of);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void are_refused_with_name_value_source_and_what_was_expected(String name, String value, String why) {
        Setting<?> setting = requireNonNull(Settings.TABLE.named(name));
        String file = Reading.file(directory, "# a comment", name + ": '" + value.replace("'", "''") + "'");

        String byFlag = about(name, Reading.PLAIN.problems(setting.flag() + "=" + value));
        String byVariable = about(name, Reading.with(setting.variable(), value).problems());
        String byFile = about(name, Reading.PLAIN.problems("--config", file));

        assertThat(byFlag).contains("(flag --" + name + "): ");
        assertThat(byVariable).contains("(environment " + setting.variable() + "): ");
        assertThat(byFile).contains("(file " + Shown.file(file) + ", line 2): ");
        for (String problem : new String[] {byFlag, byVariable, byFile}) {
            String start = value.length() > 60 ? value.substring(0, 60) : value;
            assertThat(problem).startsWith(name + " = '" + start).contains("expected ");
            assertThat(Arrays.stream(why.split("; ")))
                    .allSatisfy(part -> assertThat(problem).contains(part));
        }
    }

    /** Others may say that what the setting is needed for is missing. */
    private static String about(String name, Iterable<String> problems) {
        assertThat(problems).anyMatch(problem -> problem.startsWith(name + " = "));
        for (String problem : problems) {
            if (problem.startsWith(name + " = ")) {
                return problem;
            }
        }
        throw new AssertionError(name);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void of_the_wrong_shape_are_refused(String line, String why) {
        String file = Reading.file(directory, line);

        assertThat(Reading.PLAIN.problems("--config", file))
                .anySatisfy(problem -> assertThat(problem).contains("line 1").contains(why));
    }

    static Stream<Arguments> shapes() {
        return Stream.of(
                Arguments.of("ttl:", "there is no value; give one or take the line out"),
                Arguments.of("password: null", "there is no value"),
                Arguments.of("prefixes:", "there is no value"),
                Arguments.of("users:", "not a list"),
                Arguments.of("ttl: [60s]", "a single value, not a list or a mapping"),
                Arguments.of("ttl: {seconds: 60}", "a single value, not a list or a mapping"),
                Arguments.of("prefixes: {a: b}", "a list, not a mapping"),
                Arguments.of("redis: []", "empty"),
                Arguments.of("users: app", "not a list"),
                Arguments.of("admin-tokens: [x]", "expected file, role with their values"));
    }
}
