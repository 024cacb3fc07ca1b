package io.tiercel.sidecar.memory;

import static java.util.Map.entry;

import io.tiercel.sidecar.memory.Command.Access;
import io.tiercel.sidecar.memory.Command.Action;
import io.tiercel.sidecar.memory.Command.Keys;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The commands that there are, by name. */
final class Commands {
    private static final String OBJECT = "OBJECT";
    private static final int QUOTED = 128;

    private static final Map<String, Command> COMMANDS = Map.ofEntries(
            read("GET", 2, Keys.FIRST, StringCommands::get),
            read("STRLEN", 2, Keys.FIRST, StringCommands::strlen),
            read("MGET", -2, Keys.ALL, StringCommands::mget),
            read("GETRANGE", 4, Keys.FIRST, StringCommands::getrange),
            read("SUBSTR", 4, Keys.FIRST, StringCommands::getrange),
            write("SET", -3, Keys.FIRST, StringCommands::set),
            write("SETNX", 3, Keys.FIRST, StringCommands::setnx),
            write("SETEX", 4, Keys.FIRST, StringCommands::setex),
            write("PSETEX", 4, Keys.FIRST, StringCommands::psetex),
            write("GETSET", 3, Keys.FIRST, StringCommands::getset),
            write("GETDEL", 2, Keys.FIRST, StringCommands::getdel),
            write("GETEX", -2, Keys.FIRST, StringCommands::getex),
            write("MSET", -3, Keys.PAIRS, StringCommands::mset),
            write("MSETNX", -3, Keys.PAIRS, StringCommands::msetnx),
            write("APPEND", 3, Keys.FIRST, StringCommands::append),
            write("SETRANGE", 4, Keys.FIRST, StringCommands::setrange),
            write("INCR", 2, Keys.FIRST, StringCommands::incr),
            write("DECR", 2, Keys.FIRST, StringCommands::decr),
            write("INCRBY", 3, Keys.FIRST, StringCommands::incrby),
            write("DECRBY", 3, Keys.FIRST, StringCommands::decrby),
            write("INCRBYFLOAT", 3, Keys.FIRST, StringCommands::incrbyfloat),
            write("SETBIT", 4, Keys.FIRST, BitCommands::setbit),
            read("GETBIT", 3, Keys.FIRST, BitCommands::getbit),
            read("BITCOUNT", -2, Keys.FIRST, BitCommands::bitcount),
            read("BITPOS", -3, Keys.FIRST, BitCommands::bitpos),
            write("DEL", -2, Keys.ALL, KeyCommands::del),
            write("UNLINK", -2, Keys.ALL, KeyCommands::del),
            read("EXISTS", -2, Keys.ALL, KeyCommands::exists),
            read("TOUCH", -2, Keys.ALL, KeyCommands::exists),
            read("TYPE", 2, Keys.FIRST, KeyCommands::type),
            write("RENAME", 3, Keys.TWO, KeyCommands::rename),
            write("RENAMENX", 3, Keys.TWO, KeyCommands::renamenx),
            write("COPY", -3, Keys.TWO, KeyCommands::copy),
            write("MOVE", 3, Keys.FIRST_IN_TWO, KeyCommands::move),
            read("OBJECT|ENCODING", 3, Keys.SECOND, KeyCommands::encoding),
            read("OBJECT|REFCOUNT", 3, Keys.SECOND, KeyCommands::refcount),
            read("OBJECT|IDLETIME", 3, Keys.SECOND, KeyCommands::idletime),
            read("OBJECT|FREQ", 3, Keys.SECOND, KeyCommands::freq),
            read("OBJECT|HELP", 2, Keys.NONE, KeyCommands::objectHelp),
            read("TTL", 2, Keys.FIRST, ExpiryCommands::ttl),
            read("PTTL", 2, Keys.FIRST, ExpiryCommands::pttl),
            read("EXPIRETIME", 2, Keys.FIRST, ExpiryCommands::expiretime),
            read("PEXPIRETIME", 2, Keys.FIRST, ExpiryCommands::pexpiretime),
            write("EXPIRE", -3, Keys.FIRST, ExpiryCommands::expire),
            write("PEXPIRE", -3, Keys.FIRST, ExpiryCommands::pexpire),
            write("EXPIREAT", -3, Keys.FIRST, ExpiryCommands::expireat),
            write("PEXPIREAT", -3, Keys.FIRST, ExpiryCommands::pexpireat),
            write("PERSIST", 2, Keys.FIRST, ExpiryCommands::persist),
            command("SCAN", -2, Access.LOOK_THROUGH, Keys.NONE, SpaceCommands::scan),
            command("KEYS", 2, Access.LOOK_THROUGH, Keys.NONE, SpaceCommands::keys),
            command("RANDOMKEY", 1, Access.LOOK_THROUGH, Keys.NONE, SpaceCommands::randomkey),
            command("DBSIZE", 1, Access.LOOK_THROUGH, Keys.NONE, SpaceCommands::dbsize),
            command("FLUSHDB", -1, Access.WRITE_ALL, Keys.NONE, SpaceCommands::flushdb),
            command("FLUSHALL", -1, Access.WRITE_ALL, Keys.NONE, SpaceCommands::flushall),
            command("SWAPDB", 3, Access.WRITE_ALL, Keys.NONE, SpaceCommands::swapdb));

    private Commands() {}

    private static Map.Entry<String, Command> read(String name, int arity, Keys keys, Action action) {
        return command(name, arity, Access.READ, keys, action);
    }

    private static Map.Entry<String, Command> write(String name, int arity, Keys keys, Action action) {
        return command(name, arity, Access.WRITE, keys, action);
    }

    private static Map.Entry<String, Command> command(String name, int arity, Access access, Keys keys, Action action) {
        return entry(name, new Command(name, arity, access, keys, action));
    }

    static boolean knows(String upperCaseName) {
        return upperCaseName.equals(OBJECT) || COMMANDS.containsKey(upperCaseName);
    }

    /**
     * The command that these arguments call, and could.
     *
     * @throws Refusal if there is none of the name, or it takes another number of arguments
     */
    static Command of(byte[][] arguments) {
        String name = arguments.length == 0 ? "" : Words.upperCase(arguments[0]);
        Command command = name.equals(OBJECT) ? subcommand(arguments) : COMMANDS.get(name);
        if (command == null || (name.indexOf('|') >= 0)) {
            throw new Refusal(unknown(arguments));
        }
        command.requireArity(arguments.length);
        return command;
    }

    private static @Nullable Command subcommand(byte[][] arguments) {
        if (arguments.length < 2) {
            throw Refusal.arity("object");
        }
        Command command = COMMANDS.get(OBJECT + "|" + Words.upperCase(arguments[1]));
        if (command == null) {
            throw new Refusal("ERR unknown subcommand '" + Words.quoted(arguments[1], QUOTED) + "'. Try OBJECT HELP.");
        }
        return command;
    }

    private static String unknown(byte[][] arguments) {
        StringBuilder with = new StringBuilder();
        for (int i = 1; i < arguments.length && with.length() < QUOTED; i++) {
            String argument = Words.quoted(arguments[i], QUOTED - with.length());
            with.append('\'').append(argument).append("' ");
        }
        String name = arguments.length == 0 ? "" : Words.quoted(arguments[0], QUOTED);
        return "ERR unknown command '" + name + "', with args beginning with: " + with;
    }
}
