package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.util.concurrent.DefaultThreadFactory;
import io.tiercel.cache.fleet.HotKey;
import io.tiercel.cache.fleet.HotList;
import io.tiercel.cache.fleet.MalformedHotListException;
import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.redis.RedisPassage;
import io.tiercel.sidecar.keyspace.Counters;
import io.tiercel.sidecar.keyspace.LocalCopies;
import io.tiercel.sidecar.keyspace.LoopKeyspace;
import io.tiercel.sidecar.keyspace.RedisKeyspace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that each sidecar reads most, kept in Redis for those that start and for those that stay: one string for each
 * pod, and one sorted set that says who has written one and when, by Redis' clock. All of a fleet are in one slot.
 *
 * <p>Lists are made and read on a thread of their own: ten thousand keys are too many for an event loop. Everything else
 * happens on the event loop.
 */
final class HotLists implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HotLists.class);
    /** Lists of one fleet are much alike: more of them would only be more to read. */
    private static final int MOST_LISTS = 16;

    private static final int LONGEST_POD = 253;
    private static final byte[] EVAL = bytes("EVAL");
    private static final byte[] GET = bytes("GET");
    private static final byte[] LISTED = bytes("l:");
    private static final byte[] LEAVING = bytes("f:");
    private static final byte[] WRITE = bytes("""
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
            redis.call('ZREM', KEYS[1], 'l:' .. ARGV[2], 'f:' .. ARGV[2])
            redis.call('ZADD', KEYS[1], now, ARGV[1] .. ARGV[2])
            redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[4])
            redis.call('PEXPIRE', KEYS[1], ARGV[4])
            return 1""");
    private static final byte[] LOOK = bytes("""
            local time = redis.call('TIME')
            local found = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
            table.insert(found, 1, string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)))
            return found""");

    private final FrontLoop loop;
    private final LoopKeyspace redis;
    private final String pod;
    private final WarmUpSettings settings;
    private final byte[] index;
    private final ExecutorService thread;
    /** Those whose leaving has been told of. */
    private final Set<String> left = new HashSet<>();

    private Predicate<String> onLeaving = name -> true;
    private volatile boolean leaving;
    private long lastReads;
    private long lastHits;

    HotLists(FrontLoop loop, String pod, WarmUpSettings settings) {
        this.loop = loop;
        this.redis = loop.redis();
        this.pod = pod;
        this.settings = settings;
        this.index = bytes(RedisKeyspace.RESERVED + "hot{" + settings.fleet() + "}");
        this.thread = Executors.newSingleThreadExecutor(new DefaultThreadFactory("tiercel-hot-lists", true));
    }

    /** Writes this pod's list and looks for who leaves, again and again. */
    void start() {
        again(settings.publishEvery(), () -> {
            var unused = write();
        });
        again(settings.lookEvery(), this::lookForLeaving);
    }

    private void again(Duration period, Runnable task) {
        long millis = period.toMillis();
        long jitter = ThreadLocalRandom.current().nextLong(millis / 5 + 1);
        var unused = loop.eventLoop()
                .schedule(
                        () -> {
                            task.run();
                            again(period, task);
                        },
                        millis - millis / 10 + jitter,
                        TimeUnit.MILLISECONDS);
    }

    /** Says whether this pod is about to leave; its list is written at once. */
    CompletableFuture<Void> leaving(boolean leaving) {
        this.leaving = leaving;
        return write();
    }

    /** Told of a pod that leaves, on the event loop, and once more while it says false. */
    void onLeaving(Predicate<String> onLeaving) {
        loop.eventLoop().execute(() -> this.onLeaving = onLeaving);
    }

    // ---- this pod's

    /** Writes it now; completes, always normally, when Redis has answered or will not. */
    private CompletableFuture<Void> write() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        onThread(() -> {
            byte[] list = list().encode();
            loop.eventLoop().execute(() -> send(list, done));
        });
        return done;
    }

    private HotList list() {
        RedisKeyspace shared = redis.shared();
        long now = System.currentTimeMillis();
        List<HotKey> keys = new ArrayList<>();
        for (LocalCopies.Hot hot : shared.copies().hot(settings.listKeys())) {
            byte[] key = hot.key().bytes();
            if (key.length > 0 && key.length <= HotList.LONGEST_KEY && !RedisKeyspace.isReserved(key)) {
                long end = hot.lifeMillis() < 0 ? 0 : now + hot.lifeMillis();
                keys.add(HotKey.of(key, HotList.score(keys.size() + 1), hot.bytes(), end));
            }
        }
        Counters counters = shared.counters();
        long reads = counters.reads.sum();
        long hits = counters.l1Hits.sum() + counters.negativeHits.sum();
        long asked = reads - lastReads;
        double ratio = asked <= 0 ? Double.NaN : Math.min(1, Math.max(0, (double) (hits - lastHits) / asked));
        lastReads = reads;
        lastHits = hits;
        return HotList.of(keys, now, leaving, ratio);
    }

    private void send(byte[] list, CompletableFuture<Void> done) {
        if (redis.refusal(true) != null || list.length > HotList.LONGEST) {
            done.complete(null);
            return;
        }
        byte[] life = bytes(Long.toString(HotList.FRESH.toMillis()));
        ask(
                new byte[][] {
                    EVAL, WRITE, bytes("2"), index, key(pod), leaving ? LEAVING : LISTED, bytes(pod), list, life
                },
                reply -> {
                    if (Replies.isError(reply)) {
                        log.warn("the list of hot keys was not taken: {}", LoopKeyspace.errorText(reply));
                    }
                    done.complete(null);
                },
                failure -> {
                    log.debug("the list of hot keys was not taken: {}", failure);
                    done.complete(null);
                });
    }

    private byte[] key(String name) {
        return bytes(RedisKeyspace.RESERVED + "hot{" + settings.fleet() + "}:" + name);
    }

    // ---- all pods'

    /**
     * What was found.
     *
     * @param lists with lives by this process' clock
     * @param error why there may be more; null if all was read
     */
    record Found(List<HotList> lists, @Nullable String error) {}

    private record Listed(String name, boolean isLeaving, long ageMillis) {}

    private record Index(List<Listed> pods, @Nullable String error) {}

    /**
     * Reads the lists that are fresh.
     *
     * @param only of this pod; null for all
     * @param then called on the event loop
     */
    void read(@Nullable String only, Consumer<Found> then) {
        look(found -> {
            List<Listed> wanted = found.pods().stream()
                    .filter(one -> only == null || one.name().equals(only))
                    .sorted(Comparator.comparingLong(Listed::ageMillis))
                    .limit(MOST_LISTS)
                    .toList();
            if (found.error() != null || wanted.isEmpty()) {
                then.accept(new Found(List.of(), found.error()));
                return;
            }
            fetch(wanted, then);
        });
    }

    private void fetch(List<Listed> wanted, Consumer<Found> then) {
        List<HotList> lists = new ArrayList<>();
        String[] error = {null};
        int[] left = {wanted.size()};
        Runnable one = () -> {
            left[0]--;
            if (left[0] == 0) {
                then.accept(new Found(List.copyOf(lists), lists.isEmpty() ? error[0] : null));
            }
        };
        for (Listed pod : wanted) {
            ask(
                    new byte[][] {GET, key(pod.name())},
                    reply -> onThread(() -> {
                        HotList list = decoded(reply, pod);
                        loop.eventLoop().execute(() -> {
                            if (list != null) {
                                lists.add(list);
                            }
                            one.run();
                        });
                    }),
                    failure -> {
                        error[0] = failure;
                        one.run();
                    });
        }
    }

    /** Merges lists without keeping the event loop. */
    void merged(List<HotList> lists, Consumer<List<HotKey>> then) {
        onThread(() -> {
            List<HotKey> merged = HotList.merge(lists, HotList.MOST_KEYS);
            loop.eventLoop().execute(() -> then.accept(merged));
        });
    }

    private static @Nullable HotList decoded(byte[] reply, Listed pod) {
        if (reply[0] != '$' || LoopKeyspace.isNull(reply)) {
            return null;
        }
        try {
            return HotList.decode(LoopKeyspace.unframed(reply)).madeAt(System.currentTimeMillis() - pod.ageMillis());
        } catch (MalformedHotListException e) {
            log.warn("a list of hot keys cannot be read: {}", e.getMessage());
            return null;
        }
    }

    private void lookForLeaving() {
        if (leaving || redis.refusal(false) != null) {
            return;
        }
        look(found -> {
            if (found.error() != null) {
                return;
            }
            Set<String> now = new HashSet<>();
            for (Listed one : found.pods()) {
                if (one.isLeaving() && !one.name().equals(pod)) {
                    now.add(one.name());
                }
            }
            left.retainAll(now);
            for (String name : now) {
                if (!left.contains(name) && onLeaving.test(name)) {
                    left.add(name);
                }
            }
        });
    }

    private void look(Consumer<Index> then) {
        ask(
                new byte[][] {EVAL, LOOK, bytes("1"), index},
                reply -> then.accept(index(reply)),
                failure -> then.accept(new Index(List.of(), failure)));
    }

    private static Index index(byte[] reply) {
        List<byte[]> found = Replies.elements(reply);
        if (found == null || found.isEmpty()) {
            return new Index(List.of(), Replies.isError(reply) ? LoopKeyspace.errorText(reply) : "no list of pods");
        }
        try {
            long now = Long.parseLong(text(found.get(0)));
            List<Listed> pods = new ArrayList<>();
            for (int i = 1; i + 1 < found.size(); i += 2) {
                String member = text(found.get(i));
                long age = Math.max(0, now - (long) Double.parseDouble(text(found.get(i + 1))));
                if (member.length() > 2 && member.length() <= LONGEST_POD + 2 && age < HotList.FRESH.toMillis()) {
                    pods.add(new Listed(member.substring(2), member.startsWith("f:"), age));
                }
            }
            return new Index(pods, null);
        } catch (NumberFormatException e) {
            return new Index(List.of(), "no list of pods");
        }
    }

    private static String text(byte[] bulk) {
        return bulk[0] == '$' ? new String(LoopKeyspace.unframed(bulk), UTF_8) : "";
    }

    private void ask(byte[][] words, Consumer<byte[]> then, Consumer<String> failed) {
        redis.sent(1);
        int route = words.length > 2 ? 3 : 1;
        redis.passage(true).send(List.of(redis.call(words, route, new RedisPassage.Answer() {
            @Override
            public void replied(byte[] reply) {
                then.accept(reply);
            }

            @Override
            public void failed(TierException failure) {
                failed.accept(String.valueOf(failure.getMessage()));
            }
        })));
    }

    private void onThread(Runnable task) {
        try {
            thread.execute(() -> {
                try {
                    task.run();
                } catch (RuntimeException e) {
                    log.warn("the hot lists failed", e);
                }
            });
        } catch (RejectedExecutionException e) {
            log.debug("the hot lists are closed");
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
