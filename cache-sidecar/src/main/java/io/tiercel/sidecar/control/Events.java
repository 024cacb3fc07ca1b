package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The last {@value #KEPT} events. Thread-safe. */
public final class Events {
    /** How many are kept. */
    public static final int KEPT = 200;

    private static final int LONGEST_TEXT = 500;
    private static final Logger LOG = LoggerFactory.getLogger(Events.class);

    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Event> last = new ArrayDeque<>(KEPT);

    Events(InstantSource clock) {
        this.clock = requireNonNull(clock, "clock");
    }

    /**
     * Keeps an event and logs it. Control characters in the text are replaced, and what is beyond {@value #LONGEST_TEXT}
     * characters is cut off, so that no caller's text can forge a line of the log.
     */
    public void add(String kind, String text) {
        Event event = new Event(clock.millis(), kind, printable(text));
        LOG.info("{}: {}", kind, event.text());
        lock.lock();
        try {
            if (last.size() == KEPT) {
                last.removeFirst();
            }
            last.addLast(event);
        } finally {
            lock.unlock();
        }
    }

    /** What happened, the latest first. */
    public List<Event> latest() {
        lock.lock();
        try {
            Event[] newestFirst = new Event[last.size()];
            int i = newestFirst.length;
            for (Event event : last) {
                newestFirst[--i] = event;
            }
            return List.of(newestFirst);
        } finally {
            lock.unlock();
        }
    }

    private static String printable(String text) {
        StringBuilder clean = new StringBuilder(Math.min(text.length(), LONGEST_TEXT));
        text.codePoints().limit(LONGEST_TEXT).forEach(c -> clean.appendCodePoint(isPlain(c) ? c : '?'));
        return clean.toString();
    }

    private static boolean isPlain(int codePoint) {
        int type = Character.getType(codePoint);
        return type != Character.CONTROL
                && type != Character.FORMAT
                && type != Character.SURROGATE
                && type != Character.LINE_SEPARATOR
                && type != Character.PARAGRAPH_SEPARATOR;
    }
}
