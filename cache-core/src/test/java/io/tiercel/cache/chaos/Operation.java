package io.tiercel.cache.chaos;

import io.tiercel.cache.tier.RemoteTier;

/** What a {@link RemoteTier} can be asked, for saying which of it a {@link FaultyTier} shall do badly. */
public enum Operation {
    /** {@link RemoteTier#get}. */
    GET(false, true),
    /** {@link RemoteTier#getAll}. */
    GET_ALL(true, true),
    /** {@link RemoteTier#put}. */
    PUT(false, false),
    /** {@link RemoteTier#putAll}. */
    PUT_ALL(true, false),
    /** {@link RemoteTier#putIfAbsent}, with which a cache takes a lease; it answers with the bytes that are there. */
    PUT_IF_ABSENT(false, true),
    /** {@link RemoteTier#putAllIfAbsent}. */
    PUT_ALL_IF_ABSENT(true, true),
    /** {@link RemoteTier#replaceIfStartsWith}, with which a cache stores what it loaded under a lease. */
    REPLACE(false, false),
    /** {@link RemoteTier#replaceAllIfStartsWith}. */
    REPLACE_ALL(true, false),
    /** {@link RemoteTier#remove}. */
    REMOVE(false, false),
    /** {@link RemoteTier#removeAll}. */
    REMOVE_ALL(true, false),
    /** {@link RemoteTier#removeIfStartsWith}. */
    REMOVE_IF(false, false);

    private final boolean bulk;
    private final boolean bytes;

    Operation(boolean bulk, boolean bytes) {
        this.bulk = bulk;
        this.bytes = bytes;
    }

    /** Whether it is about many keys and has an outcome for each. */
    public boolean isBulk() {
        return bulk;
    }

    /** Whether it answers with stored bytes, which can be wrong. */
    public boolean answersBytes() {
        return bytes;
    }
}
