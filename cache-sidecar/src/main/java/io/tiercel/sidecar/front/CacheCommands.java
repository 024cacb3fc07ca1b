package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.tiercel.sidecar.control.KeyReport;
import io.tiercel.sidecar.keyspace.Copy;
import io.tiercel.sidecar.keyspace.Errors;
import io.tiercel.sidecar.keyspace.Key;
import io.tiercel.sidecar.keyspace.Leases;
import io.tiercel.sidecar.keyspace.LoopKeyspace;
import io.tiercel.sidecar.keyspace.RedisKeyspace;
import io.tiercel.sidecar.keyspace.Tags;
import io.tiercel.sidecar.resp.Protocol;
import io.tiercel.sidecar.resp.Reply;
import io.tiercel.sidecar.resp.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The cache's own commands: where a key is, what has been counted, removal from every tier, and leases.
 *
 * <pre>
 * CACHE.WHERE key
 * CACHE.STATS
 * CACHE.INVALIDATE key [key ...]
 * CACHE.INVALIDATE TAG tag [tag ...]
 * CACHE.LEASE key [PX milliseconds]
 * CACHE.FILL key token value [PX milliseconds] [STALE milliseconds] [TAG tag [tag ...]]
 * CACHE.RELEASE key token
 * </pre>
 */
final class CacheCommands {
    private static final Duration LONGEST_LEASE = Leases.LONGEST;
    private static final long LONGEST_LIFE = Duration.ofDays(30).toMillis();
    private static final String TAG = RedisKeyspace.RESERVED + "tag:";

    private CacheCommands() {}

    static List<Command> commands(boolean redis) {
        return List.of(
                command("CACHE.WHERE", 2, Set.of("readonly"), 1, CacheCommands::where),
                command("CACHE.STATS", 1, Set.of("readonly"), 0, CacheCommands::stats),
                command("CACHE.INVALIDATE", -2, Set.of("write"), -1, CacheCommands::invalidate),
                command(
                        "CACHE.LEASE",
                        -2,
                        Set.of("write"),
                        1,
                        redis ? CacheCommands::lease : CacheCommands::needsRedis),
                command("CACHE.FILL", -4, Set.of("write"), 1, redis ? CacheCommands::fill : CacheCommands::needsRedis),
                command(
                        "CACHE.RELEASE",
                        3,
                        Set.of("write"),
                        1,
                        redis ? CacheCommands::release : CacheCommands::needsRedis));
    }

    private static Command command(String name, int arity, Set<String> flags, int lastKey, Command.Handler handler) {
        int firstKey = lastKey == 0 ? 0 : 1;
        Set<String> categories = flags.contains("write") ? Set.of("write", "keyspace") : Set.of("read", "keyspace");
        return new Command(name, arity, flags, firstKey, lastKey, lastKey == 0 ? 0 : 1, categories, Map.of(), handler);
    }

    private static void needsRedis(Invocation invocation) {
        MemoryCommands.unknown(invocation);
    }

    // ---- what is where

    private static void where(Invocation invocation) {
        Slot slot = invocation.muchLater();
        Protocol protocol = invocation.protocol();
        Key key = Key.of(RedisCommands.prefixed(
                invocation.session(), invocation.request().bytes(1)));
        String name = invocation.request().text(1);
        FrontLoop loop = invocation.loop();
        invocation.connection().sendNow(); // what came before it
        var unused = loop.front()
                .operations()
                .where(loop, key, name)
                .whenComplete((report, failure) -> loop.eventLoop()
                        .execute(() -> slot.reply(
                                failure == null
                                        ? Replies.of(out -> write(out, protocol, report))
                                        : Errors.of("ERR " + failure.getMessage()))));
    }

    private static void write(ByteBuf out, Protocol protocol, KeyReport report) {
        Reply.map(out, protocol, 1 + report.places().size());
        Reply.bulk(out, "answered_by");
        Reply.bulk(out, report.answeredBy());
        for (KeyReport.Place place : report.places()) {
            Reply.bulk(out, place.tier());
            Reply.map(out, protocol, 5);
            Reply.bulk(out, "status");
            Reply.bulk(out, place.status());
            Reply.bulk(out, "age_ms");
            Reply.integer(out, place.ageMillis());
            Reply.bulk(out, "ttl_ms");
            Reply.integer(out, place.ttlMillis());
            Reply.bulk(out, "bytes");
            Reply.integer(out, place.bytes());
            Reply.bulk(out, "node");
            Reply.bulk(out, place.node());
        }
    }

    private static void stats(Invocation invocation) {
        Map<String, Object> lines =
                CacheStatistics.of(invocation.loop().front()).lines();
        Reply.map(invocation.reply(), invocation.protocol(), lines.size());
        lines.forEach((name, value) -> {
            Reply.bulk(invocation.reply(), name);
            Reply.integer(invocation.reply(), ((Number) value).longValue());
        });
    }

    // ---- removal

    private static void invalidate(Invocation invocation) {
        byte[][] words = invocation.words();
        Front front = invocation.loop().front();
        if (KeyFinder.isTags(words) && front.memory() != null) {
            MemoryCommands.unknown(invocation);
            return;
        }
        if (front.memory() != null) {
            words[0] = "DEL".getBytes(US_ASCII);
            front.memory().execute(invocation.protocol(), invocation.session().database(), words, invocation.reply());
            return;
        }
        LoopKeyspace redis = invocation.loop().redis();
        Session session = invocation.session();
        if (KeyFinder.isTags(words)) {
            List<byte[]> tags = new ArrayList<>();
            for (int i = 2; i < words.length; i++) {
                tags.add(words[i]);
            }
            invocation.connection().sendNow();
            Slot slot = invocation.muchLater();
            Gather gather = new Gather(tags.size(), replies -> slot.reply(Replies.sum(replies)));
            slot.whenLate(gather::late);
            for (int i = 0; i < tags.size(); i++) {
                int index = i;
                byte[] tagKey = tagKey(session, tags.get(i));
                Tags.invalidate(
                        redis, tagKey, members -> removeTagged(redis, tagKey, members, gather.part(index)::reply));
            }
            return;
        }
        List<byte[]> keys = new ArrayList<>();
        for (int i = 1; i < words.length; i++) {
            keys.add(RedisCommands.prefixed(session, words[i]));
        }
        invocation.connection().sendNow();
        Slot slot = invocation.muchLater();
        Removal.start(redis, keys, slot::reply);
    }

    private static void removeTagged(LoopKeyspace redis, byte[] tagKey, byte[] members, Consumer<byte[]> done) {
        List<byte[]> framed = Replies.elements(members);
        if (framed == null || framed.isEmpty()) {
            done.accept(framed == null ? members : Replies.integer(0));
            return;
        }
        List<byte[]> all = framed.stream().map(LoopKeyspace::unframed).toList();
        List<byte[]> keys = new ArrayList<>();
        for (int i = 0; i < all.size(); i += 2) {
            keys.add(all.get(i));
        }
        Removal.start(redis, keys, removed -> {
            if (Replies.isError(removed)) {
                done.accept(removed); // who tries again finds them
            } else {
                Tags.leave(redis, tagKey, all, left -> done.accept(Replies.isError(left) ? left : removed));
            }
        });
    }

    private static byte[] tagKey(Session session, byte[] tag) {
        return RedisCommands.prefixed(session, (TAG + new String(tag, UTF_8)).getBytes(UTF_8));
    }

    // ---- leases

    private static void lease(Invocation invocation) {
        Request request = invocation.request();
        LoopKeyspace redis = invocation.loop().redis();
        Duration life = redis.shared().settings().leaseTime();
        if (request.count() == 4 && request.is(2, "PX")) {
            long millis = number(request.text(3));
            if (millis < 1 || millis > LONGEST_LEASE.toMillis()) {
                invocation.error(
                        "ERR PX of CACHE.LEASE must be from 1 to " + LONGEST_LEASE.toMillis() + " milliseconds");
                return;
            }
            life = Duration.ofMillis(millis);
        } else if (request.count() != 2) {
            invocation.syntaxError();
            return;
        }
        Key probe = invocation.connection().probe(request, 1);
        Copy copy = redis.hit(probe);
        if (copy != null && copy.framed() != null) {
            ByteBuf out = invocation.reply();
            Reply.array(out, 2);
            Reply.bulk(out, "HIT");
            out.writeBytes(copy.framed());
            return;
        }
        Key key = probe.kept();
        invocation.connection().sendNow();
        redis.shared().leases().grant(redis, key, invocation.session().isResp3(), life, invocation.muchLater());
    }

    private static void fill(Invocation invocation) {
        Request request = invocation.request();
        LoopKeyspace redis = invocation.loop().redis();
        Duration ttl = redis.shared().live().cache().ttl();
        Duration stale = Duration.ZERO;
        List<byte[]> tags = new ArrayList<>();
        int next = 4;
        while (next < request.count()) {
            boolean px = request.is(next, "PX");
            boolean isStale = request.is(next, "STALE");
            if ((px || isStale) && next + 1 < request.count()) {
                long millis = number(request.text(next + 1));
                if (millis < 1 || millis > LONGEST_LIFE) {
                    invocation.error("ERR invalid expire time in 'cache.fill' command");
                    return;
                }
                ttl = px ? Duration.ofMillis(millis) : ttl;
                stale = px ? stale : Duration.ofMillis(millis);
                next += 2;
            } else if (request.is(next, "TAG") && next + 1 < request.count()) {
                for (next++; next < request.count(); next++) {
                    tags.add(request.bytes(next));
                }
            } else {
                invocation.syntaxError();
                return;
            }
        }
        Session session = invocation.session();
        Key key = Key.of(RedisCommands.prefixed(session, request.bytes(1)));
        byte[] token = request.bytes(2);
        byte[] value = request.bytes(3);
        boolean isResp3 = session.isResp3();
        Slot slot = invocation.muchLater();
        invocation.connection().sendNow();
        Duration life = ttl;
        Duration longer = stale;
        // The tags first: a value that is there and not in them would outlive their invalidation.
        Gather gather = new Gather(tags.size(), replies -> {
            byte[] error = Replies.firstError(replies);
            if (error != null) {
                slot.reply(error);
            } else {
                long invalidated = replies.stream()
                        .mapToLong(LoopKeyspace::number)
                        .filter(ago -> ago >= 0)
                        .min()
                        .orElse(-1);
                redis.shared().leases().fill(redis, key, isResp3, token, value, life, longer, invalidated, slot);
            }
        });
        for (int i = 0; i < tags.size(); i++) {
            Tags.join(redis, tagKey(session, tags.get(i)), key.bytes(), gather.part(i)::reply);
        }
    }

    private static void release(Invocation invocation) {
        LoopKeyspace redis = invocation.loop().redis();
        Key key = Key.of(RedisCommands.prefixed(
                invocation.session(), invocation.request().bytes(1)));
        byte[] token = invocation.request().bytes(2);
        invocation.connection().sendNow();
        redis.shared().leases().release(redis, key, invocation.session().isResp3(), token, invocation.muchLater());
    }

    private static long number(String text) {
        return text.matches("\\d{1,15}") ? Long.parseLong(text) : -1;
    }
}
