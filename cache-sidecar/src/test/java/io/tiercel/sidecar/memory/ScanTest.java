package io.tiercel.sidecar.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What SCAN promises: all that is there throughout, in calls that each do a little. */
final class ScanTest {
    private static final Pattern REPLY =
            Pattern.compile("\\*2\r\n\\$\\d+\r\n(\\d+)\r\n\\*(\\d+)\r\n(.*)", Pattern.DOTALL);
    private static final Pattern KEY = Pattern.compile("\\$\\d+\r\n([^\r]*)\r\n");

    private final MemoryKeyspace keyspace = new MemoryKeyspace(256 << 20, System::currentTimeMillis);
    private final Commanded client = new Commanded(keyspace);

    /** How often each key came in a whole scan; no call returns more than so many. */
    private Map<String, Integer> scanned(int most, String... options) {
        Map<String, Integer> times = new HashMap<>();
        String cursor = "0";
        do {
            String[] command = new String[2 + options.length];
            command[0] = "SCAN";
            command[1] = cursor;
            System.arraycopy(options, 0, command, 2, options.length);
            Matcher reply = REPLY.matcher(client.run(command));
            assertThat(reply.matches()).isTrue();
            cursor = reply.group(1);
            assertThat(Integer.parseInt(reply.group(2))).isLessThanOrEqualTo(most);
            assertThat(Long.parseLong(cursor)).as("cursor").isLessThanOrEqualTo(1L << 53);
            KEY.matcher(reply.group(3))
                    .results()
                    .forEach((MatchResult key) -> times.merge(key.group(1), 1, Integer::sum));
        } while (!cursor.equals("0"));
        return times;
    }

    private Set<String> keys(String prefix, int count) {
        Set<String> keys = new HashSet<>();
        for (int i = 0; i < count; i++) {
            keys.add(prefix + i);
            client.run("SET", prefix + i, "v");
        }
        return keys;
    }

    @Test
    void each_key_comes_once_whatever_the_count() {
        Set<String> keys = keys("k", 2_345);

        for (int count : new int[] {1, 7, 1_000}) {
            Map<String, Integer> times = scanned(count, "COUNT", String.valueOf(count));

            assertThat(times.keySet()).isEqualTo(keys);
            assertThat(times.values()).containsOnly(1);
        }
        assertThat(scanned(10).keySet()).isEqualTo(keys);
    }

    @Test
    void a_call_looks_at_no_more_keys_than_ten_thousand() {
        Set<String> keys = keys("k", SpaceCommands.MOST_SCANNED + 5_000);

        assertThat(scanned(SpaceCommands.MOST_SCANNED, "COUNT", "9223372036854775807")
                        .keySet())
                .isEqualTo(keys);
    }

    @Test
    void what_does_not_match_is_passed_over_and_still_counts_as_looked_at() {
        keys("a", 1_000);
        Set<String> keys = keys("b", 1_000);

        assertThat(scanned(10, "MATCH", "b*").keySet()).isEqualTo(keys);
        assertThat(scanned(10, "TYPE", "string", "MATCH", "b*").keySet()).isEqualTo(keys);
        assertThat(scanned(0, "TYPE", "hash")).isEmpty();
    }

    @Test
    void what_is_there_throughout_comes_while_others_come_and_go() throws Exception {
        Set<String> keys = keys("stays", 3_000);
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
            for (int i = 0; !over.get(); i = (i + 1) % 5_000) {
                client.run("SET", "goes" + i, "v", "PX", "20");
                client.run("DEL", "goes" + (i - 500));
                // Changed, it is the same key all the while.
                client.run("APPEND", "stays" + i % 3_000, "w");
            }
        });
        try {
            for (int i = 0; i < 20; i++) {
                assertThat(scanned(50, "COUNT", "50").keySet()).containsAll(keys);
            }
        } finally {
            over.set(true);
        }
        writer.get(20, TimeUnit.SECONDS);
    }

    @Test
    void a_cursor_that_no_call_gave_out_ends_or_goes_on_from_there() {
        keys("k", 100);

        assertThat(client.run("SCAN", "18446744073709551615")).isEqualTo("*2\r\n$1\r\n0\r\n*0\r\n");
        assertThat(client.run("SCAN", "-1")).isEqualTo("*2\r\n$1\r\n0\r\n*0\r\n");
        assertThat(client.run("SCAN", String.valueOf(1L << 60))).isEqualTo("*2\r\n$1\r\n0\r\n*0\r\n");
        assertThat(client.run("SCAN", "1")).matches(REPLY);
    }

    @Test
    void a_random_key_is_one_of_those_that_there_are_and_each_may_come() {
        Set<String> keys = keys("k", 20);
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 100_000 && seen.size() < keys.size(); i++) {
            Matcher key = KEY.matcher(client.run("RANDOMKEY"));
            assertThat(key.matches()).isTrue();
            seen.add(key.group(1));
        }

        assertThat(seen).isEqualTo(keys);
    }
}
