package io.tiercel.cache.tier;

import java.util.List;

/**
 * What was known of a value's surroundings before it was read from its source; what was invalidated as a whole since
 * then ends it. Immutable.
 *
 * @param generation the cache's generation for the key's part of the key space, compared for equality
 * @param stamp larger than every invalidation of a tag so far; a tag invalidated with a larger one ends the value
 * @param tags the value's tags, at most {@link #MOST_TAGS} of at most {@link #LONGEST_TAG} bytes in UTF-8 each
 */
public record Provenance(long generation, long stamp, List<String> tags) {
    /** The most tags that a value may have. */
    public static final int MOST_TAGS = 32;

    /** The longest tag, in bytes of UTF-8. */
    public static final int LONGEST_TAG = 256;

    /** Of nothing that can be invalidated as a whole. */
    public static final Provenance NONE = new Provenance(0, 0, List.of());

    /** Refuses more tags than there may be. */
    public Provenance {
        tags = List.copyOf(tags);
        if (tags.size() > MOST_TAGS) {
            throw new IllegalArgumentException("tags must be at most " + MOST_TAGS + ": " + tags.size());
        }
    }
}
