package io.tiercel.cache.tier.redis;

import static org.awaitility.Awaitility.await;

import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.cache.tier.Section;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/** A listener that remembers what it was told. */
final class Told implements ChangeFeed.Listener {
    private final Map<String, Integer> changes = new ConcurrentHashMap<>();

    @Override
    public void changed(String key) {
        changes.merge(key, 1, Integer::sum);
    }

    int of(String key) {
        return changes.getOrDefault(key, 0);
    }

    void awaitChanges(String key, int times) {
        await("changes of " + key + ", of which " + of(key) + " are known")
                .pollInterval(Duration.ofMillis(2))
                .atMost(Duration.ofSeconds(10))
                .until(() -> of(key) >= times);
    }

    static boolean isVouched(ChangeFeed feed, int section) {
        return feed.sectionAt(section).isVouched(System.nanoTime());
    }

    static void awaitVouched(ChangeFeed feed) {
        await("all sections vouched for")
                .pollInterval(Duration.ofMillis(2))
                .atMost(Duration.ofSeconds(20))
                .until(() -> IntStream.range(0, feed.sections()).allMatch(section -> isVouched(feed, section)));
    }

    static long[] epochs(ChangeFeed feed) {
        return IntStream.range(0, feed.sections())
                .mapToObj(feed::sectionAt)
                .mapToLong(Section::epoch)
                .toArray();
    }

    static List<Integer> sectionsOf(int port, int[] owners) {
        return IntStream.range(0, owners.length)
                .filter(section -> owners[section] == port)
                .boxed()
                .toList();
    }
}
