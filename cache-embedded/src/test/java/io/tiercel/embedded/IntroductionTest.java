package io.tiercel.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class IntroductionTest {

    private static final String HELLO = "*4\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$7\r\nSETNAME\r\n$6\r\norders\r\n";
    private static final String CLIENT = "*1\r\n$4\r\nPING\r\n*3\r\n$6\r\nCLIENT\r\n$7\r\nsetname\r\n$6\r\norders\r\n";
    private static final String REPLICA = "*1\r\n$4\r\nPING\r\n*3\r\n$8\r\nREPLCONF\r\n$14\r\nlistening-port\r\n";

    @Test
    void a_name_is_heard_whole_and_cut_at_every_place() {
        for (String text : new String[] {HELLO, CLIENT}) {
            assertThat(heard(text).name()).isEqualTo("orders");
            for (int cut = 1; cut < text.length(); cut++) {
                assertThat(heard(text.substring(0, cut)).name()).isNull();
                assertThat(heard(text.substring(0, cut), text.substring(cut)).name())
                        .isEqualTo("orders");
            }
        }
    }

    @Test
    void a_replica_is_known_by_what_it_sends() {
        assertThat(heard(REPLICA).isReplica()).isTrue();
        assertThat(heard(HELLO).isReplica()).isFalse();
    }

    @Test
    void what_comes_late_or_is_garbage_is_not_heard() {
        long seed = System.nanoTime();
        byte[] garbage = new byte[5_000];
        new Random(seed).nextBytes(garbage);
        Introduction introduction = new Introduction();

        introduction.hear(ByteBuffer.wrap(garbage));
        introduction.hear(ByteBuffer.wrap(HELLO.getBytes(StandardCharsets.US_ASCII)));

        assertThat(introduction.isOver()).as("seed %d", seed).isTrue();
        assertThat(introduction.name()).as("seed %d", seed).isNull();
    }

    private static Introduction heard(String... pieces) {
        Introduction introduction = new Introduction();
        for (String piece : pieces) {
            introduction.hear(ByteBuffer.wrap(piece.getBytes(StandardCharsets.US_ASCII)));
        }
        return introduction;
    }
}
