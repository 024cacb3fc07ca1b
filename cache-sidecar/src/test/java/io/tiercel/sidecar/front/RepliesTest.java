package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RepliesTest {
    @Test
    void an_array_is_taken_apart_and_put_together_again() {
        String array = "*6\r\n$3\r\na\r\n\r\n:1\r\n*2\r\n+x\r\n%1\r\n$1\r\nk\r\n$-1\r\n_\r\n~1\r\n#t\r\n*-1\r\n";
        List<byte[]> elements = requireNonNull(Replies.elements(array.getBytes(UTF_8)));
        assertThat(elements.stream().map(element -> new String(element, UTF_8)).toList())
                .containsExactly(
                        "$3\r\na\r\n\r\n",
                        ":1\r\n",
                        "*2\r\n+x\r\n%1\r\n$1\r\nk\r\n$-1\r\n",
                        "_\r\n",
                        "~1\r\n#t\r\n",
                        "*-1\r\n");
        assertThat(new String(Replies.array(elements), UTF_8)).isEqualTo(array);
        assertThat(Replies.elements("-ERR no\r\n".getBytes(UTF_8))).isNull();
    }

    @Test
    void a_reply_of_parts_is_given_when_the_last_has_come_and_once() {
        List<String> done = new ArrayList<>();
        Gather gather = new Gather(2, replies -> done.add(new String(Replies.array(replies), UTF_8)));
        gather.part(1).reply(Replies.integer(2));
        assertThat(done).isEmpty();
        gather.part(1).reply(Replies.integer(3));
        gather.part(0).reply(Replies.integer(1));
        gather.part(0).reply(Replies.integer(4));
        assertThat(done).containsExactly("*2\r\n:1\r\n:2\r\n");
    }

    @Test
    void what_is_late_of_a_reply_of_parts_is_an_error_unless_somebody_knows_better() {
        List<String> done = new ArrayList<>();
        Gather gather = new Gather(2, replies -> done.add(new String(Replies.array(replies), UTF_8)));
        gather.part(0).whenLate(() -> gather.part(0).reply(Replies.integer(7)));
        gather.late();
        assertThat(done).hasSize(1);
        assertThat(done.get(0)).startsWith("*2\r\n:7\r\n-TIMEOUT ");
    }
}
