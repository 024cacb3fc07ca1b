package io.tiercel.failure.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every fault of the matrix in docs/failures.md, over real servers, and what callers see of it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class FailureMatrixIT {
    private final Table table = new Table();
    private final Judgement judgement = new Judgement(Double.parseDouble(System.getProperty("failures.slack", "5")));
    private Backends backends;

    @BeforeAll
    void start() throws Exception {
        backends = new Backends();
        // A JVM that has just begun would be measured and not the cache.
        var unused = Strike.on(Matrix.NOTHING).measure(backends);
    }

    @AfterAll
    void stop() throws Exception {
        if (backends != null) {
            backends.close();
            table.write(Path.of(System.getProperty("failures.target", "target")));
            String document = System.getProperty("failures.document", "");
            if (!document.isEmpty()) {
                table.writeInto(Path.of(document));
            }
        }
    }

    static List<Row> rows() {
        String only = System.getProperty("failures.only", "");
        return Matrix.rows().stream().filter(row -> row.name().contains(only)).toList();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void what_is_promised_is_kept(Row row) throws Exception {
        Measured measured = row.play().measure(backends);
        table.add(row, measured);

        System.out.printf(
                "%s: promised %s; first %s, later %s, hot %s, oldest %s, recovery %s, servers %s, puts %s, removals %s,"
                        + " loads %d, %s%n",
                row.name(),
                row.limits().text(),
                measured.first(),
                measured.later(),
                measured.hot(),
                Texts.ofNanos(measured.oldestNanos()),
                measured.recoveryNanos() < 0 ? measured.missing() : Texts.ofNanos(measured.recoveryNanos()),
                Texts.ofNanos(measured.serversNanos()),
                measured.puts(),
                measured.removals(),
                measured.loads(),
                measured.remarks());
        assertThat(judgement.broken(row, measured)).as(row.name()).isEmpty();
    }
}
