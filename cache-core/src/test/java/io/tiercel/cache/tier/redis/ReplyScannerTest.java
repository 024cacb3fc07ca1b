package io.tiercel.cache.tier.redis;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReplyScannerTest {
    private static final List<String> REPLIES = List.of(
            "+OK\r\n",
            "-ERR no\r\n",
            ":12\r\n",
            "$-1\r\n",
            "$0\r\n\r\n",
            "$4\r\n\r\n\r\n\r\n",
            "*-1\r\n",
            "*0\r\n",
            "*2\r\n$1\r\na\r\n*1\r\n:1\r\n",
            "_\r\n",
            "#t\r\n",
            ",1.5\r\n",
            "(123456789012345678901234567890\r\n",
            "=7\r\ntxt:abc\r\n",
            "%2\r\n+a\r\n:1\r\n+b\r\n%1\r\n+c\r\n_\r\n",
            "~1\r\n+x\r\n",
            ">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n",
            "|1\r\n+ttl\r\n:3\r\n$1\r\nv\r\n",
            "!5\r\nERR a\r\n",
            "*3\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n*0\r\n");

    @Test
    void replies_are_found_however_the_network_cuts_them() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            List<String> sent = new ArrayList<>();
            StringBuilder bytes = new StringBuilder();
            for (int i = 0; i < 20; i++) {
                String reply = REPLIES.get(random.nextInt(REPLIES.size()));
                sent.add(reply);
                bytes.append(reply);
            }
            assertThat(found(bytes.toString(), random)).as("seed %d", seed).isEqualTo(sent);
        }
    }

    private static List<String> found(String bytes, Random random) {
        ReplyScanner scanner = new ReplyScanner();
        ByteBuf in = Unpooled.buffer();
        List<String> found = new ArrayList<>();
        try {
            int at = 0;
            while (at < bytes.length()) {
                int next = Math.min(bytes.length(), at + 1 + random.nextInt(12));
                in.writeCharSequence(bytes.substring(at, next), ISO_8859_1);
                at = next;
                for (int length = scanner.scan(in); length >= 0; length = scanner.scan(in)) {
                    found.add(in.readCharSequence(length, ISO_8859_1).toString());
                }
            }
            assertThat(in.isReadable()).isFalse();
            return found;
        } finally {
            in.release();
        }
    }

    @Test
    void what_is_no_reply_is_refused() {
        for (String bytes : List.of("HTTP/1.1 200\r\n", "$x\r\n", "*1x\r\n", "$12345678901\r\n", "$\r\n")) {
            ByteBuf in = Unpooled.copiedBuffer(bytes, ISO_8859_1);
            assertThatThrownBy(() -> new ReplyScanner().scan(in)).as(bytes).isInstanceOf(IllegalStateException.class);
            in.release();
        }
    }
}
