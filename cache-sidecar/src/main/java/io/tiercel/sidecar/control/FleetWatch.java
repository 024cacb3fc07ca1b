package io.tiercel.sidecar.control;

import io.tiercel.cache.fleet.FleetView;
import io.tiercel.cache.fleet.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Says who joins and who leaves the fleet, and when it is not known. Confined to the fleet's thread. */
final class FleetWatch {
    private static final int MOST_NAMES = 5;

    private final Events events;
    private Set<String> before = Set.of();
    private @Nullable Boolean known;
    private boolean begun;

    FleetWatch(Events events) {
        this.events = events;
    }

    void look(FleetView view) {
        if (view.known()) {
            Set<String> now = view.members().stream().map(Member::pod).collect(Collectors.toCollection(TreeSet::new));
            if (begun) {
                changes(now, view.size());
            }
            begun = true;
            before = now;
        }
        Boolean last = known;
        known = view.known();
        if (last != null && last && !view.known()) {
            events.add("fleet", "Redis tells nothing of the fleet: " + view.size() + " pods are reckoned with");
        } else if (last != null && !last && view.known()) {
            events.add(
                    "fleet", "Redis tells of the fleet again: " + view.members().size() + " pods");
        }
    }

    private void changes(Set<String> now, int size) {
        List<String> texts = new ArrayList<>();
        text("joined", now, before, texts);
        text("gone", before, now, texts);
        if (!texts.isEmpty()) {
            events.add("fleet", String.join(", ", texts) + ": " + now.size() + " pods, " + size + " reckoned with");
        }
    }

    private static void text(String what, Set<String> of, Set<String> without, List<String> texts) {
        List<String> names = of.stream().filter(name -> !without.contains(name)).toList();
        if (!names.isEmpty()) {
            String more = names.size() > MOST_NAMES ? " and " + (names.size() - MOST_NAMES) + " more" : "";
            texts.add(what + " " + String.join(", ", names.subList(0, Math.min(MOST_NAMES, names.size()))) + more);
        }
    }
}
