package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

import io.tiercel.sidecar.control.RefusedException.Why;
import io.tiercel.sidecar.control.WarmUpRun.Progress;
import io.tiercel.sidecar.control.WarmUpRun.State;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The warm-ups of this process: one at a time. Thread-safe. */
public final class WarmUps {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUps.class);

    private final CacheBackend backend;
    private final Events events;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private int begun;
    private volatile @Nullable Job last;

    WarmUps(CacheBackend backend, Events events, InstantSource clock) {
        this.backend = backend;
        this.events = events;
        this.clock = clock;
    }

    /**
     * A warm-up that was begun.
     *
     * @param id such as {@code w-1}
     * @param awaitedUntil until when the process waits for it before it is ready; null if it does not
     * @param run the warm-up itself
     */
    public record Job(String id, WarmUpRun run, @Nullable Instant awaitedUntil) {
        public Job {
            requireNonNull(id, "id");
            requireNonNull(run, "run");
        }

        boolean running() {
            return run.progress().state() == State.RUNNING;
        }
    }

    /**
     * Begins one.
     *
     * @param awaited whether the process is not ready until it has ended or its time limit has passed
     * @param reason for the events; may be empty
     * @throws RefusedException with {@link Why#CONFLICT} if one is under way, with {@link Why#UNAVAILABLE} if it cannot
     *     be begun
     */
    public Job begin(WarmUpPlan plan, boolean awaited, String reason) throws RefusedException {
        Job job;
        lock.lock();
        try {
            Job before = last;
            if (before != null && before.running()) {
                throw new RefusedException(
                        Why.CONFLICT,
                        "Warm-up " + before.id()
                                + " is under way. Wait for it, or end it with DELETE on the same path.");
            }
            WarmUpRun run = begin(plan);
            Instant until = awaited ? clock.instant().plus(plan.timeLimit()) : null;
            begun++;
            job = new Job("w-" + begun, run, until);
            last = job;
        } finally {
            lock.unlock();
        }
        events.add("warm-up", job.id() + " begins" + because(reason));
        job.run().ended().whenComplete((progress, failure) -> events.add("warm-up", job.id() + ended(progress)));
        return job;
    }

    private WarmUpRun begin(WarmUpPlan plan) throws RefusedException {
        try {
            return backend.warmUp(plan);
        } catch (RuntimeException e) {
            LOG.warn("A warm-up cannot begin", e);
            throw new RefusedException(Why.UNAVAILABLE, "The warm-up cannot begin now. See the log.");
        }
    }

    private static String ended(@Nullable Progress progress) {
        if (progress == null) {
            return " failed";
        }
        String text = " ends " + word(progress.state()) + ": " + progress.brought() + " of " + progress.planned()
                + " keys, " + progress.bytes() + " bytes, " + progress.elapsedMillis() + " ms";
        return progress.reason().isEmpty() ? text : text + ", " + progress.reason();
    }

    static String because(String reason) {
        return reason.isEmpty() ? "" : ", reason: " + reason;
    }

    /** A state's name in JSON. */
    public static String word(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    /** The one under way, or the one that ended last. */
    public Optional<Job> last() {
        return Optional.ofNullable(last);
    }

    /** Ends the one under way, if there is one. */
    public Optional<Job> cancel() {
        Job job = last;
        if (job != null && job.running()) {
            job.run().cancel();
        }
        return Optional.ofNullable(job);
    }

    /** Whether the process is still waiting for one before it is ready. */
    boolean awaited() {
        Job job = last;
        if (job == null) {
            return false;
        }
        Instant until = job.awaitedUntil();
        return until != null && job.running() && clock.instant().isBefore(until);
    }
}
