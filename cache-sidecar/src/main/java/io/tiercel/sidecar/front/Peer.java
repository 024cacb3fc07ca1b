package io.tiercel.sidecar.front;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** Another pod whose memory is read to warm up this one's. Used once, by one warm-up. */
public interface Peer {
    /**
     * Asks for the next page of its hottest keys with their values.
     *
     * @return completes on any thread: with a page, with no bytes at the end, or with an exception that says why there is
     *     no more
     */
    CompletionStage<byte[]> next();

    /** How old a change may be that its values do not show. */
    Duration bound();
}
