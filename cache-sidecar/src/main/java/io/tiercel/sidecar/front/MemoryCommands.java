package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.tiercel.sidecar.keyspace.Counters;
import io.tiercel.sidecar.memory.MemoryKeyspace;
import io.tiercel.sidecar.resp.Protocol;
import io.tiercel.sidecar.resp.Reply;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Commands on keys, without Redis. */
final class MemoryCommands {
    private MemoryCommands() {}

    static Map<String, Command.Handler> handlers(Front front) {
        MemoryKeyspace memory = front.memory();
        if (memory == null) {
            throw new IllegalStateException("neither Redis nor memory");
        }
        Map<String, Command.Handler> handlers = new HashMap<>();
        CommandTable.of(Map.of(), MemoryCommands::unknown, List.of()).all().stream()
                .map(Command::name)
                .filter(memory::knows)
                .forEach(name -> handlers.put(name, invocation -> execute(invocation, memory)));
        handlers.put("GET", invocation -> get(invocation, memory));
        handlers.put("FUNCTION", MemoryCommands::function);
        return handlers;
    }

    private static void get(Invocation invocation, MemoryKeyspace memory) {
        byte[] value =
                memory.get(invocation.session().database(), invocation.request().bytes(1));
        Counters counters = invocation.loop().front().memoryCounters();
        counters.reads.increment();
        if (value == null) {
            counters.misses.increment();
            Reply.nil(invocation.reply(), invocation.protocol());
        } else {
            counters.l1Hits.increment();
            Reply.bulk(invocation.reply(), value);
        }
    }

    private static void execute(Invocation invocation, MemoryKeyspace memory) {
        if (invocation.command().isWrite()) {
            invocation.loop().front().memoryCounters().writes.increment();
        }
        memory.execute(invocation.protocol(), invocation.session().database(), invocation.words(), invocation.reply());
    }

    /** There are none to flush. */
    private static void function(Invocation invocation) {
        if (invocation.request().is(1, "FLUSH")) {
            invocation.ok();
        } else {
            unknown(invocation);
        }
    }

    static void unknown(Invocation invocation) {
        invocation.error("ERR " + invocation.command().name() + " needs Redis: start the sidecar with --redis");
    }

    /** What is neither on keys nor about the connection. */
    static void insideTransaction(Protocol protocol, byte[][] command, ByteBuf out) {
        String name = new String(command[0], US_ASCII).toUpperCase(Locale.ROOT);
        switch (name) {
            case "PING" -> {
                if (command.length == 1) {
                    Reply.pong(out);
                } else {
                    Reply.bulk(out, command[1]);
                }
            }
            case "ECHO" -> Reply.bulk(out, command[1]);
            case "UNWATCH" -> Reply.ok(out);
            default -> Reply.error(out, "ERR " + name + " is not available inside MULTI through the sidecar");
        }
    }
}
