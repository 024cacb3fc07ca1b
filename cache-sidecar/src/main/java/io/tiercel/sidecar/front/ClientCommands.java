package io.tiercel.sidecar.front;

import io.tiercel.sidecar.resp.Protocol;
import io.tiercel.sidecar.resp.Reply;
import io.tiercel.sidecar.resp.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@code CLIENT} and its subcommands. */
final class ClientCommands {
    static final String BAD_NAME = "ERR Client names cannot contain spaces, newlines or special characters.";

    private static final int LONGEST_NAME = 256;
    private static final List<String> HELP = List.of(
            "CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "GETNAME",
            "ID",
            "INFO",
            "KILL <option> ...",
            "LIST [options ...]",
            "MAINT_NOTIFICATIONS (ON|OFF)",
            "NO-EVICT (ON|OFF)",
            "REPLY (ON|OFF|SKIP)",
            "SETINFO <option> <value>",
            "SETNAME <name>",
            "HELP");

    private ClientCommands() {}

    static Map<String, Command.Handler> handlers() {
        return Map.of("CLIENT", ClientCommands::client);
    }

    /** Whether a client may be called so. */
    static boolean isName(String name) {
        return name.length() <= LONGEST_NAME && name.chars().allMatch(c -> c >= '!' && c <= '~');
    }

    private static void client(Invocation invocation) {
        Request request = invocation.request();
        Session session = invocation.session();
        switch (request.text(1).toUpperCase(Locale.ROOT)) {
            case "ID" ->
                Reply.integer(invocation.reply(), invocation.connection().id());
            case "GETNAME" -> {
                if (session.name().isEmpty()) {
                    Reply.nil(invocation.reply(), session.protocol());
                } else {
                    Reply.bulk(invocation.reply(), session.name());
                }
            }
            case "SETNAME" -> {
                String name = request.text(2);
                if (!isName(name)) {
                    invocation.error(BAD_NAME);
                } else {
                    session.name(name);
                    invocation.ok();
                }
            }
            case "SETINFO" -> setInfo(invocation);
            case "INFO" ->
                Reply.verbatim(
                        invocation.reply(),
                        session.protocol(),
                        invocation.connection().describe() + "\n");
            case "LIST" -> list(invocation);
            case "KILL" -> kill(invocation);
            case "REPLY" -> reply(invocation);
            case "NO-EVICT", "NO-TOUCH" -> onOrOff(invocation, on -> {});
            case "MAINT_NOTIFICATIONS" -> maintenance(invocation);
            case "GETREDIR" -> Reply.integer(invocation.reply(), -1);
            case "UNPAUSE" -> invocation.ok();
            case "HELP" -> {
                Reply.array(invocation.reply(), HELP.size());
                HELP.forEach(line -> Reply.status(invocation.reply(), line));
            }
            case "TRACKINGINFO" -> trackingInfo(invocation);
            case "TRACKING" -> {
                if (request.is(2, "OFF")) {
                    invocation.ok();
                } else {
                    refused(invocation);
                }
            }
            default -> refused(invocation);
        }
    }

    private static void refused(Invocation invocation) {
        invocation.error("ERR CLIENT " + invocation.request().text(1).toUpperCase(Locale.ROOT)
                + " is not available through the sidecar");
    }

    private static void setInfo(Invocation invocation) {
        Request request = invocation.request();
        String value = request.text(3);
        if (!isName(value)) {
            invocation.error("ERR " + request.text(2) + " cannot contain spaces, newlines or special characters.");
        } else if (request.is(2, "LIB-NAME")) {
            invocation.session().libraryName(value);
            invocation.ok();
        } else if (request.is(2, "LIB-VER")) {
            invocation.session().libraryVersion(value);
            invocation.ok();
        } else {
            invocation.error("ERR Unrecognized option '" + request.text(2) + "'");
        }
    }

    private static void trackingInfo(Invocation invocation) {
        Protocol protocol = invocation.protocol();
        Reply.map(invocation.reply(), protocol, 3);
        Reply.bulk(invocation.reply(), "flags");
        Reply.set(invocation.reply(), protocol, 1);
        Reply.bulk(invocation.reply(), "off");
        Reply.bulk(invocation.reply(), "redirect");
        Reply.integer(invocation.reply(), -1);
        Reply.bulk(invocation.reply(), "prefixes");
        Reply.array(invocation.reply(), 0);
    }

    private static void onOrOff(Invocation invocation, Consumer<Boolean> set) {
        if (invocation.request().is(2, "ON") || invocation.request().is(2, "OFF")) {
            set.accept(invocation.request().is(2, "ON"));
            invocation.ok();
        } else {
            invocation.syntaxError();
        }
    }

    private static void maintenance(Invocation invocation) {
        if (!invocation.session().isResp3()) {
            invocation.error("ERR CLIENT MAINT_NOTIFICATIONS needs RESP3, see HELLO 3");
            return;
        }
        if (!invocation.loop().front().settings().movingPush()) {
            invocation.error("ERR maintenance notifications are off, see moving-push");
            return;
        }
        onOrOff(invocation, invocation.session()::wantsMaintenance);
    }

    private static void reply(Invocation invocation) {
        Request request = invocation.request();
        if (request.is(2, "ON")) {
            invocation.session().noReply(false);
            invocation.connection().speak();
            invocation.ok();
        } else if (request.is(2, "OFF")) {
            invocation.session().noReply(true);
        } else if (request.is(2, "SKIP")) {
            if (!invocation.session().noReply()) {
                invocation.session().skipReply();
            }
        } else {
            invocation.syntaxError();
        }
    }

    /** Asks each event loop for its own connections; the last one to answer completes the reply. */
    private static void list(Invocation invocation) {
        Request request = invocation.request();
        if (request.count() > 2) {
            boolean type = request.count() == 4 && request.is(2, "TYPE");
            boolean ids = request.count() >= 4 && request.is(2, "ID");
            if (!type && !ids) {
                invocation.syntaxError();
                return;
            }
            if (type && !request.is(3, "NORMAL")) {
                boolean known = request.is(3, "MASTER") || request.is(3, "REPLICA") || request.is(3, "PUBSUB");
                if (known) {
                    Reply.bulk(invocation.reply(), "");
                } else {
                    invocation.error("ERR Unknown client type '" + request.text(3) + "'");
                }
                return;
            }
        }
        List<String> wanted = new ArrayList<>();
        for (int i = 3; request.is(2 < request.count() ? 2 : 0, "ID") && i < request.count(); i++) {
            if (!request.text(i).matches("\\d{1,18}")) {
                invocation.error("ERR Invalid client ID");
                return;
            }
            wanted.add(request.text(i));
        }
        Protocol protocol = invocation.protocol();
        Slot slot = invocation.later();
        Front front = invocation.loop().front();
        FrontLoop home = invocation.loop();
        List<String> lines = new CopyOnWriteArrayList<>();
        AtomicInteger left = new AtomicInteger(front.loops().size());
        for (FrontLoop loop : front.loops()) {
            loop.eventLoop().execute(() -> {
                loop.connections().stream()
                        .filter(one -> wanted.isEmpty() || wanted.contains(Long.toString(one.id())))
                        .forEach(one -> lines.add(one.describe()));
                if (left.decrementAndGet() == 0) {
                    home.eventLoop()
                            .execute(() -> slot.reply(
                                    Replies.of(out -> Reply.verbatim(out, protocol, String.join("\n", lines) + "\n"))));
                }
            });
        }
    }

    private static void kill(Invocation invocation) {
        Request request = invocation.request();
        Front front = invocation.loop().front();
        if (request.count() == 3) {
            kill(invocation, front, new Victims(null, request.text(2), false), true);
            return;
        }
        if (request.count() % 2 != 0) {
            invocation.syntaxError();
            return;
        }
        Long id = null;
        String address = null;
        boolean skipMe = true;
        for (int i = 2; i < request.count(); i += 2) {
            if (request.is(i, "ID") && request.text(i + 1).matches("[1-9]\\d{0,17}")) {
                id = Long.valueOf(request.text(i + 1));
            } else if (request.is(i, "ID")) {
                invocation.error("ERR client-id should be greater than 0");
                return;
            } else if (request.is(i, "ADDR")) {
                address = request.text(i + 1);
            } else if (request.is(i, "SKIPME") && (request.is(i + 1, "YES") || request.is(i + 1, "NO"))) {
                skipMe = request.is(i + 1, "YES");
            } else if (request.is(i, "TYPE") && !request.is(i + 1, "NORMAL")) {
                invocation.error("ERR Unknown client type '" + request.text(i + 1) + "'");
                return;
            } else if (request.is(i, "USER")) {
                invocation.error("ERR No such user '" + request.text(i + 1) + "'");
                return;
            } else if (!(request.is(i, "TYPE") && request.is(i + 1, "NORMAL"))) { // all are normal
                invocation.syntaxError();
                return;
            }
        }
        kill(invocation, front, new Victims(id, address, skipMe), false);
    }

    private record Victims(@Nullable Long id, @Nullable String address, boolean skipMe) {
        boolean include(ClientConnection connection, ClientConnection self) {
            return (id == null || id == connection.id())
                    && (address == null
                            || address.equals(
                                    FrontLoop.text(connection.channel().remoteAddress())))
                    && !(skipMe && connection == self);
        }
    }

    private static void kill(Invocation invocation, Front front, Victims victims, boolean oldForm) {
        ClientConnection self = invocation.connection();
        FrontLoop home = invocation.loop();
        Slot slot = invocation.later();
        AtomicInteger left = new AtomicInteger(front.loops().size());
        AtomicInteger killed = new AtomicInteger();
        for (FrontLoop loop : front.loops()) {
            loop.eventLoop().execute(() -> {
                for (ClientConnection one : loop.connections()) {
                    if (victims.include(one, self)) {
                        killed.incrementAndGet();
                        if (one != self) {
                            var unused = one.channel().close();
                        }
                    }
                }
                if (left.decrementAndGet() == 0) {
                    home.eventLoop().execute(() -> {
                        slot.reply(Replies.of(out -> {
                            if (!oldForm) {
                                Reply.integer(out, killed.get());
                            } else if (killed.get() > 0) {
                                Reply.ok(out);
                            } else {
                                Reply.error(out, "ERR No such client");
                            }
                        }));
                        if (victims.include(self, self)) {
                            self.closeWhenAnswered();
                        }
                    });
                }
            });
        }
    }
}
