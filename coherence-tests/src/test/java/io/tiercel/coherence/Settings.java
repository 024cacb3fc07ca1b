package io.tiercel.coherence;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What an instance has to know, as words for the command line of a JVM.
 *
 * @param instance its number, from 0
 * @param cache the cache's name, the same for all
 * @param redis a URI, or empty for an instance without remote tiers, which cannot hear of the others' writes
 * @param memcached {@code host:port}, or empty for none
 * @param database the port of the {@link Database}
 * @param keys how many keys there are
 * @param threads how many threads work
 * @param seed of its choices
 * @param ttl how long an entry is fresh
 * @param clockOff by how much its wall clock is wrong
 * @param log where its events go
 */
record Settings(
        int instance,
        String cache,
        String redis,
        String memcached,
        int database,
        int keys,
        int threads,
        long seed,
        Duration ttl,
        Duration clockOff,
        Path log) {

    List<String> words() {
        List<String> words = new ArrayList<>();
        words.add(Integer.toString(instance));
        words.add(cache);
        words.add(redis);
        words.add(memcached);
        words.add(Integer.toString(database));
        words.add(Integer.toString(keys));
        words.add(Integer.toString(threads));
        words.add(Long.toString(seed));
        words.add(ttl.toString());
        words.add(clockOff.toString());
        words.add(log.toString());
        return words;
    }

    static Settings of(List<String> words) {
        return new Settings(
                Integer.parseInt(words.get(0)),
                words.get(1),
                words.get(2),
                words.get(3),
                Integer.parseInt(words.get(4)),
                Integer.parseInt(words.get(5)),
                Integer.parseInt(words.get(6)),
                Long.parseLong(words.get(7)),
                Duration.parse(words.get(8)),
                Duration.parse(words.get(9)),
                Path.of(words.get(10)));
    }

    /** What Redis and the proxies know it by. */
    String clientName() {
        return "instance" + instance;
    }

    static String key(int key) {
        return "k" + key;
    }
}
