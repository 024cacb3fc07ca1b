package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.tiercel.sidecar.keyspace.LoopKeyspace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Commands that name another database. Databases are prefixes of keys here, so moving a key is renaming it; in a cluster
 * the two names are of one slot only if the key has a hash tag.
 */
final class Databases {
    private static final String OUT_OF_RANGE = "ERR DB index is out of range";

    private Databases() {}

    static Map<String, Command.Handler> handlers() {
        return Map.of("MOVE", Databases::move, "COPY", Databases::copy);
    }

    private static void move(Invocation invocation) {
        byte[][] words = invocation.words();
        Integer target = database(invocation, words[2]);
        if (target == null) {
            return;
        }
        Session session = invocation.session();
        if (target == session.database()) {
            invocation.error("ERR source and destination objects are the same");
            return;
        }
        byte[] from = RedisCommands.prefixed(session, words[1]);
        byte[] to = SpaceCommands.join(Session.prefix(target), words[1]);
        byte[][] rename = {"RENAMENX".getBytes(US_ASCII), from, to};
        Slot slot = invocation.later();
        // Without the key there is nothing to move, which is no error.
        Gather gather = new Gather(1, replies -> {
            byte[] reply = replies.get(0);
            boolean none =
                    Replies.isError(reply) && LoopKeyspace.errorText(reply).equals("ERR no such key");
            slot.reply(none ? Replies.integer(0) : reply);
        });
        slot.whenLate(gather::late);
        RedisCommands.give(invocation, invocation.command(), rename, List.of(1, 2), gather.part(0));
    }

    private static void copy(Invocation invocation) {
        byte[][] words = invocation.words();
        Session session = invocation.session();
        int database = session.database();
        List<byte[]> sent = new ArrayList<>(List.of(words).subList(0, 3));
        for (int i = 3; i < words.length; i++) {
            if (KeyFinder.is(words[i], "DB") && i + 1 < words.length) {
                i++;
                Integer target = database(invocation, words[i]);
                if (target == null) {
                    return;
                }
                database = target;
            } else {
                sent.add(words[i]);
            }
        }
        sent.set(1, RedisCommands.prefixed(session, words[1]));
        sent.set(2, SpaceCommands.join(Session.prefix(database), words[2]));
        RedisCommands.give(
                invocation, invocation.command(), sent.toArray(byte[][]::new), List.of(1, 2), invocation.later());
    }

    /** The database that a word names; null if it is none, which the client has been told. */
    private static @Nullable Integer database(Invocation invocation, byte[] word) {
        String text = new String(word, US_ASCII);
        if (!text.matches("-?\\d{1,9}")) {
            invocation.error("ERR value is not an integer or out of range");
            return null;
        }
        int database = Integer.parseInt(text);
        if (database < 0 || database >= invocation.loop().front().settings().databases()) {
            invocation.error(OUT_OF_RANGE);
            return null;
        }
        return database;
    }
}
