package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.redis.RedisPassage;
import io.tiercel.sidecar.keyspace.Key;
import io.tiercel.sidecar.keyspace.LoopKeyspace;
import io.tiercel.sidecar.keyspace.RedisKeyspace;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that each sidecar reads most, kept in Redis for those that start: one hash, one field for each pod. Keys alone
 * and no values.
 */
final class HotLists {
    static final byte[] KEY = (RedisKeyspace.RESERVED + "hot").getBytes(US_ASCII);

    private static final Logger log = LoggerFactory.getLogger(HotLists.class);
    private static final int MOST_KEYS = 10_000;
    private static final int MOST_LISTED = 1_000_000;
    private static final Duration PERIOD = Duration.ofSeconds(30);
    private static final Duration LIFE = Duration.ofMinutes(10);
    private static final int FORMAT = 1;

    private HotLists() {}

    /** Writes this pod's list every half minute, from an event loop. */
    static void publish(FrontLoop loop, LoopKeyspace redis, String pod) {
        var unused = loop.eventLoop()
                .scheduleWithFixedDelay(
                        () -> write(redis, pod), PERIOD.toSeconds(), PERIOD.toSeconds(), TimeUnit.SECONDS);
    }

    /** Writes it now. */
    static void write(LoopKeyspace redis, String pod) {
        List<Key> hottest = redis.shared().copies().hottest(MOST_KEYS);
        if (hottest.isEmpty() || redis.refusal(true) != null) {
            return;
        }
        RedisPassage.Answer answer = new RedisPassage.Answer() {
            @Override
            public void replied(byte[] reply) {
                if (Replies.isError(reply)) {
                    log.warn("the list of hot keys was not taken: {}", LoopKeyspace.errorText(reply));
                }
            }

            @Override
            public void failed(TierException failure) {
                log.debug("the list of hot keys was not taken: {}", failure.getMessage());
            }
        };
        byte[][] set = {ascii("HSET"), KEY, pod.getBytes(UTF_8), encode(hottest)};
        byte[][] expire = {ascii("PEXPIRE"), KEY, ascii(Long.toString(LIFE.toMillis()))};
        redis.sent(2);
        redis.passage(true).send(List.of(redis.call(set, 1, answer), redis.call(expire, 1, answer)));
    }

    static byte[] encode(List<Key> keys) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(new DeflaterOutputStream(bytes))) {
            out.writeByte(FORMAT);
            out.writeLong(System.currentTimeMillis());
            out.writeInt(keys.size());
            for (Key key : keys) {
                byte[] own = key.bytes();
                out.writeInt(own.length);
                out.write(own);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /**
     * The keys of all lists, those first that stand high in many.
     *
     * @param fields of the hash, a name and a list in turn, as bulk strings
     */
    static List<Key> merged(List<byte[]> fields, int most) {
        Map<Key, Double> scores = new HashMap<>();
        for (int i = 1; i < fields.size(); i += 2) {
            List<Key> keys = decode(LoopKeyspace.unframed(fields.get(i)));
            for (int rank = 0; rank < keys.size() && scores.size() < MOST_LISTED; rank++) {
                scores.merge(keys.get(rank), 1.0 / (rank + 1), Double::sum);
            }
        }
        return scores.entrySet().stream()
                .sorted(Map.Entry.<Key, Double>comparingByValue().reversed())
                .limit(most)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** The keys of one list; none if it is old or no list. */
    private static List<Key> decode(byte[] bytes) {
        List<Key> keys = new ArrayList<>();
        try (DataInputStream in = new DataInputStream(new InflaterInputStream(new ByteArrayInputStream(bytes)))) {
            int format = in.readByte();
            long at = in.readLong();
            int count = in.readInt();
            if (format != FORMAT || System.currentTimeMillis() - at > LIFE.toMillis() || count > MOST_KEYS) {
                return List.of();
            }
            for (int i = 0; i < count; i++) {
                int length = in.readInt();
                if (length < 0 || length > 1 << 20) {
                    return List.of();
                }
                keys.add(Key.of(in.readNBytes(length)));
            }
        } catch (IOException e) {
            log.warn("a list of hot keys cannot be read: {}", e.getMessage());
            return List.of();
        }
        return keys;
    }

    /** Whether a key matches a pattern of {@code *}, {@code ?} and other characters. */
    static boolean matches(String pattern, byte[] key) {
        return Glob.matches(new String(pattern.getBytes(UTF_8), ISO_8859_1), new String(key, ISO_8859_1));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }
}
