package io.tiercel.sidecar.front;

import io.tiercel.sidecar.keyspace.Errors;
import io.tiercel.sidecar.keyspace.LoopKeyspace;
import io.tiercel.sidecar.keyspace.Namespaces;
import io.tiercel.sidecar.keyspace.RedisKeyspace;
import io.tiercel.sidecar.keyspace.ReplySlot;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Commands on keys of the library's caches: they can be read and removed. */
final class NamespaceCommands {
    private NamespaceCommands() {}

    /** A handler that takes what concerns namespaces, and leaves the rest to another. */
    static Command.Handler before(Namespaces namespaces, Command.Handler otherwise) {
        return invocation -> {
            if (!handled(invocation, namespaces)) {
                otherwise.handle(invocation);
            }
        };
    }

    private static boolean handled(Invocation invocation, Namespaces namespaces) {
        Command command = invocation.command();
        if (!command.hasKeys() || invocation.session().database() != 0) {
            return false;
        }
        byte[][] words = invocation.words();
        List<Integer> keys = command.keys(words);
        if (keys == null) {
            return false;
        }
        List<Namespaces.@Nullable Place> places = new ArrayList<>();
        String first = null;
        for (int key : keys) {
            Namespaces.Place place = namespaces.find(words[key]);
            places.add(place);
            first = first == null && place != null ? place.namespace() : first;
        }
        if (first == null) {
            return false;
        }
        if (places.contains(null)) {
            invocation.error("ERR some of these keys are of the library's cache '" + first + "' and some are not");
            return true;
        }
        boolean isResp3 = invocation.session().isResp3();
        switch (command.name()) {
            case "GET" -> each(invocation, places, place -> value(place, isResp3), replies -> replies.get(0));
            case "MGET" -> each(invocation, places, place -> value(place, isResp3), Replies::array);
            case "EXISTS" ->
                each(
                        invocation,
                        places,
                        place -> place.get().thenApply(value -> Replies.integer(value == null ? 0 : 1)),
                        Replies::sum);
            case "DEL", "UNLINK", "CACHE.INVALIDATE" ->
                each(
                        invocation,
                        places,
                        place -> place.remove().thenApply(was -> Replies.integer(was ? 1 : 0)),
                        Replies::sum);
            default ->
                invocation.error("ERR these keys are of the library's cache '" + first
                        + "': GET, MGET, EXISTS, DEL, UNLINK and CACHE.INVALIDATE are for them, " + command.name()
                        + " is not");
        }
        return true;
    }

    /** Whether any of the keys is of a library's cache. */
    static boolean concerns(Invocation invocation, byte[][] words, List<Integer> keys) {
        RedisKeyspace redis = invocation.loop().front().redis();
        return redis != null
                && !redis.namespaces().isEmpty()
                && invocation.session().database() == 0
                && keys.stream().anyMatch(key -> redis.namespaces().find(words[key]) != null);
    }

    private static CompletionStage<byte[]> value(Namespaces.Place place, boolean isResp3) {
        return place.get().thenApply(value -> value == null ? LoopKeyspace.nothing(isResp3) : value);
    }

    private static void each(
            Invocation invocation,
            List<Namespaces.@Nullable Place> places,
            Function<Namespaces.Place, CompletionStage<byte[]>> answer,
            Function<List<byte[]>, byte[]> together) {
        FrontLoop loop = invocation.loop();
        Slot slot = invocation.muchLater();
        Gather gather = new Gather(places.size(), replies -> {
            byte[] error = Replies.firstError(replies);
            slot.reply(error == null ? together.apply(replies) : error);
        });
        slot.whenLate(gather::late);
        for (int i = 0; i < places.size(); i++) {
            Namespaces.Place place = places.get(i);
            ReplySlot part = gather.part(i);
            if (place == null) {
                continue; // there is none, see above
            }
            var unused = answer.apply(place)
                    .whenComplete((reply, failure) -> loop.eventLoop()
                            .execute(() -> part.reply(
                                    failure == null ? reply : Errors.of("TIERDOWN " + rootMessage(failure)))));
        }
    }

    private static String rootMessage(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }
}
