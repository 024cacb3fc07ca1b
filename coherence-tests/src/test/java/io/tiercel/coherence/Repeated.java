package io.tiercel.coherence;

import io.tiercel.cache.CacheWriteException;
import io.tiercel.cache.WriteResult;
import java.util.function.Supplier;

/** Writes that are not about failures: one that times out on a busy machine is repeated, as its message says. */
final class Repeated {
    private static final int ATTEMPTS = 20;

    private Repeated() {}

    static WriteResult write(Supplier<WriteResult> write) {
        for (int attempt = 1; ; attempt++) {
            try {
                return write.get();
            } catch (CacheWriteException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }
}
