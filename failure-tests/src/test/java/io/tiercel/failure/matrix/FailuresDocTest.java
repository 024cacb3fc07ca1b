package io.tiercel.failure.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The documentation promises what is tested, row for row. */
class FailuresDocTest {
    private static final Path DOCUMENT = Path.of("..", "docs", "failures.md");

    @Test
    void the_documentation_lists_exactly_the_rows_that_run_with_their_limits() throws IOException {
        String text = Files.readString(DOCUMENT);
        String table = text.substring(text.indexOf(Table.BEGIN), text.indexOf(Table.END));

        List<String> documented = table.lines()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| fault"))
                .map(FailuresDocTest::nameAndLimits)
                .toList();

        assertThat(documented)
                .containsExactlyElementsOf(Matrix.rows().stream()
                        .map(row -> row.name() + " | " + row.limits().text())
                        .toList());
    }

    private static String nameAndLimits(String line) {
        int first = line.indexOf(" | ");
        return line.substring(2, line.indexOf(" | ", first + 3));
    }

    @Test
    void no_two_rows_have_one_name() {
        assertThat(Matrix.rows()).extracting(Row::name).doesNotHaveDuplicates();
    }
}
