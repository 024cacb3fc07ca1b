package io.tiercel.cache;

import io.tiercel.cache.tier.RemoteTier;

/** Guards for tests that have no cache around them. */
final class Guards {
    private Guards() {}

    static TierGuard of(RemoteTier tier, TimeSource time) {
        Events events = new Events(Runnable::run);
        NodeGuards nodes = new NodeGuards("t", tier, Resilience.DEFAULT, events, new Alarm("t"), time);
        return new TierGuard("t", tier, nodes, events, time);
    }
}
