package io.tiercel.cache.tier.redis;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Beginnings of keys that a connection listens to. Redis refuses one that is the beginning of another on the same
 * connection, so of such only the shorter one is here, which stands for both.
 *
 * <p>Immutable.
 */
record Prefixes(Set<String> shortest) {
    static final Prefixes NONE = new Prefixes(Set.of());

    static Prefixes of(Collection<String> all) {
        Set<String> shortest = new LinkedHashSet<>();
        all.stream()
                .filter(prefix -> all.stream().noneMatch(other -> !other.equals(prefix) && prefix.startsWith(other)))
                .forEach(shortest::add);
        return new Prefixes(Set.copyOf(shortest));
    }

    /** Whether all keys with those beginnings are listened to. */
    boolean cover(Collection<String> prefixes) {
        return prefixes.stream().allMatch(prefix -> shortest.stream().anyMatch(prefix::startsWith));
    }

    /** Whether a connection that listens to these can listen to those others in addition. */
    boolean canGrowTo(Prefixes wanted) {
        return shortest.stream()
                .allMatch(mine ->
                        wanted.shortest.stream().noneMatch(other -> !other.equals(mine) && mine.startsWith(other)));
    }

    /** What must be added to listen to those too. */
    List<String> missingOf(Prefixes wanted) {
        return wanted.shortest.stream()
                .filter(prefix -> !cover(List.of(prefix)))
                .toList();
    }

    Prefixes plus(Collection<String> added) {
        Set<String> both = new LinkedHashSet<>(shortest);
        both.addAll(added);
        return new Prefixes(Set.copyOf(both));
    }

    /**
     * Refuses none at all, one that is the beginning of another, and half of a character at an end, which in a key
     * would be a part of other bytes.
     */
    static List<String> checked(List<String> prefixes) {
        List<String> all = List.copyOf(prefixes);
        if (all.isEmpty()) {
            throw new IllegalArgumentException("prefixes must not be empty");
        }
        for (int i = 0; i < all.size(); i++) {
            String prefix = all.get(i);
            if (!prefix.isEmpty() && Character.isHighSurrogate(prefix.charAt(prefix.length() - 1))) {
                throw new IllegalArgumentException("a prefix must not end within a character: " + prefix);
            }
            for (int j = 0; j < all.size(); j++) {
                if (i != j && all.get(j).startsWith(prefix)) {
                    throw new IllegalArgumentException(
                            "a prefix must not be the beginning of another: " + prefix + ", " + all.get(j));
                }
            }
        }
        return all;
    }
}
