package io.tiercel.sidecar.front;

import io.netty.buffer.ByteBuf;
import io.tiercel.cache.tier.redis.RedisPassage;
import io.tiercel.sidecar.resp.Protocol;
import io.tiercel.sidecar.resp.Reply;
import io.tiercel.sidecar.resp.Request;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What clients ask a server about itself when they connect, and operators from a console. */
final class ServerCommands {
    private static final Set<String> REFUSED = Set.of(
            "SUBSCRIBE",
            "PSUBSCRIBE",
            "SSUBSCRIBE",
            "UNSUBSCRIBE",
            "PUNSUBSCRIBE",
            "SUNSUBSCRIBE",
            "MONITOR",
            "SHUTDOWN",
            "REPLICAOF",
            "SLAVEOF",
            "FAILOVER",
            "SYNC",
            "PSYNC",
            "REPLCONF",
            "SAVE",
            "BGSAVE",
            "BGREWRITEAOF",
            "DEBUG",
            "ACL",
            "CLUSTER",
            "MODULE",
            "SWAPDB",
            "MIGRATE",
            "LASTSAVE",
            "RESTORE-ASKING");

    private ServerCommands() {}

    static Map<String, Command.Handler> handlers(Dispatcher dispatcher) {
        Map<String, Command.Handler> handlers = new HashMap<>();
        REFUSED.forEach(name -> handlers.put(name, ServerCommands::refused));
        handlers.put("CLUSTER", ServerCommands::cluster);
        handlers.put("ACL", ServerCommands::acl);
        handlers.put("COMMAND", invocation -> command(invocation, dispatcher.table()));
        handlers.put("INFO", invocation -> Info.write(invocation));
        handlers.put("CONFIG", ServerCommands::config);
        handlers.put("TIME", ServerCommands::time);
        handlers.put("ROLE", ServerCommands::role);
        handlers.put("WAIT", invocation -> Reply.integer(invocation.reply(), 0));
        handlers.put(
                "LOLWUT",
                invocation -> Reply.verbatim(
                        invocation.reply(),
                        invocation.protocol(),
                        "Tiercel " + invocation.loop().front().version() + "\n"));
        handlers.put("SLOWLOG", ServerCommands::emptyLog);
        handlers.put("LATENCY", ServerCommands::emptyLog);
        return handlers;
    }

    private static void refused(Invocation invocation) {
        String name = invocation.command().name();
        boolean channels = name.endsWith("SUBSCRIBE");
        invocation.error("ERR " + name + " is not available through the sidecar"
                + (channels ? ": connect to Redis itself for pub/sub" : ""));
    }

    private static void cluster(Invocation invocation) {
        Request request = invocation.request();
        if (request.count() == 3 && request.is(1, "KEYSLOT")) {
            Reply.integer(invocation.reply(), RedisPassage.slot(request.bytes(2)));
        } else {
            invocation.error("ERR This instance has cluster support disabled");
        }
    }

    private static void acl(Invocation invocation) {
        User user = invocation.session().user();
        if (invocation.request().is(1, "WHOAMI") && user != null) {
            Reply.bulk(invocation.reply(), user.name());
        } else {
            refused(invocation);
        }
    }

    private static void time(Invocation invocation) {
        Instant now = Instant.now();
        ByteBuf out = invocation.reply();
        Reply.array(out, 2);
        Reply.bulk(out, Long.toString(now.getEpochSecond()));
        Reply.bulk(out, Integer.toString(now.getNano() / 1_000));
    }

    private static void role(Invocation invocation) {
        ByteBuf out = invocation.reply();
        Reply.array(out, 3);
        Reply.bulk(out, "master");
        Reply.integer(out, 0);
        Reply.array(out, 0);
    }

    /** There are none here: what is slow is seen in the metrics. */
    private static void emptyLog(Invocation invocation) {
        switch (invocation.request().text(1).toUpperCase(Locale.ROOT)) {
            case "LEN" -> Reply.integer(invocation.reply(), 0);
            case "RESET" -> {
                if (invocation.command().name().equals("SLOWLOG")) {
                    invocation.ok();
                } else {
                    Reply.integer(invocation.reply(), 0);
                }
            }
            case "GET", "LATEST", "HISTORY" -> Reply.array(invocation.reply(), 0);
            default -> refused(invocation);
        }
    }

    // ---- CONFIG

    private static void config(Invocation invocation) {
        Request request = invocation.request();
        switch (request.text(1).toUpperCase(Locale.ROOT)) {
            case "GET" -> configGet(invocation);
            case "RESETSTAT" -> invocation.ok();
            case "SET" -> configSet(invocation);
            case "HELP" -> {
                Reply.array(invocation.reply(), 2);
                Reply.status(invocation.reply(), "CONFIG <subcommand> [<arg> ...]. Subcommands are:");
                Reply.status(invocation.reply(), "GET <pattern>");
            }
            default ->
                invocation.error("ERR CONFIG " + request.text(1).toUpperCase(Locale.ROOT)
                        + " is not available through the sidecar: see docs/configuration.md");
        }
    }

    private static Map<String, String> known(Front front) {
        Map<String, String> known = new LinkedHashMap<>();
        FrontSettings settings = front.settings();
        known.put("save", "");
        known.put("appendonly", "no");
        known.put("databases", Integer.toString(settings.databases()));
        known.put("timeout", Long.toString(settings.idleTimeout().toSeconds()));
        known.put("maxmemory", "0");
        known.put("maxmemory-policy", "noeviction");
        known.put("maxclients", Integer.toString(settings.maxConnections()));
        known.put("replicaof", "");
        known.put("slaveof", "");
        known.put("replica-read-only", "yes");
        known.put("slave-read-only", "yes");
        known.put("proto-max-bulk-len", Integer.toString(settings.limits().bulkBytes()));
        known.put("notify-keyspace-events", "");
        known.put("port", Integer.toString(front.port()));
        known.put("bind", settings.bind());
        return known;
    }

    private static void configGet(Invocation invocation) {
        Request request = invocation.request();
        Map<String, String> found = new LinkedHashMap<>();
        known(invocation.loop().front()).forEach((name, value) -> {
            for (int i = 2; i < request.count(); i++) {
                if (Glob.matches(request.text(i).toLowerCase(Locale.ROOT), name)) {
                    found.put(name, value);
                }
            }
        });
        ByteBuf out = invocation.reply();
        Reply.map(out, invocation.protocol(), found.size());
        found.forEach((name, value) -> {
            Reply.bulk(out, name);
            Reply.bulk(out, value);
        });
    }

    /** What is set already may be set: some clients do so to be sure. */
    private static void configSet(Invocation invocation) {
        Request request = invocation.request();
        if (request.count() % 2 != 0) {
            invocation.wrongArity();
            return;
        }
        Map<String, String> known = known(invocation.loop().front());
        for (int i = 2; i < request.count(); i += 2) {
            String name = request.text(i).toLowerCase(Locale.ROOT);
            String value = known.get(name);
            if (value == null) {
                invocation.error(
                        "ERR Unknown option or number of arguments for CONFIG SET - '" + request.text(i) + "'");
                return;
            }
            if (!value.equals(request.text(i + 1))) {
                invocation.error(
                        "ERR CONFIG SET failed (possibly related to argument '" + name
                                + "') - can't be set through the sidecar: set it in Redis itself, or see docs/configuration.md");
                return;
            }
        }
        invocation.ok();
    }

    // ---- COMMAND

    private static void command(Invocation invocation, CommandTable table) {
        Request request = invocation.request();
        Protocol protocol = invocation.protocol();
        if (request.count() == 1) {
            Collection<Command> all = table.all();
            Reply.array(invocation.reply(), all.size());
            all.forEach(command -> describe(invocation.reply(), protocol, command));
            return;
        }
        switch (request.text(1).toUpperCase(Locale.ROOT)) {
            case "COUNT" -> Reply.integer(invocation.reply(), table.all().size());
            case "LIST" -> {
                Reply.array(invocation.reply(), table.all().size());
                table.all().forEach(command -> Reply.bulk(invocation.reply(), command.display()));
            }
            case "INFO" -> {
                List<@Nullable Command> wanted = wanted(request, table);
                Reply.array(invocation.reply(), wanted.size());
                wanted.forEach(command -> describe(invocation.reply(), protocol, command));
            }
            case "DOCS" -> docs(invocation, wanted(request, table));
            case "GETKEYS" -> getKeys(invocation, table);
            default ->
                invocation.error("ERR COMMAND " + request.text(1).toUpperCase(Locale.ROOT)
                        + " is not available through the sidecar");
        }
    }

    private static List<@Nullable Command> wanted(Request request, CommandTable table) {
        if (request.count() == 2) {
            return new ArrayList<>(table.all());
        }
        List<@Nullable Command> wanted = new ArrayList<>();
        for (int i = 2; i < request.count(); i++) {
            wanted.add(table.find(request.text(i).toUpperCase(Locale.ROOT)));
        }
        return wanted;
    }

    private static void describe(ByteBuf out, Protocol protocol, @Nullable Command command) {
        if (command == null) {
            Reply.nilArray(out, protocol);
            return;
        }
        Reply.array(out, 10);
        Reply.bulk(out, command.display());
        Reply.integer(out, command.arity());
        Reply.set(out, protocol, command.flags().size());
        command.flags().forEach(flag -> Reply.status(out, flag));
        Reply.integer(out, command.firstKey());
        Reply.integer(out, command.lastKey());
        Reply.integer(out, command.step());
        Reply.set(out, protocol, command.categories().size());
        command.categories().forEach(category -> Reply.status(out, "@" + category));
        Reply.array(out, 0);
        Reply.array(out, 0);
        Reply.array(out, command.subcommands().size());
        command.subcommands().values().forEach(sub -> describe(out, protocol, sub));
    }

    /** Redis' console shows hints by it; the sidecar does not have them, and says so with empty ones. */
    private static void docs(Invocation invocation, List<@Nullable Command> wanted) {
        ByteBuf out = invocation.reply();
        Protocol protocol = invocation.protocol();
        List<Command> known = new ArrayList<>();
        for (Command command : wanted) {
            if (command != null) {
                known.add(command);
            }
        }
        Reply.map(out, protocol, known.size());
        known.forEach(command -> {
            Reply.bulk(out, command.display());
            Reply.map(out, protocol, 2);
            Reply.bulk(out, "summary");
            Reply.bulk(out, "See the documentation of Redis");
            Reply.bulk(out, "group");
            Reply.bulk(out, "generic");
        });
    }

    private static void getKeys(Invocation invocation, CommandTable table) {
        Request request = invocation.request();
        if (request.count() < 3) {
            invocation.error("ERR wrong number of arguments for 'command|getkeys' command");
            return;
        }
        Command command = table.find(request.text(2).toUpperCase(Locale.ROOT));
        if (command == null) {
            invocation.error("ERR Invalid command specified");
            return;
        }
        byte[][] words = new byte[request.count() - 2][];
        for (int i = 0; i < words.length; i++) {
            words[i] = request.bytes(i + 2);
        }
        if (!command.takes(words.length)) {
            invocation.error("ERR Invalid number of arguments specified for command");
            return;
        }
        List<Integer> keys = command.keys(words);
        if (keys == null || keys.isEmpty()) {
            invocation.error(
                    command.hasKeys()
                            ? "ERR Invalid arguments specified for command"
                            : "ERR The command has no key arguments");
            return;
        }
        Reply.array(invocation.reply(), keys.size());
        keys.forEach(key -> Reply.bulk(invocation.reply(), words[key]));
    }
}
