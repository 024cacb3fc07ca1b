package io.tiercel.sidecar.front;

import io.netty.buffer.ByteBuf;
import io.tiercel.sidecar.resp.Protocol;
import io.tiercel.sidecar.resp.Reply;
import io.tiercel.sidecar.resp.Request;

/**
 * One command of one client that is being carried out. One object for each connection, used again and again, valid while
 * the handler runs; what must live longer is taken out first. Confined to the connection's event loop.
 */
final class Invocation {
    private final ClientConnection connection;
    private Request request;
    private Command command;

    Invocation(ClientConnection connection, Request request, Command command) {
        this.connection = connection;
        this.request = request;
        this.command = command;
    }

    Invocation of(Request request, Command command) {
        this.request = request;
        this.command = command;
        return this;
    }

    ClientConnection connection() {
        return connection;
    }

    FrontLoop loop() {
        return connection.loop();
    }

    Session session() {
        return connection.session();
    }

    Protocol protocol() {
        return connection.session().protocol();
    }

    Command command() {
        return command;
    }

    Request request() {
        return request;
    }

    int count() {
        return request.count();
    }

    /** Copies of all words. */
    byte[][] words() {
        byte[][] words = new byte[request.count()][];
        for (int i = 0; i < words.length; i++) {
            words[i] = request.bytes(i);
        }
        return words;
    }

    /** Where a reply is written that can be given now; it comes in its turn. */
    ByteBuf reply() {
        return connection.immediate();
    }

    /** A place for a reply that comes later. */
    Slot later() {
        return connection.later(
                connection.loop().front().settings().redisTimeout().toNanos());
    }

    /** A place for a reply that may take long. */
    Slot muchLater() {
        return connection.later(
                connection.loop().front().settings().passTimeout().toNanos());
    }

    void ok() {
        Reply.ok(reply());
    }

    void error(String text) {
        Reply.error(reply(), text);
    }

    void wrongArity() {
        wrongArity(command);
    }

    void wrongArity(Command which) {
        error("ERR wrong number of arguments for '" + which.display() + "' command");
    }

    void syntaxError() {
        error("ERR syntax error");
    }
}
