package io.tiercel.sidecar.http;

import io.tiercel.cache.fleet.FleetDocument;
import io.tiercel.cache.fleet.FleetRevision;
import io.tiercel.sidecar.control.PlannedEvent;
import io.tiercel.sidecar.control.ScalingReport;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A report with what operators have changed in its time.
 *
 * @param fleet the fleet's name
 * @param changes of its time, the first first
 * @param complete whether these are all; what has been changed long ago is forgotten
 */
record ReportView(String fleet, ScalingReport report, List<Entry> changes, boolean complete) {
    private static final String RESET = "reset.";

    ReportView {
        changes = List.copyOf(changes);
    }

    /**
     * A change of what is set for the fleet.
     *
     * @param kind {@code set}, {@code expired} or {@code restored}
     * @param by who wanted it; may be empty
     * @param texts what is different after it
     */
    record Entry(Instant at, long version, String kind, String by, String reason, List<String> texts) {}

    /**
     * Chooses from a history.
     *
     * @param revisions the latest first
     * @param most how many there are at most in a history
     * @param end after which nothing is of interest
     */
    static ReportView of(String fleet, ScalingReport report, List<FleetRevision> revisions, int most, Instant end) {
        List<Entry> entries = new ArrayList<>();
        for (int i = revisions.size() - 1; i >= 0; i--) {
            FleetRevision revision = revisions.get(i);
            if (revision.at().isBefore(report.from()) || !revision.at().isBefore(end)) {
                continue;
            }
            FleetDocument before =
                    i + 1 < revisions.size() ? revisions.get(i + 1).document() : null;
            entries.add(new Entry(
                    revision.at(),
                    revision.document().version(),
                    revision.kind(),
                    revision.by(),
                    revision.reason(),
                    FleetRoutes.changes(before, revision.document(), ReportView::inWords)));
        }
        boolean complete = revisions.size() < most
                || revisions.get(revisions.size() - 1).at().isBefore(report.from());
        return new ReportView(fleet, report, entries, complete);
    }

    private static String inWords(String name, FleetDocument.Field field) {
        if (name.startsWith(RESET)) {
            return name.substring(RESET.length()) + " reset";
        }
        return PlannedEvent.inWords(name, field.value()).orElseGet(() -> FleetRoutes.assignment(name, field));
    }
}
