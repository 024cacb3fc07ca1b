package io.tiercel.failure.matrix;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import io.tiercel.failure.matrix.Limits.Writes;
import io.tiercel.failure.matrix.ScriptedRedis.Answer;
import java.util.List;
import java.util.stream.Stream;

/** All rows, in the order of the table. */
final class Matrix {
    private static final Limits USUAL = Limits.usual();
    /** Memcached only: nothing that is shared between instances suffers. */
    private static final Limits DEEP = USUAL.stale(ofSeconds(1)).writes(Writes.ACCEPTED);
    /** All answers are quick, if wrong. */
    private static final Limits ANSWERED = USUAL.first(ofMillis(10));

    /** What everything else is to be compared with. */
    static final Fault NOTHING = Fault.of(arena -> {}, arena -> {});

    private Matrix() {}

    static List<Row> rows() {
        return Stream.of(servers(), links(), answers(), deep(), own())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Row> servers() {
        return List.of(
                row("nothing", USUAL.first(null).later(null).stale(ofSeconds(1)).writes(Writes.ACCEPTED), NOTHING),
                row("Redis primary killed, replica takes over", USUAL, ServerFaults.killPrimary()),
                new Row(
                        "Redis primary hangs (SIGSTOP) 1.5 s, no failover",
                        USUAL,
                        Strike.on(ServerFaults.pausePrimary()).holding(ofMillis(1_500))),
                row(
                        "Redis primary hangs (SIGSTOP), replica takes over",
                        USUAL,
                        ServerFaults.pausePrimaryPastFailover()),
                row("failover that loses acknowledged writes", USUAL.stale(null), ServerFaults.losingFailover()),
                row("whole cluster hangs (SIGSTOP)", USUAL.writes(Writes.REFUSED), ServerFaults.pauseAll()),
                row("whole cluster killed", USUAL.writes(Writes.REFUSED), ServerFaults.killAll()),
                row(
                        "slots move to another primary",
                        USUAL.later(ofMillis(10)).stale(ofSeconds(1)).writes(Writes.ACCEPTED),
                        ServerFaults.resharding()),
                row("BUSY: a script that does not end", USUAL, ServerFaults.busy()),
                row(
                        "OOM: no memory left in Redis",
                        ANSWERED.stale(ofSeconds(1)).writes(Writes.PUTS_REFUSED),
                        ServerFaults.outOfMemory()),
                row("password rotated", ANSWERED.writes(Writes.REFUSED), ServerFaults.passwordRotated()),
                row("FLUSHALL", USUAL.writes(Writes.ACCEPTED), ServerFaults.flushAll()));
    }

    private static List<Row> links() {
        return List.of(
                row("Redis 200 ms farther away", USUAL.writes(Writes.MAY_FAIL), LinkFaults.slow(ofMillis(200))),
                row("half-open: requests arrive, answers don't", USUAL.recovery(ofSeconds(3)), LinkFaults.halfOpen()),
                new Row(
                        "connections silently dropped, new ones work",
                        USUAL.later(null).recovery(ofSeconds(3)),
                        Strike.on(LinkFaults.forgotten()).holding(ofMillis(0))),
                row("5 % loss, retransmitted after 200 ms", USUAL.later(ofMillis(50)), LinkFaults.lossy()),
                row(
                        "Redis refuses connections",
                        ANSWERED.first(ofMillis(5)).writes(Writes.REFUSED),
                        LinkFaults.refused()),
                new Row("DNS forgets memcached's name", Limits.none(), Children::withoutNames));
    }

    private static List<Row> answers() {
        return List.of(
                script(
                        "LOADING",
                        ANSWERED.writes(Writes.REFUSED),
                        Scripts.toAll(Answer.error("LOADING Redis is loading the dataset in memory"))),
                script(
                        "CLUSTERDOWN",
                        ANSWERED.writes(Writes.REFUSED),
                        Scripts.error("CLUSTERDOWN The cluster is down")),
                script(
                        "TRYAGAIN",
                        ANSWERED.writes(Writes.REFUSED),
                        Scripts.error("TRYAGAIN Multiple keys request during rehashing of slot")),
                script(
                        "MISCONF",
                        ANSWERED.writes(Writes.REFUSED),
                        Scripts.toWrites(
                                Answer.error("MISCONF Errors writing to the AOF file: No space left on device"))),
                script(
                        "READONLY",
                        ANSWERED.writes(Writes.REFUSED),
                        Scripts.toWrites(Answer.error("READONLY You can't write against a read only replica."))),
                script("MOVED in a circle", USUAL.later(ofMillis(50)).writes(Writes.REFUSED), Scripts.loop("MOVED")),
                script("ASK in a circle", USUAL.later(ofMillis(50)).writes(Writes.REFUSED), Scripts.loop("ASK")),
                script(
                        "answers of the wrong type to reads",
                        ANSWERED,
                        Scripts.toReads(Answer.raw("*2\r\n:7\r\n:8\r\n"))),
                script(
                        "answers that are not Redis' protocol",
                        USUAL,
                        Scripts.toData(Answer.raw("\u0000HTTP/1.1 200 OK\r\n\r\n"))),
                script(
                        "half an answer, then silence",
                        USUAL,
                        Scripts.toData(Answer.raw("$100\r\nabc").thenSilence())));
    }

    private static List<Row> deep() {
        return List.of(
                row("memcached killed", DEEP, ServerFaults.killMemcached()),
                row("memcached hangs (SIGSTOP)", DEEP, ServerFaults.pauseMemcached()),
                row("memcached restarts empty", DEEP, ServerFaults.restartMemcached()));
    }

    private static List<Row> own() {
        return List.of(
                new Row("wall clock jumps 1 h ahead", Limits.none(), OwnFaults::clockAhead),
                new Row("wall clock jumps 1 h back", Limits.none(), OwnFaults::clockBack),
                new Row("bytes that are no value", Limits.none(), OwnFaults::poison),
                new Row("values of another codec", Limits.none(), OwnFaults::otherCodec),
                new Row("keys and values larger than a tier takes", Limits.none(), OwnFaults::oversize),
                new Row("loader throws", Limits.none(), LoaderFaults::loaderThrows),
                new Row("loader hangs", Limits.none(), LoaderFaults::loaderHangs),
                new Row("loader returns null", Limits.none(), LoaderFaults::loaderReturnsNull),
                new Row("attack with large values, 256 MB of heap", Limits.none(), Children::underAttack),
                new Row("process stands still for 2 s (SIGSTOP)", Limits.none().stale(ofSeconds(1)), Children::paused));
    }

    private static Row row(String name, Limits limits, Fault fault) {
        return new Row(name, limits, Strike.on(fault));
    }

    private static Row script(String name, Limits limits, Fault fault) {
        return new Row(name, limits, Strike.script(fault));
    }
}
