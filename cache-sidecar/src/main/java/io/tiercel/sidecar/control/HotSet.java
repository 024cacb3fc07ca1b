package io.tiercel.sidecar.control;

/**
 * What memory holds of the hottest, for another pod that warms up: keys and values, page after page. Used by one caller
 * at a time.
 */
public interface HotSet {
    /**
     * The next page, of about so many bytes and one value at least; empty at the end. Every value in it is one that the
     * change feed vouches for at that moment.
     */
    byte[] next(int bytes);
}
