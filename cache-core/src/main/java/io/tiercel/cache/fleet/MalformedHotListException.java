package io.tiercel.cache.fleet;

/** What should be a list of hot keys is none. The message names no key. */
public final class MalformedHotListException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedHotListException(String message) {
        super(message);
    }
}
