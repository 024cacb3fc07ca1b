package io.tiercel.cache;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Some keys of a {@code getAll} could not be loaded. The others were, and are in {@link #loaded()}; nothing of the call
 * is lost. The cause is the failure of the first of the failed keys.
 */
public final class BulkLoadingException extends CacheException {
    private static final long serialVersionUID = 1L;

    private final transient Map<Object, Object> loaded;
    private final transient Map<Object, Throwable> failures;

    BulkLoadingException(String message, Map<?, ?> loaded, Map<?, Throwable> failures) {
        super(message, failures.values().iterator().next());
        this.loaded = Collections.unmodifiableMap(new LinkedHashMap<>(loaded));
        this.failures = Collections.unmodifiableMap(new LinkedHashMap<>(failures));
    }

    /** The values of the keys that did not fail, unmodifiable; keys without a value are absent. */
    public Map<Object, Object> loaded() {
        return loaded;
    }

    /** Why each of the failed keys failed, unmodifiable, in the order asked; never empty. */
    public Map<Object, Throwable> failures() {
        return failures;
    }
}
