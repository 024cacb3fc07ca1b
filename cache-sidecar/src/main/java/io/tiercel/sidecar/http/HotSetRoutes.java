package io.tiercel.sidecar.http;

import static io.netty.handler.codec.http.HttpResponseStatus.CONFLICT;
import static io.netty.handler.codec.http.HttpResponseStatus.NOT_FOUND;
import static io.netty.handler.codec.http.HttpResponseStatus.NO_CONTENT;
import static io.netty.handler.codec.http.HttpResponseStatus.OK;
import static io.netty.handler.codec.http.HttpResponseStatus.SERVICE_UNAVAILABLE;

import io.tiercel.sidecar.control.CacheBackend;
import io.tiercel.sidecar.control.Controls;
import io.tiercel.sidecar.control.HotSet;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives another pod what memory holds of the hottest, with values: the first page and the name of the next one with each.
 * One receiver at a time, and no faster than a pod that serves can bear: a page that is asked for too early comes later.
 * Since values leave the process this way it is never open, whatever is. Thread-safe.
 */
final class HotSetRoutes {
    static final String PATH = "/admin/cache/hotset";

    /** Where the path of the next page is told. */
    static final String NEXT = "Tiercel-Next";

    private static final String TYPE = "application/octet-stream";
    private static final int MOST_KEYS = 100_000;
    private static final int PAGE_BYTES = 256 << 10;
    private static final long BYTES_PER_SECOND = 10_000_000;
    private static final long ABANDONED = Duration.ofSeconds(5).toNanos();
    private static final double BUSY = 0.7;

    private final Controls controls;
    private final CacheBackend backend;
    private final DoubleSupplier cpu;
    private final LongSupplier nanoTime;
    private final SecureRandom random = new SecureRandom();
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Reading reading;

    /**
     * @param cpu what share of its CPU this process uses, from 0 to 1; negative if unknown
     * @param nanoTime monotonic
     */
    HotSetRoutes(Controls controls, CacheBackend backend, DoubleSupplier cpu, LongSupplier nanoTime) {
        this.controls = controls;
        this.backend = backend;
        this.cpu = cpu;
        this.nanoTime = nanoTime;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", PATH, Role.OPERATE, Set.of(), exchange -> begin()),
                new Route("GET", PATH + "/{reading}", Role.OPERATE, Set.of(), this::next));
    }

    /** Somebody who reads. Under the lock. */
    private static final class Reading {
        private final String id;
        private final HotSet set;
        private long lastAsked;
        private long due;

        Reading(String id, HotSet set, long now) {
            this.id = id;
            this.set = set;
            this.lastAsked = now;
            this.due = now;
        }
    }

    private CompletionStage<Response> begin() throws ProblemException {
        check();
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            Reading other = reading;
            if (other != null && now - other.lastAsked < ABANDONED) {
                throw new ProblemException(CONFLICT, "Another pod is reading. One may at a time; ask a different pod.");
            }
            byte[] id = new byte[16];
            random.nextBytes(id);
            Reading begun = new Reading(HexFormat.of().formatHex(id), backend.hotSet(MOST_KEYS), now);
            reading = begun;
            return page(begun, now);
        } finally {
            lock.unlock();
        }
    }

    private CompletionStage<Response> next(Exchange exchange) throws ProblemException {
        check();
        lock.lock();
        try {
            Reading current = reading;
            if (current == null || !current.id.equals(exchange.parameter())) {
                throw new ProblemException(NOT_FOUND, "There is no such reading, or it has ended.");
            }
            return page(current, nanoTime.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    /** Looked at for each page: what begins to be too much ends it. */
    private void check() throws ProblemException {
        if (controls.draining()) {
            throw new ProblemException(SERVICE_UNAVAILABLE, "This pod drains.");
        }
        if (cpu.getAsDouble() > BUSY) {
            throw new ProblemException(
                    SERVICE_UNAVAILABLE, "This pod is busy: it uses more than seven tenths of its CPU.");
        }
    }

    private CompletionStage<Response> page(Reading current, long now) {
        long wait = Math.max(0, current.due - now);
        if (wait == 0) {
            return CompletableFuture.completedFuture(taken(current, now));
        }
        // Taken only then: what is in it must be vouched for when it leaves.
        current.lastAsked = now + wait;
        return CompletableFuture.supplyAsync(
                () -> {
                    lock.lock();
                    try {
                        return taken(current, nanoTime.getAsLong());
                    } finally {
                        lock.unlock();
                    }
                },
                CompletableFuture.delayedExecutor(wait, TimeUnit.NANOSECONDS));
    }

    private Response taken(Reading current, long now) {
        byte[] bytes = current.set.next(PAGE_BYTES);
        current.lastAsked = now;
        current.due = now + bytes.length * (TimeUnit.SECONDS.toNanos(1) / BYTES_PER_SECOND);
        if (bytes.length == 0) {
            if (reading == current) {
                reading = null;
            }
            return Response.of(NO_CONTENT, TYPE, bytes);
        }
        return Response.of(OK, TYPE, bytes).header(NEXT, PATH + "/" + current.id);
    }
}
