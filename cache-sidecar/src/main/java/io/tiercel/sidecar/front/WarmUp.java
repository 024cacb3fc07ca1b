package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tiercel.cache.fleet.HotKey;
import io.tiercel.cache.fleet.HotList;
import io.tiercel.sidecar.control.WarmUpPlan;
import io.tiercel.sidecar.control.WarmUpRun;
import io.tiercel.sidecar.keyspace.Bringing;
import io.tiercel.sidecar.keyspace.Key;
import io.tiercel.sidecar.keyspace.LocalCopies;
import io.tiercel.sidecar.keyspace.LoopKeyspace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Brings keys into memory, page after page, the hottest first: whatever limit ends it, only the coldest are missing. Each
 * page goes into memory as it comes, so that clients may be let in before the last one. At the end every key that came is
 * touched, the coldest first and the hotter the more often: memory then takes the hottest for those that were read last
 * and most, as if it had always been there, and drops the others first. Measured, that is as good as putting them in from
 * the coldest to the hottest, which would have to wait for all of them; see docs/warm-up.md.
 *
 * <p>It begins when the change feed tells of changes, and not before: what was read earlier might have changed unnoticed.
 * Everything it brings has a ticket from before it was asked for, so what is changed meanwhile is not kept.
 *
 * <p>Runs on one event loop; progress may be looked at from any thread.
 */
final class WarmUp implements WarmUpRun {
    /** Few enough for Redis to answer others in between. */
    static final int PAGE = 128;

    private static final int PAGE_BYTES = 1 << 20;
    private static final int MOST_BYTES = 1 << 20;
    private static final long LEAST_LIFE_MS = 10_000;
    private static final double LEAST_SHARE = 0.1;
    private static final int ERRORS_IN = 10;
    private static final int MOST_TOUCHES = 15;
    private static final int TOUCHED_TOGETHER = 256;
    private static final long ARM_LOOK_MS = 10;
    private static final long ARM_WHOLE_MS = 1_000;
    private static final long ARM_MS = 3_000;

    private final FrontLoop loop;
    private final HotLists lists;
    private final WarmUpPlan plan;
    private final Supplier<@Nullable Peer> peers;
    private final Pace pace;
    private final int concurrency;
    private final long began = System.nanoTime();
    private final CompletableFuture<Progress> ended = new CompletableFuture<>();
    private final Bringing.Limits limits = new Bringing.Limits(
            LEAST_LIFE_MS, MOST_BYTES, () -> ThreadLocalRandom.current().nextDouble(LEAST_SHARE, 1));
    private volatile Progress progress;
    private volatile boolean cancelled;

    private WarmUpTally tally = new WarmUpTally(Double.NaN);
    /** What is to be read, the hottest first. */
    private List<Wanted> wanted = List.of();
    /** By place among the wanted: whether it came. */
    private boolean[] came = {};
    /** The places of what is to be read from Redis. */
    private int[] rest = {};
    /** Of the wanted, by key; filled when another pod is asked. */
    private final Map<Key, Integer> places = new HashMap<>();

    private boolean fromPeer;

    private int next;
    private int underWay;
    private boolean waiting;
    private boolean over;

    /** @param bytes of its value, 0 if unknown */
    private record Wanted(Key key, double weight, int bytes) {}

    private WarmUp(
            FrontLoop loop,
            HotLists lists,
            WarmUpPlan plan,
            WarmUpSettings settings,
            IntSupplier warming,
            Supplier<@Nullable Peer> peers) {
        this.peers = peers;
        this.loop = loop;
        this.lists = lists;
        this.plan = plan;
        this.pace = new Pace(plan.rate() > 0 ? plan.rate() : settings.rate(), warming);
        this.concurrency = plan.concurrency() > 0 ? plan.concurrency() : settings.concurrency();
        this.progress = tally.progress(State.RUNNING, source(), 0, 0, -1, "");
    }

    static WarmUp start(
            FrontLoop loop,
            HotLists lists,
            WarmUpPlan plan,
            WarmUpSettings settings,
            IntSupplier warming,
            Supplier<@Nullable Peer> peers) {
        WarmUp run = new WarmUp(loop, lists, plan, settings, warming, peers);
        loop.eventLoop().execute(run::arm);
        return run;
    }

    @Override
    public Progress progress() {
        return progress;
    }

    @Override
    public void cancel() {
        cancelled = true;
    }

    @Override
    public CompletionStage<Progress> ended() {
        return ended.copy();
    }

    private long elapsedMillis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    }

    private String source() {
        return fromPeer ? "peers" : plan.keys().isEmpty() ? "l2" : "keys";
    }

    private void note() {
        long eta = wanted.isEmpty() ? -1 : (long) ((wanted.size() - tally.read) * 1_000L / pace.rate());
        progress = tally.progress(State.RUNNING, source(), wanted.size(), elapsedMillis(), eta, "");
    }

    private void end(State state, String reason) {
        if (!over) {
            over = true;
            progress = tally.progress(state, source(), wanted.size(), elapsedMillis(), 0, reason);
            ended.complete(progress);
        }
    }

    // ---- which keys

    private void arm() {
        long elapsed = elapsedMillis();
        if (cancelled) {
            end(State.CANCELLED, "");
        } else if (loop.redis().shared().isArmed()
                || (elapsed >= ARM_WHOLE_MS && loop.redis().shared().isPartlyArmed())) {
            choose();
        } else if (elapsed >= ARM_MS) {
            end(State.FAILED, "Redis does not tell of changes");
        } else {
            note();
            var unused = loop.eventLoop().schedule(this::arm, ARM_LOOK_MS, TimeUnit.MILLISECONDS);
        }
    }

    private void choose() {
        if (!plan.keys().isEmpty()) {
            named(plan.keys().stream().map(key -> Key.of(key.getBytes(UTF_8))).toList());
        } else if (plan.pattern() != null) {
            matching(plan.pattern());
        } else {
            lists.read(plan.pod(), found -> {
                if (found.error() != null) {
                    end(State.FAILED, found.error());
                } else if (found.lists().isEmpty()) {
                    end(State.DONE, "no list");
                } else {
                    lists.merged(found.lists(), merged -> listed(merged, ratio(found.lists())));
                }
            });
        }
    }

    private static double ratio(List<HotList> lists) {
        return lists.stream()
                .mapToDouble(HotList::hitRatio)
                .filter(ratio -> !Double.isNaN(ratio))
                .average()
                .orElse(Double.NaN);
    }

    private void matching(String pattern) {
        Set<Key> found = new LinkedHashSet<>();
        byte[] fixed = prefix(pattern).getBytes(UTF_8);
        new SpaceCommands.Walk(
                        loop.redis(),
                        true,
                        fixed,
                        key -> {
                            if (found.size() < plan.maxKeys() && Glob.matches(pattern, key)) {
                                found.add(Key.of(key));
                            }
                        },
                        error -> {
                            if (error == null) {
                                named(new ArrayList<>(found));
                            } else {
                                end(State.FAILED, LoopKeyspace.errorText(error));
                            }
                        })
                .begin();
    }

    /** What a pattern begins with before anything in it has a meaning. */
    private static String prefix(String pattern) {
        int end = 0;
        while (end < pattern.length() && "*?[]\\^".indexOf(pattern.charAt(end)) < 0) {
            end++;
        }
        return pattern.substring(0, end);
    }

    private void named(List<Key> keys) {
        List<Wanted> all = new ArrayList<>(keys.size());
        for (int i = 0; i < keys.size(); i++) {
            Wanted one = new Wanted(keys.get(i), HotList.score(i + 1), 0);
            if (isWanted(one)) {
                all.add(one);
            }
        }
        begin(all);
    }

    private void listed(List<HotKey> keys, double hitRatio) {
        tally = new WarmUpTally(hitRatio);
        long now = System.currentTimeMillis();
        List<Wanted> all = new ArrayList<>(keys.size());
        for (HotKey key : keys) {
            Wanted one = new Wanted(Key.of(key.key()), key.score(), key.bytes());
            if (key.endsWithin(LEAST_LIFE_MS, now)) {
                tally.ending++;
            } else if (isWanted(one)) {
                all.add(one);
            }
        }
        begin(all);
    }

    /** Whether it is to be read; what is in memory already counts as if it had been. */
    private boolean isWanted(Wanted one) {
        if (!loop.redis().shared().isKept(one.key())) {
            return false; // nobody would tell of its changes
        }
        tally.total += one.weight();
        if (loop.redis().shared().copies().isFresh(one.key())) {
            tally.held += one.weight();
            return false;
        }
        if (one.bytes() > MOST_BYTES) {
            tally.large++;
            return false;
        }
        return true;
    }

    // ---- reading them

    private void begin(List<Wanted> all) {
        wanted = all.size() > plan.maxKeys() ? all.subList(0, plan.maxKeys()) : all;
        came = new boolean[wanted.size()];
        boolean more = all.size() > plan.maxKeys();
        Peer peer = plan.source() == WarmUpPlan.Source.PEERS && !wanted.isEmpty() ? peers.get() : null;
        if (peer == null) {
            fromRedis(more);
        } else {
            new PeerPull(loop, peer, this::peerGave, this::peerIsEnough, () -> fromRedis(more)).begin();
        }
    }

    private boolean peerIsEnough() {
        note();
        return isSpent() || cancelled;
    }

    private boolean isSpent() {
        return tally.memory >= plan.maxBytes()
                || elapsedMillis() >= plan.timeLimit().toMillis();
    }

    /** What another pod holds, if it is wanted; what it does not hold, or what has changed, is read from Redis later. */
    private void peerGave(HotSetPage.Value value, PeerPull.Keeping keeping) {
        if (places.isEmpty()) {
            for (int i = 0; i < wanted.size(); i++) {
                places.putIfAbsent(wanted.get(i).key(), i);
            }
        }
        Integer place = places.get(value.key());
        long life = value.lifeMillis();
        if (place != null
                && !came[place]
                && value.bytes().length <= MOST_BYTES
                && (life < 0 || life >= LEAST_LIFE_MS)
                && keeping.keep(value, limits.shares().getAsDouble())) {
            came[place] = true;
            fromPeer = true;
            int length = value.bytes().length;
            tally.add(
                    Bringing.Result.KEPT, wanted.get(place).weight(), length, LocalCopies.memory(value.key(), length));
        }
    }

    private void fromRedis(boolean more) {
        rest = IntStream.range(0, wanted.size()).filter(place -> !came[place]).toArray();
        goOn(more);
    }

    private void goOn(boolean more) {
        if (over) {
            return;
        }
        note();
        State state = state(more);
        if (state == State.RUNNING) {
            readOn(more);
        } else if (underWay == 0) {
            String reason = state == State.FAILED ? "more than one in " + ERRORS_IN + " reads failed" : "";
            over = true;
            touch(wanted.size() - 1, () -> {
                over = false;
                end(state, reason);
            });
        }
    }

    private State state(boolean more) {
        if (cancelled) {
            return State.CANCELLED;
        }
        if (tally.errors * ERRORS_IN > tally.read && tally.read >= PAGE) {
            return State.FAILED;
        }
        if (next >= rest.length && underWay == 0) {
            return tally.errors > 0 && tally.errors == tally.read
                    ? State.FAILED
                    : more ? State.OUT_OF_BUDGET : State.DONE;
        }
        return isSpent() ? State.OUT_OF_BUDGET : State.RUNNING;
    }

    private void readOn(boolean more) {
        while (underWay < concurrency && next < rest.length && !waiting) {
            long now = System.nanoTime();
            long wait = pace.pause(now);
            if (wait > 0) {
                waiting = true;
                var unused = loop.eventLoop()
                        .schedule(
                                () -> {
                                    waiting = false;
                                    goOn(more);
                                },
                                wait,
                                TimeUnit.NANOSECONDS);
                return;
            }
            int first = next;
            next = endOfPage(first);
            pace.sent(next - first, now);
            underWay++;
            read(first, next, now, more);
        }
    }

    /** As many as {@link #PAGE} keys, but few if their values are large: each reply is held as a whole. */
    private int endOfPage(int first) {
        long usual = tally.brought == 0 ? 1_024 : Math.max(1, tally.bytes / tally.brought);
        long bytes = 0;
        int end = first;
        while (end < rest.length && end - first < PAGE && bytes < PAGE_BYTES) {
            int known = wanted.get(rest[end]).bytes();
            bytes += known == 0 ? usual : known;
            end++;
        }
        return end;
    }

    private void read(int first, int end, long sentAt, boolean more) {
        List<Key> keys = IntStream.range(first, end)
                .mapToObj(i -> wanted.get(rest[i]).key())
                .toList();
        int[] left = {keys.size()};
        loop.redis().bring(keys, limits, (index, result, bytes) -> {
            int place = rest[first + index];
            Wanted one = wanted.get(place);
            tally.add(result, one.weight(), bytes, LocalCopies.memory(one.key(), bytes));
            came[place] = result == Bringing.Result.KEPT;
            left[0]--;
            if (left[0] == 0) {
                underWay--;
                pace.answered(System.nanoTime() - sentAt);
                // Others first, who wait for more than memory to fill.
                loop.eventLoop().execute(() -> goOn(more));
            }
        });
    }

    // ---- making memory know how hot they are

    private void touch(int from, Runnable then) {
        LocalCopies copies = loop.redis().shared().copies();
        int last = Math.max(-1, from - TOUCHED_TOGETHER);
        for (int i = from; i > last; i--) {
            if (came[i]) {
                copies.touch(wanted.get(i).key(), Math.min(MOST_TOUCHES, Math.max(1, wanted.size() / (i + 1))));
            }
        }
        if (last < 0) {
            then.run();
        } else {
            loop.eventLoop().execute(() -> touch(last, then));
        }
    }

    /** One that cannot begin. */
    static WarmUpRun impossible(String reason) {
        Progress end = new Progress(State.FAILED, "l2", 0, 0, 0, 0, 0, Double.NaN, 0, 0, 0, Skipped.NONE, 0, reason);
        return new WarmUpRun() {
            @Override
            public Progress progress() {
                return end;
            }

            @Override
            public void cancel() {
                // It has ended.
            }

            @Override
            public CompletionStage<Progress> ended() {
                return CompletableFuture.completedFuture(end);
            }
        };
    }
}
