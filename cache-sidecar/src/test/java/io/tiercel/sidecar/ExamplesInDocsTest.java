package io.tiercel.sidecar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds what the documents show and name to what is there. */
final class ExamplesInDocsTest {
    private static final Path ROOT = Path.of("..");
    private static final Path DOCUMENT = ROOT.resolve("docs").resolve("sidecar.md");

    /** A comment that names a file, and the block below it. */
    private static final Pattern SHOWN =
            Pattern.compile("<!-- (examples/\\S+) -->\\n```\\w+\\n(.*?)```\\n", Pattern.DOTALL);

    private static final Pattern LINK = Pattern.compile("]\\((?!https?:)([^)#\\s]*)(?:#([^)\\s]*))?\\)");
    private static final Pattern HEADING = Pattern.compile("^#+ (.*)$", Pattern.MULTILINE);

    @Test
    void the_lease_examples_are_shown_as_they_are_run() throws IOException {
        Map<String, String> shown = new LinkedHashMap<>();
        Matcher blocks = SHOWN.matcher(Files.readString(DOCUMENT, UTF_8));
        while (blocks.find()) {
            shown.put(blocks.group(1), blocks.group(2));
        }

        assertThat(shown)
                .containsOnlyKeys(
                        "examples/leases/python/leases.py",
                        "examples/leases/node/leases.js",
                        "examples/leases/java/Leases.java",
                        "examples/leases/go/leases.go");
        for (Map.Entry<String, String> one : shown.entrySet()) {
            assertThat(one.getValue()).as(one.getKey()).isEqualTo(Files.readString(ROOT.resolve(one.getKey()), UTF_8));
        }
    }

    @Test
    void links_lead_to_files_and_headings_that_are_there() throws IOException {
        List<Path> documents = Stream.of(
                        "README.md",
                        "docs/sidecar.md",
                        "docs/runbook.md",
                        "docs/scaling.md",
                        "examples/leases/README.md",
                        "examples/runbook/README.md")
                .map(ROOT::resolve)
                .toList();
        for (Path document : documents) {
            Matcher links = LINK.matcher(Files.readString(document, UTF_8));
            int count = 0;
            while (links.find()) {
                count++;
                Path target = links.group(1).isEmpty()
                        ? document
                        : document.resolveSibling(links.group(1)).normalize();
                assertThat(target).as("%s links to %s", document, links.group()).exists();
                if (links.group(2) != null) {
                    assertThat(anchors(target))
                            .as("%s links to %s", document, links.group())
                            .contains(links.group(2));
                }
            }
            assertThat(count).as("links of %s", document).isPositive();
        }
    }

    /** As the usual hosts of repositories make them of headings. */
    private static List<String> anchors(Path document) throws IOException {
        return HEADING.matcher(Files.readString(document, UTF_8))
                .results()
                .map(heading -> heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{Alnum}\\- _]", "")
                        .replace(' ', '-'))
                .toList();
    }
}
