package io.tiercel.sidecar;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Makes pipelines of commands out of a seed: most are right, some have wrong arguments, some wrong bytes. */
final class PipelineFuzz {
    private static final String[] KEYS = {
        "a", "b", "c", "", "\0", "\r\n", "{a}1", "{a}2", "\u00ff\u00fe", "key with spaces", "*1\r\n$4\r\nPING\r\n"
    };
    private static final String[] VALUES = {
        "", "0", "1", "-1", "10", "3.5", "abc", "9223372036854775807", "nan", "\0\r\n\u00ff", "+OK\r\n", " 1", "0x1"
    };

    /**
     * A command for each line: k is a key, v a value, n a number, f a number with a fraction, i an index, o an offset, s a number of
     * seconds that is far away. What the two servers may answer differently for good reason is not among them: what is
     * random, in the order of a hash table, or depends on when it is asked.
     */
    private static final String[] GRAMMAR = """
            GET k
            GET k
            GET k
            SET k v
            SET k v
            SET k v NX
            SET k v XX GET
            SET k v GET
            SET k v EX s
            SET k v PX n
            SET k v KEEPTTL
            SET k v EX 0
            SET k v EX s PX n
            SET k v NX XX
            SET k v EXAT 4102444800
            SET k v NX GET
            GETSET k v
            GETDEL k
            GETEX k
            GETEX k PERSIST
            GETEX k EX n
            GETEX k EXAT 4102444800
            APPEND k v
            STRLEN k
            GETRANGE k i i
            SUBSTR k i i
            SETRANGE k o v
            INCR k
            DECR k
            INCRBY k n
            DECRBY k n
            INCRBYFLOAT k f
            MGET k
            MGET k k k
            MSET k v
            MSET k v k v
            MSET k v k
            MSETNX k v k v
            SETNX k v
            SETEX k s v
            SETEX k n v
            PSETEX k n v
            DEL k
            DEL k k
            UNLINK k k
            EXISTS k k k
            TOUCH k k
            TYPE k
            EXPIRE k s
            EXPIRE k n
            EXPIRE k s NX
            EXPIRE k s GT
            EXPIRE k s NX XX
            EXPIREAT k 4102444800
            PEXPIREAT k 4102444800123
            PERSIST k
            EXPIRETIME k
            PEXPIRETIME k
            RENAME k k
            RENAMENX k k
            COPY k k
            COPY k k REPLACE
            LPUSH k v
            RPUSH k v v
            LRANGE k i i
            LLEN k
            LPOP k
            LPOP k n
            LINDEX k i
            HSET k v v
            HGET k v
            HDEL k v
            HLEN k
            HINCRBY k v n
            SADD k v
            SREM k v
            SCARD k
            SISMEMBER k v
            ZADD k f v
            ZSCORE k v
            ZRANGE k i i
            ZRANGE k i i WITHSCORES
            SETBIT k o 1
            GETBIT k o
            BITCOUNT k
            BITPOS k 1
            BITOP AND k k k
            PFADD k v
            PFCOUNT k
            LCS k k
            LCS k k LEN
            XADD k 1-1 v v
            XLEN k
            SORT k
            OBJECT ENCODING k
            OBJECT REFCOUNT
            EVAL return{redis.call('EXISTS',KEYS[1]),ARGV[1]} 1 k v
            EVAL return{1,'a',false,{ok='x'},{err='y'}} 0
            EVAL x 1
            PING
            PING v
            ECHO v
            NOSUCH k v
            GET
            GET k k
            SET k
            MSET
            EXISTS
            HELLO 3
            HELLO 2
            HELLO 5
            SELECT 0
            SELECT 1
            SELECT 99
            SELECT x
            MULTI
            MULTI
            EXEC
            EXEC
            EXEC
            DISCARD
            WATCH k
            WATCH k k
            UNWATCH
            FLUSHDB
            FLUSHALL
            CLIENT GETNAME
            CLIENT SETNAME name
            RESET
            """.split("\n");

    /** Refused within MULTI by the sidecar, see the list of differences. */
    private static final List<String> NOT_INSIDE = List.of("HELLO", "SELECT", "CLIENT", "RESET");

    private final Random random;
    private boolean inside;

    PipelineFuzz(long seed) {
        this.random = new Random(seed);
    }

    /** A pipeline, which begins with an empty keyspace. */
    String next() {
        StringBuilder all = new StringBuilder(RawClient.encoded("FLUSHALL"));
        inside = false;
        boolean wrongBytes = random.nextInt(4) == 0;
        int count = 1 + random.nextInt(60);
        for (int i = 0; i < count; i++) {
            all.append(command(wrongBytes));
        }
        return wrongBytes ? mutated(all.toString()) : all.toString();
    }

    /** @param wrongBytes whether some will be changed later: then nothing may end after milliseconds */
    private String command(boolean wrongBytes) {
        String line = GRAMMAR[random.nextInt(GRAMMAR.length)];
        String[] form = line.split(" ", -1);
        if ((inside && NOT_INSIDE.contains(form[0])) || (wrongBytes && line.matches("PSETEX .*|.* PX .*"))) {
            return command(wrongBytes);
        }
        switch (form[0]) {
            case "MULTI" -> inside = true;
            case "EXEC", "DISCARD" -> inside = false;
            default -> {}
        }
        List<String> words = new ArrayList<>();
        for (String word : form) {
            words.add(word(word));
        }
        words.set(0, cased(words.get(0)));
        boolean known = !form[0].equals("RESET") && !form[0].equals("FLUSHALL");
        if (known && random.nextInt(40) == 0) {
            words.add(VALUES[random.nextInt(VALUES.length)]);
        }
        boolean inline = random.nextInt(10) == 0 && words.stream().allMatch(word -> word.matches("[A-Za-z0-9._{}:-]+"));
        return inline
                ? String.join(random.nextBoolean() ? " " : "  ", words) + (random.nextBoolean() ? "\r\n" : "\n")
                : RawClient.encoded(words.toArray(String[]::new));
    }

    private String word(String form) {
        return switch (form) {
            case "k" -> random.nextInt(3) > 0 ? KEYS[random.nextInt(3)] : KEYS[random.nextInt(KEYS.length)];
            case "v" ->
                random.nextInt(50) == 0 ? "v".repeat(random.nextInt(4_000)) : VALUES[random.nextInt(VALUES.length)];
            case "n" ->
                random.nextInt(10) == 0
                        ? VALUES[random.nextInt(VALUES.length)]
                        : Integer.toString(100_000 + random.nextInt(9));
            case "f" -> random.nextBoolean() ? "1.5" : VALUES[random.nextInt(VALUES.length)];
            case "i" -> Integer.toString(random.nextInt(9) - 4);
            case "o" -> Integer.toString(random.nextInt(99));
            case "s" -> Integer.toString(1_000_000 + random.nextInt(1_000_000));
            default -> form;
        };
    }

    private String cased(String name) {
        return switch (random.nextInt(6)) {
            case 0 -> name.toLowerCase(Locale.ROOT);
            case 1 -> name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
            default -> name;
        };
    }

    /** With some bytes changed, left out, put in or done twice. */
    private String mutated(String pipeline) {
        StringBuilder bytes = new StringBuilder(pipeline);
        int first = RawClient.encoded("FLUSHALL").length();
        for (int times = 1 + random.nextInt(3); times > 0 && bytes.length() > first; times--) {
            int at = first + random.nextInt(bytes.length() - first);
            switch (random.nextInt(5)) {
                case 0 -> bytes.setCharAt(at, (char) random.nextInt(256));
                case 1 -> bytes.setCharAt(at, "*$\r\n0123456789-+ \"'\\".charAt(random.nextInt(20)));
                case 2 -> bytes.deleteCharAt(at);
                case 3 -> bytes.insert(at, bytes.substring(at, Math.min(bytes.length(), at + random.nextInt(30))));
                default -> bytes.setLength(at);
            }
        }
        return bytes.toString();
    }
}
