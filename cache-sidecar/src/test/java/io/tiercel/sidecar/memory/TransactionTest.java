package io.tiercel.sidecar.memory;

import static io.tiercel.sidecar.memory.Commanded.bytes;
import static io.tiercel.sidecar.memory.Commanded.parse;
import static io.tiercel.sidecar.memory.Commanded.words;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tiercel.sidecar.resp.Protocol;
import io.tiercel.sidecar.resp.Reply;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MULTI, EXEC and WATCH, as far as the keyspace has a part in them. */
final class TransactionTest {
    private final AtomicLong now = new AtomicLong(1_700_000_000_000L);
    private final MemoryKeyspace keyspace = new MemoryKeyspace(64 << 20, now::get);
    private final Commanded client = new Commanded(keyspace);

    private WatchedKey watch(String key) {
        return new WatchedKey(0, bytes(key), keyspace.version(0, bytes(key)));
    }

    private void runAll(String script) {
        for (String line : script.split(";", -1)) {
            client.run(parse(line));
        }
    }

    @Test
    void replies_come_as_one_array_and_an_error_stops_nothing() {
        String replies = client.transaction(List.of(), "SET k abc", "INCR k", "GET k", "GET", "NOSUCH", "GET nokey");

        assertThat(replies.split("\r\n"))
                .containsExactly(
                        "*6",
                        "+OK",
                        "-ERR value is not an integer or out of range",
                        "$3",
                        "abc",
                        "-ERR wrong number of arguments for 'get' command",
                        "-ERR unknown command 'NOSUCH', with args beginning with: ",
                        "$-1");
    }

    @Test
    void whole_databases_may_be_looked_through_and_emptied_inside() {
        client.run("SET", "k", "v");

        assertThat(client.transaction(List.of(), "KEYS *", "DBSIZE", "FLUSHALL", "DBSIZE", "RANDOMKEY", "SCAN 0"))
                .isEqualTo("*6\r\n*1\r\n$1\r\nk\r\n:1\r\n+OK\r\n:0\r\n$-1\r\n*2\r\n$1\r\n0\r\n*0\r\n");
        assertThat(client.transaction(List.of())).isEqualTo("*0\r\n");
    }

    @Test
    void commands_of_others_take_their_turn_and_may_change_the_database() {
        AtomicInteger db = new AtomicInteger();
        ByteBuf out = Unpooled.buffer();

        keyspace.transaction(
                Protocol.RESP3,
                db::get,
                List.of(words("SET", "k", "0"), words("SELECT", "1"), words("SET", "k", "1"), words("GET", "nokey")),
                List.of(),
                (command, to) -> {
                    db.set(Integer.parseInt(new String(command[1], ISO_8859_1)));
                    Reply.ok(to);
                },
                out);

        assertThat(out.toString(ISO_8859_1)).isEqualTo("*4\r\n+OK\r\n+OK\r\n+OK\r\n_\r\n");
        assertThat(keyspace.get(0, bytes("k"))).isEqualTo(bytes("0"));
        assertThat(keyspace.get(1, bytes("k"))).isEqualTo(bytes("1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET k w",
                "SET k v",
                "DEL k",
                "DEL k;SET k v",
                "APPEND k x",
                "APPEND k ''",
                "SETRANGE k 0 v",
                "GETSET k v",
                "GETDEL k",
                "GETEX k EX 100",
                "MSET a 1 k v",
                "EXPIRE k 100",
                "EXPIRE k -1",
                "RENAME k l",
                "RENAME other k",
                "COPY other k REPLACE",
                "MOVE k 1",
                "SETBIT k 0 0",
                "FLUSHDB",
                "FLUSHALL",
                "FLUSHALL;SET k v",
                "SWAPDB 0 1",
                "SWAPDB 0 1;SET k v"
            })
    void a_key_that_was_there_and_has_changed_stops_it(String script) {
        runAll("SET k v;SET other v");
        WatchedKey watched = watch("k");

        runAll(script);

        assertThat(client.transaction(List.of(watched), "SET done 1")).isEqualTo("*-1\r\n");
        assertThat(client.run("EXISTS", "done")).isEqualTo(":0\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET k",
                "SET k w NX",
                "SETNX k w",
                "GETEX k",
                "TOUCH k",
                "PERSIST k",
                "SETRANGE k 0 ''",
                "INCR k",
                "MSETNX k 1 other 2",
                "RENAME k k",
                "RENAMENX other k",
                "COPY other k",
                "COPY k copied",
                "MOVE nokey 1",
                "EXPIRE k 100 XX",
                "SET other w",
                "DEL other",
                "FLUSHDB nonsense"
            })
    void a_key_that_was_there_and_has_not_changed_does_not(String script) {
        runAll("SET k v;SET other v");
        WatchedKey watched = watch("k");

        runAll(script);

        assertThat(client.transaction(List.of(watched), "GET k")).isEqualTo("*1\r\n$1\r\nv\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET k v",
                "SET k v;DEL k",
                "SET k v;FLUSHALL",
                "RENAME other k;RENAME k other",
                "COPY other k",
                "APPEND k ''"
            })
    void a_key_that_was_not_there_and_came_stops_it_even_if_it_went_again(String script) {
        runAll("SET other v");
        WatchedKey watched = watch("k");

        runAll(script);

        assertThat(client.transaction(List.of(watched), "SET done 1")).isEqualTo("*-1\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"DEL k", "GET k", "FLUSHALL", "SET k v XX", "SETRANGE k 0 ''", "GETDEL k", "RENAME k other"})
    void a_key_that_was_not_there_and_did_not_come_does_not(String script) {
        runAll("SET other v");
        WatchedKey watched = watch("k");

        runAll(script);

        assertThat(client.transaction(List.of(watched), "GET k")).isEqualTo("*1\r\n$-1\r\n");
    }

    @Test
    void a_key_that_expires_stops_it_and_one_that_had_expired_before_does_not() {
        client.run("SET", "k", "v", "PX", "10");
        WatchedKey alive = watch("k");
        now.addAndGet(11);
        WatchedKey expired = watch("k");

        assertThat(client.transaction(List.of(expired), "GET k")).isEqualTo("*1\r\n$-1\r\n");
        assertThat(client.transaction(List.of(alive), "GET k")).isEqualTo("*-1\r\n");

        // Its memory is freed now, and nothing of what a client sees changes.
        client.run("DBSIZE");
        assertThat(client.transaction(List.of(expired), "GET k")).isEqualTo("*1\r\n$-1\r\n");
    }

    @Test
    void a_watched_key_belongs_to_its_database_and_RESP3_has_its_own_null() {
        WatchedKey elsewhere = new WatchedKey(3, bytes("k"), keyspace.version(3, bytes("k")));
        client.run("SET", "k", "v");
        ByteBuf out = Unpooled.buffer();
        keyspace.execute(Protocol.RESP3, 3, words("SET", "k", "v"), out);
        out.clear();

        keyspace.transaction(Protocol.RESP3, 0, List.<byte[][]>of(words("GET", "k")), List.of(elsewhere), out);

        assertThat(out.toString(ISO_8859_1)).isEqualTo("_\r\n");
    }

    @Test
    void what_cannot_be_queued_is_told_before() {
        assertThat(keyspace.refusal(words("get", "k"))).isNull();
        assertThat(keyspace.refusal(words("get"))).isEqualTo("ERR wrong number of arguments for 'get' command");
        assertThat(keyspace.refusal(words("nosuch")))
                .isEqualTo("ERR unknown command 'nosuch', with args beginning with: ");
        assertThat(keyspace.knows("GET")).isTrue();
        assertThat(keyspace.knows("OBJECT")).isTrue();
        assertThat(keyspace.knows("LPUSH")).isFalse();
    }
}
