package io.tiercel.cache;

/**
 * A load did not bring a value. The cause says why: the loader's checked exception, or an {@link InterruptedException}
 * when the waiting caller was interrupted (its thread's interrupt flag is set, and the load goes on for the others).
 */
public final class CacheLoadingException extends CacheException {
    private static final long serialVersionUID = 1L;

    CacheLoadingException(String message, Throwable cause) {
        super(message, cause);
    }
}
