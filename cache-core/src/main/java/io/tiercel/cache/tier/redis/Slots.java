package io.tiercel.cache.tier.redis;

import io.lettuce.core.cluster.SlotHash;
import java.nio.charset.StandardCharsets;

/**
 * Where keys belong. Redis Cluster has 16,384 slots, which is too many to vouch for one by one and each section is a
 * range of 256 of them. A single server has no slots; its keys are divided in the same way.
 */
final class Slots {
    static final int COUNT = SlotHash.SLOT_COUNT;
    static final int SECTIONS = 64;
    static final int PER_SECTION = COUNT / SECTIONS;

    private static final String[] TAGS = tags();
    private static final int TRIES = 1 << 16;

    private Slots() {}

    /** The section of a key, by its hash tag where it has one. */
    static int section(String key) {
        return section(RedisKeys.bytes(key));
    }

    static int section(byte[] key) {
        return SlotHash.getSlot(key) / PER_SECTION;
    }

    /** The shortest hash tag at the end of the name that puts it into the section. */
    static String keyIn(int section, String name) {
        if (name.indexOf('{') < 0) {
            return name + TAGS[section];
        }
        // A brace of the name's own begins the tag, or the whole key counts: one has to try.
        for (int i = 0; i < TRIES; i++) {
            String key = name + tag(i);
            if (section(key) == section) {
                return key;
            }
        }
        throw new IllegalArgumentException("a name with a hash tag is in the section of that: " + name);
    }

    private static String tag(int number) {
        return "{" + Integer.toString(number, Character.MAX_RADIX) + "}";
    }

    private static String[] tags() {
        String[] tags = new String[SECTIONS];
        int found = 0;
        for (int i = 0; found < SECTIONS; i++) {
            String tag = tag(i);
            int section = SlotHash.getSlot(tag.getBytes(StandardCharsets.US_ASCII)) / PER_SECTION;
            if (tags[section] == null) {
                tags[section] = tag;
                found++;
            }
        }
        return tags;
    }
}
