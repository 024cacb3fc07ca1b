package io.tiercel.cache;

import org.jspecify.annotations.Nullable;

/** What the cache itself throws; a loader's unchecked exceptions pass through as they are. */
public abstract sealed class CacheException extends RuntimeException
        permits CacheLoadingException,
                BulkLoadingException,
                CacheOverloadedException,
                CacheTimeoutException,
                CacheWriteException {
    private static final long serialVersionUID = 1L;

    CacheException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
