package io.tiercel.sidecar.control;

/** Makes an event of it when the rate limit of the fleet cannot be kept for all together, and when it can again. */
final class RateWatch {
    private final Events events;
    private boolean apart;

    RateWatch(Events events) {
        this.events = events;
    }

    /** For one thread at a time. */
    void look(RateStatus status) {
        boolean now = !status.fallback().isEmpty();
        if (now != apart) {
            apart = now;
            events.add(
                    "rate-limit",
                    now
                            ? "this pod keeps to its share, one of " + status.pods() + ": " + status.fallback()
                            : "one for the fleet again");
        }
    }
}
