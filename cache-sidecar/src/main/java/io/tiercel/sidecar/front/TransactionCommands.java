package io.tiercel.sidecar.front;

import java.util.Map;

/** MULTI and what belongs to it; see {@link Transaction}. */
final class TransactionCommands {
    private TransactionCommands() {}

    static Map<String, Command.Handler> handlers() {
        return Map.of(
                "MULTI", TransactionCommands::multi,
                "EXEC", TransactionCommands::exec,
                "DISCARD", TransactionCommands::discard,
                "WATCH", TransactionCommands::watch,
                "UNWATCH", TransactionCommands::unwatch);
    }

    private static void multi(Invocation invocation) {
        Transaction transaction = invocation.connection().transaction();
        if (transaction.isOpen()) {
            invocation.error("ERR MULTI calls can not be nested");
        } else {
            transaction.open();
            invocation.ok();
        }
    }

    private static void exec(Invocation invocation) {
        Transaction transaction = invocation.connection().transaction();
        if (!transaction.isOpen()) {
            invocation.error("ERR EXEC without MULTI");
        } else {
            transaction.execute(invocation);
        }
    }

    private static void discard(Invocation invocation) {
        Transaction transaction = invocation.connection().transaction();
        if (!transaction.isOpen()) {
            invocation.error("ERR DISCARD without MULTI");
        } else {
            transaction.reset();
            invocation.ok();
        }
    }

    private static void watch(Invocation invocation) {
        Transaction transaction = invocation.connection().transaction();
        if (transaction.isOpen()) {
            invocation.error("ERR WATCH inside MULTI is not allowed");
        } else {
            transaction.watch(invocation);
        }
    }

    private static void unwatch(Invocation invocation) {
        invocation.connection().transaction().unwatch();
        invocation.ok();
    }
}
