package io.tiercel.sidecar.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Holds docs/configuration.md to the table of settings. */
final class ConfigurationDocTest {
    private static final Path DOCUMENT = Path.of("..", "docs", "configuration.md");
    private static final String BEGIN = "<!-- settings: begin -->\n";
    private static final String END = "<!-- settings: end -->\n";
    private static final String WRITE = "configuration.doc.write";

    @Test
    void the_document_has_the_settings_of_the_code() throws IOException {
        String document = Files.readString(DOCUMENT, UTF_8);
        int begin = document.indexOf(BEGIN) + BEGIN.length();
        int end = document.indexOf(END);
        String table = table();
        if (Boolean.getBoolean(WRITE)) {
            Files.writeString(DOCUMENT, document.substring(0, begin) + table + document.substring(end), UTF_8);
            return;
        }
        assertThat(document.substring(begin, end))
                .as("docs/configuration.md is not that of the code; write it anew with: mvn -q -Dquick test"
                        + " -pl cache-sidecar -Dtest=ConfigurationDocTest -D" + WRITE + "=true")
                .isEqualTo(table);
    }

    @Test
    void every_setting_that_the_text_names_exists() throws IOException {
        Matcher flags = Pattern.compile("--([a-z0-9][a-z0-9-]+)").matcher(Files.readString(DOCUMENT, UTF_8));

        assertThat(flags.results().map(flag -> flag.group(1)).distinct())
                .hasSizeGreaterThan(3)
                .allMatch(
                        name -> Settings.TABLE.named(name) != null || name.matches("config|print-config|help|version"));
    }

    private static String table() {
        StringBuilder text = new StringBuilder();
        for (Setting.Group group : Setting.Group.values()) {
            text.append("\n### ").append(group.title()).append("\n\n");
            text.append("| setting | takes | default | |\n|---|---|---|---|\n");
            for (Setting<?> setting : Settings.TABLE.all()) {
                if (setting.group() == group) {
                    text.append(row(setting));
                }
            }
        }
        return text.append('\n').toString();
    }

    private static String row(Setting<?> setting) {
        return "| `" + setting.name() + "` | " + cell(setting.kind().expected()) + " | "
                + (setting.initial() == null ? "" : "`" + setting.initial() + "`") + " | " + cell(setting.help())
                + " |\n";
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("<", "&lt;");
    }
}
