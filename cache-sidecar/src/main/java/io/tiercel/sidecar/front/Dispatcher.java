package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tiercel.sidecar.keyspace.Namespaces;
import io.tiercel.sidecar.keyspace.RedisKeyspace;
import io.tiercel.sidecar.resp.Reply;
import io.tiercel.sidecar.resp.Request;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks each request up, checks what can be checked without Redis, in Redis' order and with its words, and hands it to
 * whoever carries it out.
 *
 * <p>Immutable; works for all connections.
 */
final class Dispatcher {
    private static final int LONGEST_NAME = 128;
    private static final Set<String> BEFORE_LOGIN = Set.of("AUTH", "HELLO", "QUIT", "RESET");
    private static final Set<String> OTHERS_CONNECTIONS = Set.of("CLIENT|LIST", "CLIENT|KILL");
    private static final Set<String> IN_TRANSACTION_AT_ONCE =
            Set.of("EXEC", "DISCARD", "MULTI", "WATCH", "QUIT", "RESET");

    private static final Set<String> CHANGES_HOW_IT_IS_ANSWERED = Set.of("HELLO", "RESET");

    private final Front front;
    private final CommandTable table;

    Dispatcher(Front front) {
        this.front = front;
        Map<String, Command.Handler> handlers = new HashMap<>();
        handlers.putAll(ConnectionCommands.handlers());
        handlers.putAll(ClientCommands.handlers());
        handlers.putAll(ServerCommands.handlers(this));
        handlers.putAll(TransactionCommands.handlers());
        boolean redis = front.redis() != null;
        handlers.putAll(redis ? RedisCommands.handlers() : MemoryCommands.handlers(front));
        List<Command> own = CacheCommands.commands(redis);
        Command.Handler otherwise = redis ? RedisCommands::pass : MemoryCommands::unknown;
        RedisKeyspace keyspace = front.redis();
        if (keyspace != null && !keyspace.namespaces().isEmpty()) {
            Namespaces namespaces = keyspace.namespaces();
            handlers.replaceAll((name, handler) -> NamespaceCommands.before(namespaces, handler));
            otherwise = NamespaceCommands.before(namespaces, otherwise);
            own = own.stream()
                    .map(command -> command.with(NamespaceCommands.before(namespaces, command.handler())))
                    .toList();
        }
        this.table = CommandTable.of(handlers, otherwise, own);
    }

    CommandTable table() {
        return table;
    }

    /** Carries a request out, or begins to; false if that must wait until what came before it has been answered. */
    boolean dispatch(Invocation invocation, Request request) {
        Command command = table.find(request);
        ClientConnection connection = invocation.connection();
        Session session = connection.session();
        User user = session.user();
        if (command == null) {
            if (user == null) {
                Reply.error(connection.immediate(), "NOAUTH Authentication required.");
            } else {
                unknown(connection, request);
            }
            return true;
        }
        invocation.of(request, command);
        if (user == null && !BEFORE_LOGIN.contains(command.name())) {
            Reply.error(connection.immediate(), "NOAUTH Authentication required.");
            return true;
        }
        Command exact = command.subcommands().isEmpty() ? command : subcommand(invocation, command, request);
        if (exact == null) {
            connection.transaction().spoil();
            return true;
        }
        if (!exact.takes(request.count())) {
            if (exact.name().equals("EXEC")) {
                connection.transaction().reset();
                invocation.error(
                        "EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command");
                return true;
            }
            invocation.wrongArity(exact);
            connection.transaction().spoil();
            return true;
        }
        connection.lastCommand(exact.name());
        if (user != null && (user.access() != User.Access.ALL || !user.hasAllKeys())) {
            String refusal = refusal(user, exact, request);
            if (refusal != null) {
                invocation.error(refusal);
                connection.transaction().spoil();
                return true;
            }
        }
        boolean limited = exact.hasKeys() && front.live().rate().requestsPerMinute() > 0;
        if (limited) {
            long wait = connection.takeToken(front.live().rate());
            if (wait == FleetLimiter.WAITS) {
                return false;
            }
            if (wait > 0) {
                front.gauges().rateLimited.increment();
                invocation.error("RATELIMITED too many requests, retry_after_ms=" + wait);
                connection.transaction().spoil();
                return true;
            }
        }
        if (exact.hasKeys() && !mayEnter(invocation)) {
            connection.transaction().spoil();
            return true;
        }
        if (connection.transaction().isOpen() && !IN_TRANSACTION_AT_ONCE.contains(command.name())) {
            connection.transaction().queue(invocation, exact);
            return true;
        }
        if (front.redis() != null && !mayTakeRoute(connection, exact)) {
            if (limited) {
                connection.keepToken();
            }
            return false;
        }
        command.handler().handle(invocation);
        return true;
    }

    private static boolean mayTakeRoute(ClientConnection connection, Command command) {
        if (CHANGES_HOW_IT_IS_ANSWERED.contains(command.name())) {
            return !connection.hasPending();
        }
        if (command.categories().contains("connection")) {
            return true; // it does not go to Redis
        }
        boolean own = command.isBlocking()
                || command.name().equals("WATCH")
                || (connection.transaction().isWatching()
                        && (command.hasKeys() || command.name().equals("EXEC")));
        return connection.mayTakeRoute(own);
    }

    /** The bound on what all clients together have under way. */
    private boolean mayEnter(Invocation invocation) {
        long most = front.settings().maxInFlightBytes();
        // A little over it those who hold the most are being cut off, which takes a moment; the others are served.
        if (front.gauges().heldBytes.get() > most + most / 4) {
            front.gauges().overloaded.increment();
            invocation.error(ClientConnection.OVERLOADED);
            return false;
        }
        return true;
    }

    private @Nullable Command subcommand(Invocation invocation, Command command, Request request) {
        if (request.count() < 2) {
            if (command.takes(1)) {
                return command;
            }
            invocation.wrongArity(command);
            return null;
        }
        String name = request.length(1) > LONGEST_NAME ? "" : request.text(1).toUpperCase(Locale.ROOT);
        Command found = command.subcommands().get(name);
        if (found == null) {
            invocation.error("ERR unknown subcommand '" + cut(request.text(1)) + "'. Try " + command.name() + " HELP.");
        }
        return found;
    }

    private void unknown(ClientConnection connection, Request request) {
        StringBuilder arguments = new StringBuilder();
        for (int i = 1; i < request.count() && arguments.length() < LONGEST_NAME; i++) {
            String text = new String(request.bytes(i), 0, Math.min(request.length(i), LONGEST_NAME), UTF_8);
            int room = LONGEST_NAME - arguments.length();
            arguments
                    .append('\'')
                    .append(text, 0, Math.min(room, text.length()))
                    .append("' ");
        }
        Reply.error(
                connection.immediate(),
                "ERR unknown command '" + cut(request.text(0)) + "', with args beginning with: " + arguments);
        connection.transaction().spoil();
    }

    private static String cut(String text) {
        return text.length() > LONGEST_NAME ? text.substring(0, LONGEST_NAME) : text;
    }

    /** Why the user may not do that; null if he may. */
    private static @Nullable String refusal(User user, Command command, Request request) {
        boolean connection =
                command.categories().contains("connection") || command.name().equals("COMMAND");
        boolean transaction = command.categories().contains("transaction");
        boolean others = user.access() != User.Access.ALL && OTHERS_CONNECTIONS.contains(command.name());
        boolean allowed = (connection && !others)
                || transaction
                || switch (user.access()) {
                    case READ -> command.hasKeys() && !command.mayWrite();
                    case WRITE -> command.hasKeys();
                    case ALL -> user.hasAllKeys() || command.hasKeys();
                };
        if (!allowed) {
            return "NOPERM this user has no permissions to run the '" + command.display() + "' command";
        }
        if (user.hasAllKeys() || !command.hasKeys()) {
            return null;
        }
        byte[][] words = new byte[request.count()][];
        for (int i = 0; i < words.length; i++) {
            words[i] = request.bytes(i);
        }
        List<Integer> keys = command.keys(words);
        // Without keys of its own it may reach any: a script, what a tag names, what SORT follows.
        boolean all = keys != null
                && !keys.isEmpty()
                && !command.categories().contains("scripting")
                && !followsOthers(command, words)
                && keys.stream().allMatch(key -> user.mayUse(words[key]));
        return all ? null : "NOPERM this user has no permissions to access one of the keys used as arguments";
    }

    /** Whether it reads keys that it finds in others: SORT with BY or GET. */
    private static boolean followsOthers(Command command, byte[][] words) {
        if (!command.name().equals("SORT") && !command.name().equals("SORT_RO")) {
            return false;
        }
        for (int i = 2; i < words.length; i++) {
            if (KeyFinder.is(words[i], "BY") || KeyFinder.is(words[i], "GET")) {
                return true;
            }
        }
        return false;
    }
}
