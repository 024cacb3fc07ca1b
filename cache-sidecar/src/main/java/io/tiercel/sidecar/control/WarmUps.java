package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

import io.tiercel.sidecar.control.RefusedException.Why;
import io.tiercel.sidecar.control.WarmUpRun.Progress;
import io.tiercel.sidecar.control.WarmUpRun.State;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The warm-ups of this process: one at a time. The first one keeps clients away until enough of what is hot is in memory,
 * but never for longer than a deadline, and goes on behind after that. Thread-safe.
 */
public final class WarmUps {
    /** What share of the hot weight is enough to serve. */
    static final double ENOUGH = 0.9;

    private static final Logger LOG = LoggerFactory.getLogger(WarmUps.class);

    private final CacheBackend backend;
    private final Events events;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private int begun;
    private volatile @Nullable Job last;
    /** Why clients were let in; empty while they are not, or if nobody ever kept them away. */
    private volatile String opened = "";

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
     * @param awaited for how long at most the process waits for it before it is ready; null for not at all
     * @param reason for the events; may be empty
     * @throws RefusedException with {@link Why#CONFLICT} if one is under way, with {@link Why#UNAVAILABLE} if it cannot
     *     be begun
     */
    public Job begin(WarmUpPlan plan, @Nullable Duration awaited, String reason) throws RefusedException {
        Job job;
        lock.lock();
        try {
            expectNone();
            WarmUpRun run = begin(plan);
            Instant until = awaited == null ? null : clock.instant().plus(awaited);
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

    /**
     * Checks that none is under way.
     *
     * @throws RefusedException with {@link Why#CONFLICT} if one is
     */
    public void expectNone() throws RefusedException {
        Job before = last;
        if (before != null && before.running()) {
            throw new RefusedException(
                    Why.CONFLICT,
                    "Warm-up " + before.id() + " is under way. Wait for it, or end it with DELETE on the same path.");
        }
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
        Instant until = job == null ? null : job.awaitedUntil();
        if (job == null || until == null || !opened.isEmpty()) {
            return false;
        }
        String why = enough(job.run().progress(), until);
        if (why.isEmpty()) {
            return true;
        }
        lock.lock();
        try {
            if (!opened.isEmpty()) {
                return false;
            }
            opened = why;
        } finally {
            lock.unlock();
        }
        events.add("warm-up", "ready: " + why);
        return false;
    }

    private String enough(Progress progress, Instant until) {
        boolean ended = progress.state() != State.RUNNING;
        if (ended && !progress.reason().isEmpty()) {
            return progress.reason();
        }
        if (progress.weight() >= ENOUGH && progress.planned() > 0) {
            return "hot weight 90 %";
        }
        if (ended) {
            return progress.state() == State.DONE ? "all that there was" : word(progress.state());
        }
        return clock.instant().isBefore(until) ? "" : "deadline";
    }

    /** Why clients were let in at the start; empty while they are kept away for a warm-up, and if none was awaited. */
    public String opened() {
        return opened;
    }
}
