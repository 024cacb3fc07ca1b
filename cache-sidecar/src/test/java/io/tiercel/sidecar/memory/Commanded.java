package io.tiercel.sidecar.memory;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tiercel.sidecar.resp.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A keyspace that is told commands as text, Latin-1, one character a byte, and answers with its reply's bytes. */
final class Commanded {
    private static final Pattern HEX = Pattern.compile("\\\\x(\\p{XDigit}{2})");

    private final MemoryKeyspace keyspace;
    private final Protocol protocol;

    Commanded(MemoryKeyspace keyspace) {
        this(keyspace, Protocol.RESP2);
    }

    Commanded(MemoryKeyspace keyspace, Protocol protocol) {
        this.keyspace = keyspace;
        this.protocol = protocol;
    }

    static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    static byte[][] words(String... words) {
        byte[][] command = new byte[words.length][];
        for (int i = 0; i < words.length; i++) {
            command[i] = bytes(words[i]);
        }
        return command;
    }

    /** Words with a space between; {@code ''} is an empty one, and {@code \xHH} a byte. */
    static byte[][] parse(String line) {
        List<String> words = new ArrayList<>();
        for (String word : line.trim().split(" +", -1)) {
            words.add(word.equals("''") ? "" : unescaped(word));
        }
        return words(words.toArray(String[]::new));
    }

    private static String unescaped(String word) {
        Matcher byHex = HEX.matcher(word);
        return byHex.replaceAll(hex -> {
            String character = String.valueOf((char) Integer.parseInt(hex.group(1), 16));
            return Matcher.quoteReplacement(character);
        });
    }

    String run(String... words) {
        return run(words(words));
    }

    String run(byte[][] command) {
        ByteBuf out = Unpooled.buffer();
        keyspace.execute(protocol, 0, command, out);
        return out.toString(ISO_8859_1);
    }

    List<String> run(List<byte[][]> commands) {
        List<String> replies = new ArrayList<>();
        for (byte[][] command : commands) {
            replies.add(run(command));
        }
        return replies;
    }

    String transaction(List<WatchedKey> watched, String... lines) {
        List<byte[][]> commands = new ArrayList<>();
        for (String line : lines) {
            commands.add(parse(line));
        }
        ByteBuf out = Unpooled.buffer();
        keyspace.transaction(protocol, 0, commands, watched, out);
        return out.toString(ISO_8859_1);
    }
}
