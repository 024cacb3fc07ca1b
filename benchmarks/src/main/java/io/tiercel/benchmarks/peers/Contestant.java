package io.tiercel.benchmarks.peers;

import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One cache in two instances with clients of their own, over the same servers. The answers of Redis to instance 0 come
 * through {@link LateAnswers}.
 */
interface Contestant extends AutoCloseable {
    String name();

    /** @param loader asked when no tier has a value; null for a read that loads nothing */
    @Nullable
    String get(int instance, String key, @Nullable Function<String, String> loader);

    /** Returns when it is acknowledged. */
    void put(int instance, String key, String value);

    /** Returns when it is acknowledged. */
    void remove(int instance, String key);

    /** What each tier holds, L1 of both instances; those that hold nothing are absent. */
    Map<String, String> held(String key);

    @Override
    void close();
}
