package io.tiercel.cache.tier;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Runs scripts at a store that others share. Each runs as a whole: nobody sees half of what it does. Thread-safe; no
 * method blocks.
 */
@FunctionalInterface
public interface ScriptRunner {
    /**
     * Runs a script.
     *
     * @param keys what it reads and writes, at least one; in a cluster all of one slot, so with one {@code {hash tag}}
     * @param arguments what else it is told
     * @return the elements of the array that it returns, numbers as decimals and what is nil as an empty string; fails with
     *     a {@link TierException} if the store cannot be asked. After a timeout it may have run
     */
    CompletableFuture<List<String>> run(Script script, List<String> keys, List<String> arguments);
}
