package io.tiercel.cache;

import io.tiercel.cache.Explanation.State;
import io.tiercel.cache.Explanation.TierView;
import io.tiercel.cache.tier.Frame;
import io.tiercel.cache.tier.MalformedFrameException;
import io.tiercel.cache.tier.Placeholder;
import io.tiercel.cache.tier.RemoteTier;
import io.tiercel.cache.tier.TierException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Looks at what each tier holds under a key, past counters, flights and promotion. */
final class Explains<K, V> {
    private static final String LOCAL = "local";

    private final Engine<K, V> engine;
    private final List<RemoteTier> tiers;

    Explains(Engine<K, V> engine, List<RemoteTier> tiers) {
        this.engine = engine;
        this.tiers = tiers;
    }

    CompletableFuture<Explanation> explain(K key) {
        String stored = engine.stored(key);
        List<CompletableFuture<TierView>> views = new ArrayList<>();
        if (engine.local() != null) {
            views.add(CompletableFuture.completedFuture(local(engine.localEntry(key))));
        }
        for (int i = 0; i < tiers.size(); i++) {
            int depth = i;
            RemoteTier tier = tiers.get(i);
            TierException refusal =
                    engine.remotes().guards().get(depth).nodes().of(stored).refusal();
            if (refusal != null) {
                views.add(CompletableFuture.completedFuture(remote(depth, tier.name(), stored, null, refusal)));
                continue;
            }
            views.add(tier.get(stored).handle((bytes, error) -> remote(depth, tier.name(), stored, bytes, error)));
        }
        return CompletableFuture.allOf(views.toArray(CompletableFuture<?>[]::new))
                .thenApply(done -> new Explanation(
                        engine.name(),
                        stored,
                        views.stream().map(CompletableFuture::join).toList()));
    }

    private TierView local(@Nullable Entry<V> entry) {
        long now = engine.time().nanos();
        if (entry == null || !entry.isUsableAt(now)) {
            return nothing(LOCAL, entry == null ? "holds no entry" : "its entry has ended");
        }
        if (!engine.trusts(entry, now)) {
            return new TierView(
                    LOCAL,
                    State.MISS,
                    null,
                    null,
                    entry.size,
                    "not used: whether others changed it since it was read is not known, or one of its tags was"
                            + " invalidated");
        }
        Duration age = Duration.ofMillis(Math.max(0, engine.time().millis() - entry.bornMillis));
        return held(
                LOCAL,
                entry.value == null,
                age,
                Duration.ofNanos(entry.freshEnd - now),
                Duration.ofNanos(entry.hardEnd - now),
                entry.expired,
                entry.size);
    }

    private boolean isOutdated(int depth, String stored, Frame frame) {
        Generations generations = engine.generations();
        Generations.Known known =
                generations == null ? null : generations.last(engine.watch().index(stored));
        long generation = frame.provenance().generation();
        return known != null && (!known.isOf(generation) || (depth > 0 && !known.isAboveFloor(generation)));
    }

    private TierView remote(int depth, String tier, String stored, byte @Nullable [] bytes, @Nullable Throwable error) {
        if (error != null) {
            String reason = String.valueOf(TierGuard.unwrap(error).getMessage());
            return new TierView(tier, State.FAILED, null, null, 0, "did not answer: " + reason);
        }
        if (bytes == null) {
            return nothing(tier, "holds no entry");
        }
        if (Placeholder.is(bytes)) {
            return nothing(tier, "a placeholder: somebody is loading the value");
        }
        try {
            Frame frame = Frame.read(stored, bytes);
            long now = engine.time().millis();
            if (frame.hardMillisLeft(now) <= 0) {
                return nothing(tier, "its entry has ended");
            }
            if (isOutdated(depth, stored, frame)) {
                return nothing(tier, "its entry is of a generation that was ended, by clear or since a removal failed");
            }
            engine.framing().decode(frame, List.of());
            return held(
                    tier,
                    frame.isNegative(),
                    Duration.ofMillis(frame.ageMillis(now)),
                    Duration.ofMillis(frame.freshMillisLeft(now)),
                    Duration.ofMillis(frame.hardMillisLeft(now)),
                    frame.isExpired(),
                    bytes.length);
        } catch (MalformedFrameException e) {
            return new TierView(tier, State.MISS, null, null, bytes.length, "cannot be read: " + e.getMessage());
        }
    }

    private static TierView nothing(String tier, String why) {
        return new TierView(tier, State.MISS, null, null, 0, why);
    }

    private static TierView held(
            String tier, boolean negative, Duration age, Duration fresh, Duration hard, boolean expired, int bytes) {
        String since = (bytes == 0 ? "" : bytes + " bytes, ") + "age " + readable(age);
        if (fresh.isNegative() || fresh.isZero() || expired) {
            String why = since + ", " + (expired ? "expired by hand" : "past its fresh life") + ", a fall-back for "
                    + readable(hard) + " if the loader fails";
            return new TierView(tier, State.STALE, age, hard, bytes, why);
        }
        String why = since + ", fresh for " + readable(fresh) + (negative ? ": there is no value" : "");
        return new TierView(tier, negative ? State.NEGATIVE : State.FRESH, age, fresh, bytes, why);
    }

    private static String readable(Duration duration) {
        return duration.toMillis() < 10_000 ? duration.toMillis() + " ms" : duration.toSeconds() + " s";
    }
}
