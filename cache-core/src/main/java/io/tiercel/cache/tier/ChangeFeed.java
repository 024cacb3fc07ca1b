package io.tiercel.cache.tier;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * What a store tells of changes to its keys, by whomever they were made: this process, another one, somebody at a
 * console, an expiry, an eviction. It also tells when it cannot tell: a {@link Section} is vouched for only while every
 * change older than the feed's bound is known to have arrived.
 *
 * <p>Thread-safe.
 */
public interface ChangeFeed extends AutoCloseable {
    /** Told of changes. Called on a thread of the store's client, which must not be kept: no waiting, nothing long. */
    @FunctionalInterface
    interface Listener {
        /** The key was written, removed or forgotten by the store, or may have been. */
        void changed(String key);

        /**
         * As {@link #changed}, for a key whose bytes are no text in UTF-8: no tier has made it. Told only to feeds of all
         * keys, those with the empty prefix.
         */
        default void changedBytes(byte[] key) {
            // Who has no such keys has nothing to forget.
        }
    }

    /** How many sections there are; constant. */
    int sections();

    /** The section with that index, always the same object. */
    Section sectionAt(int index);

    /** The section of a key, always the same for the same key. */
    Section section(String key);

    /** As {@link #section(String)}, for a key as the store has it. */
    default Section section(byte[] key) {
        return section(new String(key, StandardCharsets.UTF_8));
    }

    /**
     * A key that belongs to the section, made from a name that begins with one of the feed's prefixes. The same for the
     * same arguments in every process, and different for different names.
     */
    String keyIn(int section, String name);

    /** How each of the store's nodes is listened to, for metrics and explanations. */
    List<Node> nodes();

    /** Ends it; sections are not vouched for any more. A second call does nothing. */
    @Override
    void close();

    /** What is known of the stream of one node. */
    enum State {
        /** Not listening yet. */
        CONNECTING,
        /** Listening: changes of this node arrive. */
        ARMED,
        /** Was listening and is not any more: changes may have been missed. */
        LOST
    }

    /**
     * The stream of one node.
     *
     * @param address host and port
     * @param state whether changes arrive
     * @param vouchedAgo how long ago the moment is up to which every change is known
     * @param changes keys told of since the feed was opened
     * @param losses how often the stream was lost, by whatever cause
     */
    record Node(String address, State state, Duration vouchedAgo, long changes, long losses) {}
}
