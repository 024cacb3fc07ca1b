package io.tiercel.cache;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A write or an invalidation did not reach the first remote tier, so other instances may go on seeing the old value.
 * After a timeout nobody knows whether the store took it. This instance has forgotten its own copy; the call can be
 * repeated.
 */
public final class CacheWriteException extends CacheException {
    private static final long serialVersionUID = 1L;

    private final String tier;
    private final transient Map<Object, Throwable> failures;

    CacheWriteException(String message, String tier, Map<?, Throwable> failures) {
        super(message, failures.values().iterator().next());
        this.tier = tier;
        this.failures = Collections.unmodifiableMap(new LinkedHashMap<>(failures));
    }

    /** The tier that did not take it. */
    public String tier() {
        return tier;
    }

    /** Why, for each key that did not get there; unmodifiable, never empty. The other keys of a bulk call are written. */
    public Map<Object, Throwable> failures() {
        return failures;
    }
}
