package io.tiercel.sidecar.front;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a command: what Redis says of it to {@code COMMAND}, and how it is carried out here. Immutable.
 *
 * @param name in capitals
 * @param arity how many words it has with its name; negative for at least so many
 * @param flags as Redis names them
 * @param firstKey position of the first key, 0 for none
 * @param lastKey position of the last key, from the end if negative
 * @param step from one key to the next
 * @param categories as Redis' ACL names them
 * @param subcommands by their names in capitals
 * @param handler how it is carried out here
 */
record Command(
        String name,
        int arity,
        Set<String> flags,
        int firstKey,
        int lastKey,
        int step,
        Set<String> categories,
        Map<String, Command> subcommands,
        Handler handler) {

    /** How a command is carried out; called on the connection's event loop. */
    @FunctionalInterface
    interface Handler {
        void handle(Invocation invocation);
    }

    boolean isWrite() {
        return flags.contains("write");
    }

    /** Whether it may change keys as far as is known: scripts do not say. */
    boolean mayWrite() {
        return isWrite() || (flags.contains("movablekeys") && !flags.contains("readonly"));
    }

    boolean isBlocking() {
        return flags.contains("blocking");
    }

    boolean isAdmin() {
        return flags.contains("admin");
    }

    boolean hasKeys() {
        return firstKey > 0 || flags.contains("movablekeys");
    }

    boolean takes(int words) {
        return arity >= 0 ? words == arity : words >= -arity;
    }

    /** The name as in error messages: in small letters, a subcommand behind a bar. */
    String display() {
        return name.toLowerCase(Locale.ROOT);
    }

    /** The positions of its keys among these words; null if they are not where they should be. */
    @Nullable
    List<Integer> keys(byte[][] words) {
        List<Integer> keys = KeyFinder.movable(name, words);
        if (keys != null || (flags.contains("movablekeys") && firstKey == 0)) {
            return keys;
        }
        List<Integer> fixed = new ArrayList<>();
        if (firstKey > 0) {
            int last = lastKey >= 0 ? lastKey : words.length + lastKey;
            for (int i = firstKey; i <= last && i < words.length; i += step) {
                fixed.add(i);
            }
        }
        return fixed;
    }

    Command with(Handler other) {
        return new Command(name, arity, flags, firstKey, lastKey, step, categories, subcommands, other);
    }
}
