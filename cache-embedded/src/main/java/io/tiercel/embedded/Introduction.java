package io.tiercel.embedded;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a connection says of itself in its first 4 KiB, if it speaks Redis' protocol: the client's name, or that it is a
 * replica come for its copy. The bytes come in pieces of any size.
 */
final class Introduction {

    private static final int LONGEST = 4_096;
    private static final Pattern NAME =
            Pattern.compile("SETNAME\r\n\\$[0-9]+\r\n([^\r]*)\r\n", Pattern.CASE_INSENSITIVE);

    private final StringBuilder heard = new StringBuilder();
    private @Nullable String name;
    private boolean replica;
    private boolean over;

    void hear(ByteBuffer bytes) {
        if (over) {
            return;
        }
        heard.append(StandardCharsets.ISO_8859_1.decode(bytes));
        Matcher matcher = NAME.matcher(heard);
        if (matcher.find()) {
            name = matcher.group(1);
        }
        String text = heard.toString().toUpperCase(Locale.ROOT);
        replica = text.contains("\r\nREPLCONF\r\n") || text.contains("\r\nPSYNC\r\n");
        over = name != null || replica || heard.length() > LONGEST;
    }

    /** As the client set it, or null. */
    @Nullable
    String name() {
        return name;
    }

    boolean isReplica() {
        return replica;
    }

    /** Whether nothing more is to be learnt. */
    boolean isOver() {
        return over;
    }
}
