package io.tiercel.failure;

import java.util.concurrent.CompletableFuture;

/** How a service asks the database for a row. */
@FunctionalInterface
interface Source {
    CompletableFuture<String> query(String key);
}
