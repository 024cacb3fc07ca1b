package io.tiercel.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RowTest {
    @Test
    void a_row_is_what_was_written_for_that_key() {
        Row row = new Row("k7", 12, 2);

        assertThat(Row.decode("k7", row.encode())).isEqualTo(row);
        assertThat(Row.decode("k8", row.encode())).isNull();
    }

    @Test
    void a_row_that_is_cut_or_made_of_two_is_none() {
        String one = new Row("k7", 12, 2).encode();
        String other = new Row("k7", 13, 2).encode();

        for (int cut = 0; cut < one.length(); cut++) {
            assertThat(Row.decode("k7", one.substring(0, cut))).isNull();
        }
        assertThat(Row.decode("k7", one.substring(0, 12) + other.substring(12))).isNull();
        assertThat(Row.decode("k7", "written by hand")).isNull();
    }
}
