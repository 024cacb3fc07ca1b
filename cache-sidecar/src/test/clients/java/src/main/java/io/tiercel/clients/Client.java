package io.tiercel.clients;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Steps} and {@link Load} ask of a client. {@link Load} sets and gets from several threads at once; whatever a
 * client throws is counted as a failure.
 */
interface Client {
    /** Connects with the client's defaults and gets an answer to PING, or to whatever the client has for it. */
    void connect(String host, int port) throws Exception;

    void setEx(String key, String value, int seconds) throws Exception;

    @Nullable
    String get(String key) throws Exception;

    /** Sets all, without waiting for a reply in between. */
    void pipelineSet(List<String> keys, List<String> values) throws Exception;

    /** Gets all, without waiting for a reply in between; in the order of the keys. */
    List<@Nullable String> pipelineGet(List<String> keys) throws Exception;

    List<@Nullable String> mget(List<String> keys) throws Exception;

    /** SET key, INCR counter, GET key in MULTI/EXEC: the last two replies. */
    List<Object> multi(String key, String counter, String value) throws Exception;

    /** In seconds; -1 for a key without expiry. */
    long ttl(String key) throws Exception;

    /** In milliseconds; -2 for a missing key. */
    long pttl(String key) throws Exception;

    long incr(String key) throws Exception;

    void setBytes(String key, byte[] value) throws Exception;

    byte @Nullable [] getBytes(String key) throws Exception;

    /** Every key of the pattern, by SCAN to the end. */
    Collection<String> scan(String pattern) throws Exception;

    long del(List<String> keys) throws Exception;

    void close() throws Exception;

    /** Steps of this client alone, by name. They get a prefix for their keys and leave none behind. */
    default Map<String, Steps.Body> also() {
        return Map.of();
    }
}
