package io.tiercel.failure.matrix;

import io.tiercel.failure.matrix.ScriptedRedis.Answer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;

/** What a Redis may say instead of an answer. */
final class Scripts {
    private Scripts() {}

    static Fault toData(Answer answer) {
        return fault(redis -> redis.answerData(answer));
    }

    static Fault toWrites(Answer answer) {
        return fault(redis -> redis.answerWrites(answer));
    }

    static Fault toReads(Answer answer) {
        return fault(redis -> redis.script(command -> command.get(0).equals("GET") ? answer : null));
    }

    static Fault toAll(Answer answer) {
        return fault(redis -> redis.answerAll(answer));
    }

    static Fault error(String message) {
        return toData(Answer.error(message));
    }

    /** Sends who asks to itself, again and again. */
    static Fault loop(String word) {
        return counted(redis -> Answer.error(word + " 1 " + redis.address()));
    }

    private static Fault counted(Function<ScriptedRedis, Answer> answer) {
        AtomicLong before = new AtomicLong();
        AtomicLong answeredBefore = new AtomicLong();
        Fault fault = fault(redis -> redis.answerData(answer.apply(redis)));
        return Fault.of(
                arena -> {
                    before.set(arena.scripted().topologyRequests());
                    answeredBefore.set(arena.scripted().answered());
                    fault.strike(arena);
                },
                arena -> {
                    fault.heal(arena);
                    ScriptedRedis redis = arena.scripted();
                    arena.remark((redis.topologyRequests() - before.get()) + " topology refreshes of two instances, "
                            + (redis.answered() - answeredBefore.get()) + " redirects");
                });
    }

    private static Fault fault(Consumer<ScriptedRedis> script) {
        return Fault.of(
                arena -> script.accept(arena.scripted()),
                arena -> arena.scripted().pass());
    }
}
