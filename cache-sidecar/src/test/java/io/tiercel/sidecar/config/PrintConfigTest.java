package io.tiercel.sidecar.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PrintConfigTest {
    @TempDir
    private Path directory;

    @Test
    void there_is_a_line_for_each_setting_with_its_source() {
        String printed =
                Reading.with("TIERCEL_TTL", "2m").printed("--print-config", "--redis", "a:1,b:2", "--pod", "p");

        assertThat(printed.lines().skip(1)).hasSameSizeAs(Settings.TABLE.all());
        assertThat(printed.lines())
                .contains("resp-port: 6380  # default")
                .contains("ttl: 2m  # environment TIERCEL_TTL")
                .contains("redis: [a:1, b:2]  # flag --redis")
                .contains("# memcached:  # not set");
    }

    @Test
    void what_it_prints_used_as_a_file_gives_the_same_values() throws IOException, BadValueException {
        String[] flags = everythingChanged();
        SidecarConfig config = Reading.PLAIN.config(flags);
        String file = Reading.file(directory, Reading.PLAIN.printed(with(flags, "--print-config")));

        SidecarConfig again = Reading.PLAIN.config("--config", file);

        assertThat(values(again)).isEqualTo(values(config));
        assertThat(again.listeners()).isEqualTo(config.listeners());
        assertThat(again.caching()).isEqualTo(config.caching());
        assertThat(again.access()).isEqualTo(config.access());
        assertThat(again.limits()).isEqualTo(config.limits());
        assertThat(again.overload()).isEqualTo(config.overload());
        assertThat(again.life()).isEqualTo(config.life());
        assertThat(again.identity()).isEqualTo(config.identity());
        assertThat(again.tiers().toString()).isEqualTo(config.tiers().toString());
        assertThat(again.settings())
                .filteredOn(setting -> setting.value() != null)
                .allMatch(setting -> setting.source() == Source.FILE);
        assertThat(config.settings())
                .filteredOn(setting -> setting.source() == Source.DEFAULT)
                .extracting(EffectiveSetting::name)
                .as("settings that this test does not change")
                .containsExactlyInAnyOrder("embedded", "password");
    }

    private static Map<String, String> values(SidecarConfig config) {
        Map<String, String> values = new HashMap<>();
        config.settings().forEach(setting -> values.put(setting.name(), String.valueOf(setting.value())));
        return values;
    }

    private static String[] with(String[] flags, String further) {
        List<String> all = new ArrayList<>(List.of(flags));
        all.add(further);
        return all.toArray(String[]::new);
    }

    private String[] everythingChanged() throws IOException, BadValueException {
        Path secret = Files.writeString(directory.resolve("a secret: #1 'ü'"), "s".repeat(40) + "\n");
        List<String> flags = new ArrayList<>();
        Map<String, String> strange = Map.of(
                "redis", "redis://a:7000,b:7001",
                "memcached", "[::1]:11211",
                "prefixes", "['it''s: #', \"\\ttab \\U0001F600\", 'null', ' x ', 'a,b', '-', '*', '0x10']",
                "users",
                        "[{name: a, password-file: \"" + secret + "\", prefixes: ['a:', 'b\"']},"
                                + " {name: b, password-file: \"" + secret + "\", access: all}]",
                "admin-tokens", "[{file: \"" + secret + "\", role: operate}]",
                "moving-endpoint", "[::1]:1",
                "l1-bytes", "123m",
                "socket", directory + "/s",
                "bind", "::",
                "admin-bind", "0.0.0.0");
        for (Setting<?> setting : Settings.TABLE.all()) {
            String label = setting.kind().label();
            String given = strange.get(setting.name());
            String initial = setting.initial() == null ? "" : setting.initial();
            if (given == null) {
                given = switch (label) {
                    case "true|false" ->
                        setting.name().equals("embedded") ? null : initial.equals("true") ? "false" : "true";
                    case "PATH" -> secret.toString();
                    case "PORT" -> String.valueOf(Integer.parseInt(initial) + 100);
                    case "N" -> String.valueOf(Integer.parseInt(initial) + 1);
                    case "DURATION" -> initial.equals("25s") ? "24s" : "3s";
                    case "SIZE" -> String.valueOf(Units.size(initial) + 1);
                    case "TRIGGER[,...]" -> "cpu=0.5/1m,memory=off";
                    case "URL[,URL]" -> "http://10.0.0.7:8082,https://10.0.0.8:8082";
                    case "AMOUNT" -> "0.12";
                    case "CODE" -> "EUR";
                    case "URL" -> "http://localhost:8080/metrics";
                    case "NAME" -> "some.Name-1";
                    case "NAME[,...]" -> "users,orders";
                    case "pod|fleet|client" -> "client";
                    case "error|warn|info|debug|trace" -> "warn";
                    default -> null;
                };
            }
            if (given != null) {
                flags.add(setting.flag() + "=" + given);
            }
        }
        return flags.toArray(String[]::new);
    }

    @Test
    void a_secret_that_was_not_printed_has_to_be_put_in() {
        String[] flags = {"--password", "hunter2", "--redis", "redis://u:hunter2@a:1"};
        String file = Reading.file(directory, Reading.PLAIN.printed(with(flags, "--print-config")));

        assertThat(Reading.PLAIN.problems("--config", file))
                .hasSize(2)
                .allMatch(problem -> problem.contains("*** is what --print-config shows"));
        assertThat(Reading.PLAIN
                        .config(with(flags, "--config=" + file))
                        .access()
                        .password())
                .isEqualTo(Secret.of("hunter2"));
    }

    @Test
    void wrong_settings_are_refused_rather_than_printed() {
        assertThat(Reading.PLAIN.problem("--print-config", "--ttl", "5")).startsWith("ttl = '5'");
    }

    @Test
    void the_help_names_every_setting_and_comes_whatever_else_is_wrong() {
        String help = Reading.PLAIN.printed("--nonsense", "--help");

        for (Setting<?> setting : Settings.TABLE.all()) {
            assertThat(help).contains(setting.flag());
        }
        for (Setting.Group group : Setting.Group.values()) {
            assertThat(help).contains(group.title());
        }
        assertThat(help).contains("Usage: tiercel sidecar", "--print-config", "--config=FILE", "Exit code");
        assertThat(help).isASCII();
        assertThat(Reading.PLAIN.command("--version")).isInstanceOf(Command.Version.class);
    }
}
