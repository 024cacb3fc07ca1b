package io.tiercel.cache;

import io.tiercel.cache.tier.ChangeFeed;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Takes each change that the first tier tells of to who has to forget something. Thread-safe. */
final class Changes implements ChangeFeed.Listener {
    private final Watch watch;
    private volatile @Nullable Listeners listeners;

    Changes(Watch watch) {
        this.watch = watch;
    }

    private record Listeners(
            Consumer<String> entries, @Nullable Generations generations, Tags tags) {}

    /** Before this there is nothing that could be forgotten. */
    void tell(Consumer<String> entries, @Nullable Generations generations, Tags tags) {
        listeners = new Listeners(entries, generations, tags);
    }

    @Override
    public void changed(String key) {
        Listeners now = listeners;
        if (now == null) {
            return;
        }
        String note = watch.noted(key);
        if (note == null) {
            now.entries().accept(key);
            return;
        }
        switch (note.isEmpty() ? ' ' : note.charAt(0)) {
            case 'g', 'p', 'f' -> {
                if (now.generations() != null) {
                    now.generations().changed(watch.index(key), note.charAt(0));
                }
            }
            case 't', 'q', 'c' -> now.tags().changed(note);
            default -> {
                // A note of a lease, which nobody remembers.
            }
        }
    }
}
