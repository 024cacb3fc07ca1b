package io.tiercel.coherence;

import java.util.List;
import java.util.Random;

/**
 * What a nemesis has to do with.
 *
 * @param cache the cache's name, the first part of every stored key
 * @param keys how many keys there are
 * @param members the instances, those in JVMs of their own last
 * @param random seeded with the history's seed
 */
record Arena(Backends backends, FaultLog faults, String cache, int keys, List<Member> members, Random random) {
    String storedKey(int key) {
        return cache + ":" + Settings.key(key);
    }

    /** One of the instances that can be stopped by a signal. */
    ChildInstance child() {
        List<ChildInstance> children = members.stream()
                .filter(ChildInstance.class::isInstance)
                .map(ChildInstance.class::cast)
                .toList();
        return children.get(random.nextInt(children.size()));
    }

    <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
