package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.tiercel.sidecar.resp.Protocol;
import io.tiercel.sidecar.resp.Reply;
import io.tiercel.sidecar.resp.Request;
import java.util.Map;

/** What clients say about the connection itself, before anything else for the most part. */
final class ConnectionCommands {
    /** What the sidecar says it is: clients choose by it what they may ask. */
    static final String REDIS_VERSION = "7.0.15";

    private static final String WRONGPASS = "WRONGPASS invalid username-password pair or user is disabled.";
    private static final String NO_PASSWORD =
            "ERR AUTH <password> called without any password configured for the default user."
                    + " Are you sure your configuration is correct?";

    private ConnectionCommands() {}

    static Map<String, Command.Handler> handlers() {
        return Map.of(
                "HELLO", ConnectionCommands::hello,
                "AUTH", ConnectionCommands::auth,
                "PING", ConnectionCommands::ping,
                "ECHO", i -> Reply.bulk(i.reply(), i.request().bytes(1)),
                "SELECT", ConnectionCommands::select,
                "QUIT", ConnectionCommands::quit,
                "RESET", ConnectionCommands::reset,
                "READONLY", Invocation::ok,
                "READWRITE", Invocation::ok,
                "ASKING", Invocation::ok);
    }

    private static void ping(Invocation invocation) {
        switch (invocation.count()) {
            case 1 -> Reply.pong(invocation.reply());
            case 2 -> Reply.bulk(invocation.reply(), invocation.request().bytes(1));
            default -> invocation.wrongArity();
        }
    }

    private static void hello(Invocation invocation) {
        Request request = invocation.request();
        Session session = invocation.session();
        Protocol protocol = session.protocol();
        int next = 1;
        if (request.count() > 1) {
            String version = request.text(1);
            if (!version.matches("-?\\d{1,18}")) {
                invocation.error("ERR Protocol version is not an integer or out of range");
                return;
            }
            if (!version.equals("2") && !version.equals("3")) {
                invocation.error("NOPROTO unsupported protocol version");
                return;
            }
            protocol = version.equals("3") ? Protocol.RESP3 : Protocol.RESP2;
            next = 2;
        }
        String name = null;
        boolean login = false;
        byte[] user = {};
        byte[] password = {};
        while (next < request.count()) {
            int left = request.count() - next - 1;
            if (request.is(next, "AUTH") && left >= 2) {
                login = true;
                user = request.bytes(next + 1);
                password = request.bytes(next + 2);
                next += 3;
            } else if (request.is(next, "SETNAME") && left >= 1) {
                name = request.text(next + 1);
                if (!ClientCommands.isName(name)) {
                    invocation.error(ClientCommands.BAD_NAME);
                    return;
                }
                next += 2;
            } else {
                invocation.error("ERR Syntax error in HELLO option '" + request.text(next) + "'");
                return;
            }
        }
        if (login) {
            if (!login(invocation, user, password)) {
                return;
            }
        } else if (session.user() == null) {
            invocation.error(
                    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto>"
                            + " AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol"
                            + " version at the same time");
            return;
        }
        if (name != null) {
            session.name(name);
        }
        invocation.connection().sendNow();
        session.protocol(protocol);
        invocation.connection().transaction().protocol(protocol == Protocol.RESP3);
        ByteBuf out = invocation.reply();
        Reply.map(out, protocol, 7);
        pair(out, "server", "redis");
        pair(out, "version", REDIS_VERSION);
        Reply.bulk(out, "proto");
        Reply.integer(out, protocol == Protocol.RESP3 ? 3 : 2);
        Reply.bulk(out, "id");
        Reply.integer(out, invocation.connection().id());
        pair(out, "mode", "standalone");
        pair(out, "role", "master");
        Reply.bulk(out, "modules");
        Reply.array(out, 0);
    }

    private static void pair(ByteBuf out, String name, String value) {
        Reply.bulk(out, name);
        Reply.bulk(out, value);
    }

    private static void auth(Invocation invocation) {
        Request request = invocation.request();
        if (request.count() > 3) {
            invocation.syntaxError();
            return;
        }
        if (request.count() == 2 && invocation.loop().front().settings().defaultUser() != null) {
            invocation.error(NO_PASSWORD);
            return;
        }
        byte[] user = request.count() == 2 ? "default".getBytes(UTF_8) : request.bytes(1);
        byte[] password = request.bytes(request.count() - 1);
        if (login(invocation, user, password)) {
            invocation.ok();
        }
    }

    private static boolean login(Invocation invocation, byte[] name, byte[] password) {
        String wanted = new String(name, UTF_8);
        User found = null;
        for (User user : invocation.loop().front().settings().users()) {
            // A user without a password is let in whatever is given, as in Redis.
            boolean accepted = user.isOpen() || user.accepts(password);
            if (accepted && user.name().equals(wanted)) {
                found = user;
            }
        }
        if (found == null) {
            invocation.error(WRONGPASS);
            invocation.connection().loginFailed();
            return false;
        }
        invocation.session().user(found);
        invocation.connection().authenticated();
        return true;
    }

    private static void select(Invocation invocation) {
        String text = invocation.request().text(1);
        if (!text.matches("-?\\d{1,9}")) {
            invocation.error("ERR value is not an integer or out of range");
            return;
        }
        int database = Integer.parseInt(text);
        if (database < 0 || database >= invocation.loop().front().settings().databases()) {
            invocation.error("ERR DB index is out of range");
            return;
        }
        invocation.session().database(database);
        invocation.ok();
    }

    private static void quit(Invocation invocation) {
        invocation.ok();
        invocation.connection().closeWhenAnswered();
    }

    private static void reset(Invocation invocation) {
        ClientConnection connection = invocation.connection();
        Session session = connection.session();
        connection.transaction().reset();
        connection.sendNow();
        session.protocol(Protocol.RESP2);
        session.database(0);
        session.name("");
        session.noReply(false);
        session.wantsMaintenance(false);
        session.user(connection.loop().front().settings().defaultUser());
        connection.authenticated();
        Reply.status(invocation.reply(), "RESET");
    }
}
