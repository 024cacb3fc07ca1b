package io.tiercel.sidecar.control;

import io.tiercel.sidecar.control.TierStatus.Node;
import io.tiercel.sidecar.control.TierStatus.State;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Makes an event of it when a tier begins or ceases to answer. For one thread at a time. */
final class TierWatch {
    private final Events events;
    private final Map<String, State> last = new HashMap<>();

    TierWatch(Events events) {
        this.events = events;
    }

    void look(List<TierStatus> tiers) {
        for (TierStatus tier : tiers) {
            State before = last.put(tier.tier(), tier.state());
            // That all is well at the start is no news.
            if (tier.state() != (before == null ? State.UP : before)) {
                events.add(
                        "tier", tier.tier().toUpperCase(Locale.ROOT) + ": " + tier.state() + answering(tier.nodes()));
            }
        }
    }

    private static String answering(List<Node> nodes) {
        if (nodes.isEmpty()) {
            return "";
        }
        return ", " + nodes.stream().filter(Node::up).count() + " of " + nodes.size() + " servers answer";
    }
}
