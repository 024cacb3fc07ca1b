package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.redis.RedisPassage;
import io.tiercel.sidecar.control.CacheBackend;
import io.tiercel.sidecar.control.HotSet;
import io.tiercel.sidecar.control.KeyReport;
import io.tiercel.sidecar.control.RateScope;
import io.tiercel.sidecar.control.RateSettings;
import io.tiercel.sidecar.control.RateStatus;
import io.tiercel.sidecar.control.TierMode;
import io.tiercel.sidecar.control.TierStatus;
import io.tiercel.sidecar.control.Traffic;
import io.tiercel.sidecar.control.WarmUpPlan;
import io.tiercel.sidecar.control.WarmUpRun;
import io.tiercel.sidecar.keyspace.Counters;
import io.tiercel.sidecar.keyspace.Key;
import io.tiercel.sidecar.keyspace.LoopKeyspace;
import io.tiercel.sidecar.keyspace.RedisKeyspace;
import io.tiercel.sidecar.memory.MemoryKeyspace;
import io.tiercel.sidecar.resp.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/** What operators ask of the cache, done on its event loops. Thread-safe; nothing blocks. */
final class Operations implements CacheBackend {
    private static final byte[][] NO_PLACES = {};

    private final Front front;

    Operations(Front front) {
        this.front = front;
    }

    // ---- tiers and traffic

    @Override
    public List<TierStatus> tiers() {
        RedisKeyspace redis = front.redis();
        List<TierStatus> tiers = new ArrayList<>();
        if (redis == null) {
            tiers.add(memoryAlone());
            return tiers;
        }
        Counters counters = redis.counters();
        long reads = counters.reads.sum();
        long l1 = counters.l1Hits.sum() + counters.negativeHits.sum();
        tiers.add(new TierStatus(
                "l1",
                "memory",
                TierStatus.State.UP,
                TierMode.NORMAL,
                List.of(),
                l1,
                Math.max(0, reads - l1),
                0,
                redis.copies().entries(),
                redis.copies().bytes(),
                redis.copies().maximumBytes()));
        List<TierStatus.Node> nodes = redis.feedNodes().stream()
                .map(node -> new TierStatus.Node(node.address(), node.state() == ChangeFeed.State.ARMED, detail(node)))
                .toList();
        tiers.add(new TierStatus(
                "l2",
                "redis",
                state(nodes),
                redis.l2Mode(),
                nodes,
                counters.l2Hits.sum(),
                counters.l2Misses.sum(),
                counters.l2Errors.sum(),
                -1,
                -1,
                -1));
        if (redis.hasL3()) {
            tiers.add(new TierStatus(
                    "l3",
                    "memcached",
                    redis.l3State(),
                    redis.l3Mode(),
                    redis.l3Nodes(),
                    counters.l3Hits.sum(),
                    counters.l3Misses.sum(),
                    counters.l3Errors.sum(),
                    -1,
                    -1,
                    -1));
        }
        return tiers;
    }

    private static String detail(ChangeFeed.Node node) {
        return switch (node.state()) {
            case ARMED -> "tells of changes, the last " + node.vouchedAgo().toMillis() + " ms ago known";
            case CONNECTING -> "connecting";
            case LOST -> "lost; copies in memory of its keys are not used";
        };
    }

    private static TierStatus.State state(List<TierStatus.Node> nodes) {
        long up = nodes.stream().filter(TierStatus.Node::up).count();
        return up == 0 ? TierStatus.State.DOWN : up == nodes.size() ? TierStatus.State.UP : TierStatus.State.DEGRADED;
    }

    private TierStatus memoryAlone() {
        MemoryKeyspace memory = memory();
        Counters counters = front.memoryCounters();
        return new TierStatus(
                "l1",
                "memory",
                TierStatus.State.UP,
                TierMode.NORMAL,
                List.of(),
                counters.l1Hits.sum(),
                counters.misses.sum(),
                0,
                memory.entries(),
                memory.bytes(),
                front.memoryBytes());
    }

    private MemoryKeyspace memory() {
        MemoryKeyspace memory = front.memory();
        if (memory == null) {
            throw new IllegalStateException("there is Redis");
        }
        return memory;
    }

    @Override
    public Traffic traffic() {
        return CacheStatistics.of(front).traffic();
    }

    @Override
    public RateStatus rateLimit() {
        RateSettings rate = front.live().rate();
        boolean shared = front.redis() != null && rate.requestsPerMinute() > 0 && rate.per() == RateScope.FLEET;
        return shared ? front.fleetShare().status() : RateStatus.ALONE;
    }

    @Override
    public void mode(String tier, TierMode mode) {
        RedisKeyspace redis = front.redis();
        if (redis != null && tier.equals("l2")) {
            redis.l2Mode(mode);
        } else if (redis != null && tier.equals("l3")) {
            redis.l3Mode(mode);
        }
    }

    // ---- one key

    @Override
    public CompletionStage<KeyReport> where(String key) {
        return where(front.loops().get(0), Key.of(key.getBytes(UTF_8)), key);
    }

    /** @param name the key as it is to be called in the report */
    CompletionStage<KeyReport> where(FrontLoop loop, Key key, String name) {
        CompletableFuture<KeyReport> report = new CompletableFuture<>();
        loop.eventLoop().execute(() -> {
            LoopKeyspace redis = loop.keyspace();
            if (redis == null) {
                report.complete(inMemory(key, name));
            } else {
                whereInTiers(redis, key, name, report);
            }
        });
        return report;
    }

    private KeyReport inMemory(Key key, String name) {
        ByteBuf out = Unpooled.buffer();
        try {
            byte[] value = memory().get(0, key.bytes());
            memory().execute(Protocol.RESP2, 0, new byte[][] {"PTTL".getBytes(US_ASCII), key.bytes()}, out);
            byte[] reply = new byte[out.readableBytes()];
            out.readBytes(reply);
            long ttl = LoopKeyspace.number(reply);
            String status = value == null ? "absent" : "fresh";
            KeyReport.Place place =
                    new KeyReport.Place("l1", status, -1, Math.max(-1, ttl), value == null ? -1 : value.length, "");
            return new KeyReport(name, value == null ? "none" : "l1", List.of(place));
        } finally {
            out.release();
        }
    }

    private static void whereInTiers(LoopKeyspace redis, Key key, String name, CompletableFuture<KeyReport> report) {
        KeyReport.Place l1 = redis.shared().place(key);
        Gather gather = new Gather(3, replies -> {
            KeyReport.Place l2 = inRedis(redis, key, replies);
            var unused = redis.shared().l3Place(key).whenComplete((l3, failure) -> {
                List<KeyReport.Place> places =
                        Stream.concat(Stream.of(l1, l2), l3.stream()).toList();
                boolean bypassed = redis.shared().l2Mode() == TierMode.BYPASS;
                report.complete(new KeyReport(name, answeredBy(places, bypassed), places));
            });
        });
        byte[][][] questions = {
            {"TYPE".getBytes(US_ASCII), key.bytes()},
            {"PTTL".getBytes(US_ASCII), key.bytes()},
            {"STRLEN".getBytes(US_ASCII), key.bytes()}
        };
        List<RedisPassage.Call> calls = new ArrayList<>();
        for (int i = 0; i < questions.length; i++) {
            int index = i;
            calls.add(redis.call(questions[i], 1, new RedisPassage.Answer() {
                @Override
                public void replied(byte[] reply) {
                    gather.part(index).reply(reply);
                }

                @Override
                public void failed(TierException failure) {
                    gather.part(index).reply(LoopKeyspace.down(failure));
                }
            }));
        }
        redis.sent(calls.size());
        redis.passage(true).send(calls);
    }

    private static KeyReport.Place inRedis(LoopKeyspace redis, Key key, List<byte[]> replies) {
        String node = redis.passage(true).nodeOf(key.bytes());
        for (byte[] reply : replies.subList(0, 2)) {
            if (Replies.isError(reply)) {
                return new KeyReport.Place("l2", "unknown: " + LoopKeyspace.errorText(reply), -1, -1, -1, node);
            }
        }
        String type = new String(replies.get(0), 1, replies.get(0).length - 3, US_ASCII);
        if (type.equals("none")) {
            return new KeyReport.Place("l2", "absent", -1, -1, -1, node);
        }
        long ttl = LoopKeyspace.number(replies.get(1));
        byte[] length = replies.get(2);
        return new KeyReport.Place(
                "l2",
                type.equals("string") ? "fresh" : "fresh (" + type + ")",
                -1,
                Math.max(-1, ttl),
                Replies.isError(length) ? -1 : LoopKeyspace.number(length),
                node);
    }

    /** Nearest first; L3 answers when Redis cannot be asked and memory has nothing. */
    private static String answeredBy(List<KeyReport.Place> places, boolean bypassed) {
        boolean l2Asked = !bypassed;
        for (KeyReport.Place place : places) {
            String status = place.status();
            boolean fresh = place.tier().equals("l1") ? status.equals("fresh") : status.startsWith("fresh");
            boolean asked = place.tier().equals("l1") || (place.tier().equals("l2") && !bypassed);
            if (fresh && asked) {
                return place.tier();
            }
            if (place.tier().equals("l1") && status.equals("negative")) {
                return "none";
            }
            if (place.tier().equals("l2")) {
                l2Asked = l2Asked && !status.startsWith("unknown");
            }
        }
        if (!l2Asked) {
            for (KeyReport.Place place : places) {
                if (place.status().equals("stale") || place.status().equals("fresh")) {
                    return place.tier();
                }
            }
        }
        return "none";
    }

    // ---- removal

    @Override
    public CompletionStage<Long> invalidate(List<String> keys) {
        return remove(keys.stream().map(key -> key.getBytes(UTF_8)).toList());
    }

    @Override
    public CompletionStage<Long> invalidatePrefix(String prefix) {
        FrontLoop loop = front.loops().get(0);
        CompletableFuture<Long> removed = new CompletableFuture<>();
        loop.eventLoop().execute(() -> {
            LoopKeyspace redis = loop.keyspace();
            if (redis == null) {
                removeFromMemory(prefix, removed);
                return;
            }
            List<byte[]> found = new ArrayList<>();
            new SpaceCommands.Walk(redis, true, prefix.getBytes(UTF_8), found::add, error -> {
                        if (error != null) {
                            removed.completeExceptionally(new IllegalStateException(LoopKeyspace.errorText(error)));
                        } else {
                            Removal.start(redis, found, reply -> complete(removed, reply));
                        }
                    })
                    .begin();
        });
        return removed;
    }

    private void removeFromMemory(String prefix, CompletableFuture<Long> removed) {
        byte[][] keys = memoryReply("KEYS", List.of(escaped(prefix) + "*"));
        long count = 0;
        for (byte[] framed : keys) {
            count += LoopKeyspace.number(
                    memoryAnswer(new byte[][] {"DEL".getBytes(US_ASCII), LoopKeyspace.unframed(framed)}));
        }
        removed.complete(count);
    }

    private static String escaped(String text) {
        return text.replaceAll("([*?\\[\\]\\\\^-])", "\\\\$1");
    }

    private byte[][] memoryReply(String name, List<String> arguments) {
        byte[][] words = Stream.concat(Stream.of(name), arguments.stream())
                .map(word -> word.getBytes(UTF_8))
                .toArray(byte[][]::new);
        List<byte[]> elements = Replies.elements(memoryAnswer(words));
        return elements == null ? NO_PLACES : elements.toArray(byte[][]::new);
    }

    private byte[] memoryAnswer(byte[][] words) {
        return Replies.of(out -> memory().execute(Protocol.RESP2, 0, words, out));
    }

    private CompletionStage<Long> remove(List<byte[]> keys) {
        FrontLoop loop = front.loops().get(0);
        CompletableFuture<Long> removed = new CompletableFuture<>();
        loop.eventLoop().execute(() -> {
            LoopKeyspace redis = loop.keyspace();
            if (redis == null) {
                long count = 0;
                for (byte[] key : keys) {
                    count += LoopKeyspace.number(memoryAnswer(new byte[][] {"DEL".getBytes(US_ASCII), key}));
                }
                removed.complete(count);
            } else {
                Removal.start(redis, keys, reply -> complete(removed, reply));
            }
        });
        return removed;
    }

    private static void complete(CompletableFuture<Long> future, byte[] reply) {
        if (Replies.isError(reply)) {
            future.completeExceptionally(new IllegalStateException(LoopKeyspace.errorText(reply)));
        } else {
            future.complete(LoopKeyspace.number(reply));
        }
    }

    // ---- warm-up

    @Override
    public List<String> hottest(int limit) {
        RedisKeyspace redis = front.redis();
        return redis == null
                ? List.of()
                : redis.copies().hottest(limit).stream()
                        .map(key -> new String(key.bytes(), UTF_8))
                        .filter(key -> !key.startsWith(RedisKeyspace.RESERVED))
                        .toList();
    }

    @Override
    public HotSet hotSet(int limit) {
        RedisKeyspace redis = front.redis();
        return redis == null ? bytes -> new byte[0] : HotSetPage.of(redis, limit);
    }

    @Override
    public WarmUpRun warmUp(WarmUpPlan plan) {
        FrontLoop loop = front.loops().get(0);
        HotLists lists = front.hotLists();
        return lists == null
                ? WarmUp.impossible("there is no Redis to read from")
                : WarmUp.start(loop, lists, plan, front.settings().warmUp(), front::warming, front.peers());
    }
}
