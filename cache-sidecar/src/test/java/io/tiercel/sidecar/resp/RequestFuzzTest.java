package io.tiercel.sidecar.resp;

import static io.tiercel.sidecar.resp.Corpus.bytes;

import io.tiercel.sidecar.resp.Decoding.Outcome;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Changes requests at random, for {@code -Dfuzz.seconds}, from {@code -Dfuzz.seed} on. Whatever comes of it: no exception
 * but the protocol's own, and that once; not a byte leaked; the same result however it is cut; no more held than was
 * sent; and after a refusal nothing more. {@link Decoding} checks the first two.
 */
final class RequestFuzzTest {
    /** What makes the parser turn. */
    private static final List<String> TOKENS = List.of(
            "\r",
            "\n",
            "\r\n",
            "*",
            "$",
            "-",
            "0",
            "1",
            "9",
            "*1\r\n",
            "$3\r\n",
            "*-1\r\n",
            "*0\r\n",
            "$-1\r\n",
            "\"",
            "'",
            "\\",
            "\\x4",
            "\0",
            "\377",
            "*1025\r\n",
            "*131072\r\n",
            "$1048576\r\n",
            "$1048577\r\n",
            "2147483648",
            "MGET",
            "POST",
            " ");

    private static final List<byte[]> CORPUS = Stream.concat(Corpus.GOOD.stream(), Corpus.BAD.stream())
            .map(Corpus::bytes)
            .toList();

    /** Small, so that inputs reach them. */
    private static final RespLimits NARROW =
            RespLimits.defaults().withArguments(3, 6).withBytes(20, 60, 24);

    @Test
    void whatever_is_sent_is_read_or_refused() {
        long seed = Long.getLong("fuzz.seed", 20260101);
        long nanos = Duration.ofSeconds(Long.getLong("fuzz.seconds", 5)).toNanos();
        long start = System.nanoTime();
        int refused = 0;
        int inputs = 0;
        for (; System.nanoTime() - start < nanos; inputs++) {
            // Each input has a seed of its own, so that one that fails can be had without those before it.
            long own = seed + inputs;
            byte[] input = input(new Random(own));
            try {
                refused += check(input, new Random(own)) ? 1 : 0;
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("fuzz.seed " + own + ", input " + Arrays.toString(input), e);
            }
        }
        if (refused < inputs / 10 || refused > inputs * 9L / 10) {
            throw new AssertionError(
                    "of " + inputs + " inputs, " + refused + " were refused: this tests one side only");
        }
    }

    private static boolean check(byte[] input, Random random) {
        RespLimits limits = random.nextBoolean() ? NARROW : RespLimits.defaults();
        boolean authenticated = random.nextInt(4) > 0;
        Outcome whole = Decoding.of(limits, authenticated, input);
        int[] cuts = input.length == 0
                ? new int[0]
                : random.ints(random.nextInt(5), 0, input.length).sorted().toArray();
        Outcome cut = Decoding.cut(limits, authenticated, input, cuts);
        if (!cut.equals(whole)) {
            throw new AssertionError("whole " + whole + ", cut at " + Arrays.toString(cuts) + " " + cut);
        }
        progresses(limits, authenticated, input, whole);
        return whole.error() != null;
    }

    /** What is held never exceeds what came; and a request that has begun ends: with more bytes, it is read or refused. */
    private static void progresses(RespLimits limits, boolean authenticated, byte[] input, Outcome whole) {
        Decoding decoding = new Decoding(limits, authenticated);
        decoding.feed(input, 0, input.length);
        if (decoding.mostHeld() > Math.max(256, 2L * input.length)) {
            throw new AssertionError("holds " + decoding.mostHeld() + " for " + input.length);
        }
        byte[] more = bytes("*2\r\n".repeat(64));
        int before = decoding.requestCount();
        // A quarter more than the largest request there may be, after which nothing can still be pending.
        int most = limits.equals(NARROW) ? 2 : 40_000;
        for (int i = 0; i < most && decoding.error() == null && decoding.requestCount() == before; i++) {
            decoding.feed(more, 0, more.length);
        }
        if (decoding.error() == null && decoding.requestCount() == before) {
            throw new AssertionError("neither reads nor refuses");
        }
        if (whole.error() != null && decoding.requestCount() != before) {
            throw new AssertionError("goes on after " + whole.error());
        }
        decoding.end();
    }

    private static byte[] input(Random random) {
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        for (int i = random.nextInt(3); i >= 0; i--) {
            input.writeBytes(CORPUS.get(random.nextInt(CORPUS.size())));
        }
        byte[] bytes = input.toByteArray();
        for (int i = random.nextInt(4); i > 0; i--) {
            bytes = mutated(bytes, random);
        }
        return bytes;
    }

    private static byte[] mutated(byte[] bytes, Random random) {
        int at = random.nextInt(bytes.length + 1);
        int end = Math.min(bytes.length, at + random.nextInt(4));
        byte[] token = bytes(TOKENS.get(random.nextInt(TOKENS.size())));
        return switch (random.nextInt(6)) {
            case 0 -> spliced(bytes, at, token, at);
            case 1 -> spliced(bytes, at, token, end);
            case 2 -> spliced(bytes, at, new byte[0], end);
            case 3 -> spliced(bytes, at, Arrays.copyOfRange(bytes, at, end), at);
            case 4 -> Arrays.copyOf(bytes, at);
            default -> spliced(bytes, at, new byte[] {(byte) random.nextInt(256)}, Math.min(bytes.length, at + 1));
        };
    }

    private static byte[] spliced(byte[] bytes, int from, byte[] middle, int to) {
        ByteArrayOutputStream spliced = new ByteArrayOutputStream();
        spliced.write(bytes, 0, from);
        spliced.writeBytes(middle);
        spliced.write(bytes, to, bytes.length - to);
        return spliced.toByteArray();
    }
}
