package io.tiercel.cache.tier.memcached;

import java.util.Map;
import net.spy.memcached.ops.StatusCode;
import org.jspecify.annotations.Nullable;

/**
 * What a server answered.
 *
 * @param data the bytes found by a read
 * @param cas names the version of what was found
 * @param found by key, what a read of many keys found
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record Reply(StatusCode code, byte @Nullable [] data, long cas, Map<String, byte[]> found) {
    boolean isSuccess() {
        return code == StatusCode.SUCCESS;
    }
}
