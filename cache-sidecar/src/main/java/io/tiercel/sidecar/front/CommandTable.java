package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tiercel.sidecar.resp.Request;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The commands by name. What Redis 7.0 says of its own is a file beside this class; a command that a newer server has is
 * unknown here. Looking one up makes no object. Immutable.
 */
final class CommandTable {
    private static final String FILE = "commands.tsv";

    private final Map<String, Command> byName = new LinkedHashMap<>();
    private final Command[] places;

    private CommandTable(Collection<Command> commands) {
        commands.forEach(command -> byName.put(command.name(), command));
        places = new Command[Integer.highestOneBit(byName.size()) * 4];
        for (Command command : byName.values()) {
            int place = hash(command.name()) & (places.length - 1);
            while (places[place] != null) {
                place = (place + 1) & (places.length - 1);
            }
            places[place] = command;
        }
    }

    /**
     * The table of Redis' commands and the cache's own.
     *
     * @param otherwise for commands that have no handler of their own
     * @param handlers by name in capitals
     * @param own commands that Redis does not have
     */
    static CommandTable of(Map<String, Command.Handler> handlers, Command.Handler otherwise, List<Command> own) {
        Map<String, Command> all = new LinkedHashMap<>();
        Map<String, Map<String, Command>> subcommands = new LinkedHashMap<>();
        for (String line : lines()) {
            String[] columns = line.split("\t", -1);
            String name = columns[0].toUpperCase(Locale.ROOT);
            Command command = new Command(
                    name,
                    Integer.parseInt(columns[1]),
                    set(columns[2]),
                    Integer.parseInt(columns[3]),
                    Integer.parseInt(columns[4]),
                    Integer.parseInt(columns[5]),
                    set(columns[6]),
                    Map.of(),
                    handlers.getOrDefault(name, otherwise));
            int bar = name.indexOf('|');
            if (bar < 0) {
                all.put(name, command);
            } else {
                subcommands
                        .computeIfAbsent(name.substring(0, bar), n -> new LinkedHashMap<>())
                        .put(name.substring(bar + 1), command);
            }
        }
        own.forEach(command -> all.put(command.name(), command));
        return new CommandTable(all.values().stream()
                .map(command -> new Command(
                        command.name(),
                        command.arity(),
                        command.flags(),
                        command.firstKey(),
                        command.lastKey(),
                        command.step(),
                        command.categories(),
                        Map.copyOf(subcommands.getOrDefault(command.name(), Map.of())),
                        command.handler()))
                .toList());
    }

    private static List<String> lines() {
        try (InputStream in = CommandTable.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IllegalStateException("the class path lacks " + FILE);
            }
            try (BufferedReader reader = new BufferedReader(new InputStreamReader(in, UTF_8))) {
                return reader.lines().filter(line -> !line.startsWith("#")).toList();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> set(String column) {
        return column.isEmpty() ? Set.of() : Arrays.stream(column.split(",")).collect(Collectors.toUnmodifiableSet());
    }

    /** The command that a request names, in whatever case; null if there is none. */
    @Nullable
    Command find(Request request) {
        int place = request.hashIgnoringCase(0) & (places.length - 1);
        for (Command command = places[place]; command != null; command = places[place]) {
            if (request.is(0, command.name())) {
                return command;
            }
            place = (place + 1) & (places.length - 1);
        }
        return null;
    }

    /** The command of that name in capitals; null if there is none. */
    @Nullable
    Command find(String capitals) {
        return byName.get(capitals);
    }

    Collection<Command> all() {
        return byName.values();
    }

    private static int hash(String capitals) {
        int hash = 1;
        for (int i = 0; i < capitals.length(); i++) {
            hash = 31 * hash + (byte) capitals.charAt(i);
        }
        return hash;
    }
}
