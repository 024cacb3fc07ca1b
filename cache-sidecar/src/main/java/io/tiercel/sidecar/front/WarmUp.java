package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.tiercel.cache.tier.TierException;
import io.tiercel.cache.tier.redis.RedisPassage;
import io.tiercel.sidecar.control.WarmUpPlan;
import io.tiercel.sidecar.control.WarmUpRun;
import io.tiercel.sidecar.keyspace.Key;
import io.tiercel.sidecar.keyspace.LoopKeyspace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Brings keys into memory: page after page, the next when the last has been answered, so that it never takes more of
 * Redis than one page at a time. Of those that it means to bring the coldest come first, so that the hottest are the last
 * that memory would drop.
 *
 * <p>Runs on one event loop; progress may be looked at from any thread.
 */
final class WarmUp implements WarmUpRun {
    private static final int PAGE = 256;

    private final FrontLoop loop;
    private final WarmUpPlan plan;
    private final long began = System.nanoTime();
    private final CompletableFuture<Progress> ended = new CompletableFuture<>();
    private volatile Progress progress = new Progress(State.RUNNING, 0, 0, 0, 0, 0, "");
    private volatile boolean cancelled;

    private List<Key> keys = List.of();
    private int next;
    private long read;
    private long brought;
    private long bytes;

    private WarmUp(FrontLoop loop, WarmUpPlan plan) {
        this.loop = loop;
        this.plan = plan;
    }

    static WarmUp start(FrontLoop loop, @Nullable LoopKeyspace redis, WarmUpPlan plan) {
        WarmUp run = new WarmUp(loop, plan);
        if (redis == null) {
            run.end(State.FAILED, "there is no Redis to read from");
        } else {
            loop.eventLoop().execute(() -> run.choose(redis));
        }
        return run;
    }

    @Override
    public Progress progress() {
        Progress last = progress;
        return last.state() == State.RUNNING ? at(State.RUNNING, "") : last;
    }

    @Override
    public void cancel() {
        cancelled = true;
    }

    @Override
    public CompletionStage<Progress> ended() {
        return ended.copy();
    }

    private Progress at(State state, String reason) {
        Progress last = progress;
        return new Progress(state, last.planned(), last.read(), last.brought(), last.bytes(), elapsedMillis(), reason);
    }

    private long elapsedMillis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    }

    private void note() {
        progress = new Progress(State.RUNNING, keys.size(), read, brought, bytes, elapsedMillis(), "");
    }

    private void end(State state, String reason) {
        progress = at(state, reason);
        ended.complete(progress);
    }

    // ---- which keys

    private void choose(LoopKeyspace redis) {
        if (!plan.keys().isEmpty()) {
            take(
                    redis,
                    plan.keys().stream().map(key -> Key.of(key.getBytes(UTF_8))).toList());
        } else if (plan.pattern() != null) {
            matching(redis, plan.pattern());
        } else {
            hotLists(redis);
        }
    }

    private void matching(LoopKeyspace redis, String pattern) {
        Set<Key> found = new LinkedHashSet<>();
        byte[] fixed = prefix(pattern).getBytes(UTF_8);
        new SpaceCommands.Walk(
                        redis,
                        true,
                        fixed,
                        key -> {
                            if (found.size() < plan.maxKeys() && HotLists.matches(pattern, key)) {
                                found.add(Key.of(key));
                            }
                        },
                        error -> {
                            if (error == null) {
                                take(redis, new ArrayList<>(found));
                            } else {
                                end(State.FAILED, LoopKeyspace.errorText(error));
                            }
                        })
                .begin();
    }

    /** What a pattern begins with before anything in it has a meaning. */
    private static String prefix(String pattern) {
        int end = 0;
        while (end < pattern.length() && "*?[]\\^".indexOf(pattern.charAt(end)) < 0) {
            end++;
        }
        return pattern.substring(0, end);
    }

    private void hotLists(LoopKeyspace redis) {
        byte[][] words = {"HGETALL".getBytes(US_ASCII), HotLists.KEY};
        redis.sent(1);
        redis.passage(false).send(List.of(redis.call(words, 1, new RedisPassage.Answer() {
            @Override
            public void replied(byte[] reply) {
                List<byte[]> fields = Replies.elements(reply);
                if (fields == null) {
                    end(State.FAILED, LoopKeyspace.errorText(reply));
                } else {
                    take(redis, HotLists.merged(fields, plan.maxKeys()));
                }
            }

            @Override
            public void failed(TierException failure) {
                end(State.FAILED, String.valueOf(failure.getMessage()));
            }
        })));
    }

    // ---- reading them

    private void take(LoopKeyspace redis, List<Key> hottestFirst) {
        List<Key> chosen = new ArrayList<>(hottestFirst.subList(0, Math.min(plan.maxKeys(), hottestFirst.size())));
        Collections.reverse(chosen);
        keys = chosen;
        page(redis);
    }

    private void page(LoopKeyspace redis) {
        note();
        if (cancelled) {
            end(State.CANCELLED, "");
        } else if (next >= keys.size()) {
            end(State.DONE, "");
        } else if (bytes >= plan.maxBytes()
                || elapsedMillis() >= plan.timeLimit().toMillis()) {
            end(State.OUT_OF_BUDGET, "");
        } else {
            List<Key> page = keys.subList(next, Math.min(next + PAGE, keys.size()));
            next += page.size();
            int[] left = {page.size()};
            redis.warm(page, length -> {
                read++;
                if (length >= 0) {
                    brought++;
                    bytes += length;
                }
                left[0]--;
                if (left[0] == 0) {
                    // Others first, who wait for more than memory to fill.
                    loop.eventLoop().execute(() -> page(redis));
                }
            });
        }
    }
}
