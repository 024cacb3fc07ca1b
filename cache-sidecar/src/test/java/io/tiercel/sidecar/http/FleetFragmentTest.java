package io.tiercel.sidecar.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.cache.fleet.FleetView;
import io.tiercel.cache.fleet.Member;
import io.tiercel.cache.fleet.scaling.Recommendation;
import io.tiercel.sidecar.control.FleetEvents.Emergency;
import io.tiercel.sidecar.control.PlannedEvent;
import io.tiercel.sidecar.http.FleetFragment.Fleet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class FleetFragmentTest {
    private static final Instant NOW = Instant.parse("2026-11-27T12:00:00Z");
    private static final String HOSTILE = "<script>alert('pod')</script>";

    private static Member member(String pod, long version, String signals) {
        return new Member(
                pod,
                Member.State.READY,
                NOW.minusSeconds(600),
                NOW.minusSeconds(2),
                Map.of("config", Long.toString(version), "signals", signals));
    }

    private static Fleet fleet(boolean known, List<Member> members) {
        Recommendation scaling =
                new Recommendation(7, 5, 5, 2, 20, 1.38, "cpu", List.of(), List.of(), 7, 7, null, null, 0, NOW);
        PlannedEvent event = new PlannedEvent(
                HOSTILE,
                NOW.plusSeconds(3_600),
                NOW.plusSeconds(7_200),
                10,
                Duration.ofMinutes(20),
                true,
                PlannedEvent.Profile.NORMAL);
        return new Fleet(HOSTILE, new FleetView(members, 5, known, NOW), 43, scaling, List.of(event), null);
    }

    @Test
    void names_of_pods_and_events_are_no_markup() {
        String html = FleetFragment.of(fleet(true, List.of(member(HOSTILE, 43, HOSTILE))));

        assertThat(html).doesNotContain("<script").contains("&lt;script&gt;alert(&#39;pod&#39;)&lt;/script&gt;");
        assertThat(Pattern.compile("&lt;script").matcher(html).results()).hasSize(3);
    }

    @Test
    void who_is_behind_or_under_pressure_stands_out() {
        String html = FleetFragment.of(fleet(
                true,
                List.of(
                        member("a", 43, "cpu=0.5/0.7143"),
                        member("b", 41, "cpu=0.9/1.2857;db_connections=900/6"),
                        member("c", 43, "not understood"))));

        assertThat(html)
                .contains("<td>version 43</td><td class=\"number\">0.71</td><td class=\"number\">2 s ago</td>")
                .contains("<span class=\"raised\">version 41, behind</span>")
                .contains("<span class=\"raised\">1.29</span>")
                .contains("<td class=\"number\">–</td>")
                .contains("data-field=\"fleet-desired\">7<small>up: cpu</small>")
                .contains("10 pods from 2026-11-27 12:40:00 UTC, ends 2026-11-27 14:00:00 UTC");
    }

    @Test
    void that_the_fleet_is_not_known_is_seen() {
        assertThat(FleetFragment.of(fleet(false, List.of(member("a", 43, "")))))
                .contains("<span class=\"raised\">unknown: using last N, 5</span>");
        assertThat(FleetFragment.of(fleet(true, List.of()))).contains(">5<").contains("Nobody has been heard of yet.");
        assertThat(FleetFragment.of(null)).contains("Without redis there is no fleet.");
    }

    @Test
    void an_emergency_goes_before_events() {
        Fleet calm = fleet(true, List.of());
        Fleet fleet =
                new Fleet("shop", calm.view(), 43, null, calm.events(), new Emergency(20, NOW, NOW.plusSeconds(1_800)));

        assertThat(FleetFragment.of(fleet))
                .contains("<span class=\"raised\">20 pods</span><small>until 2026-11-27 12:30:00 UTC")
                .contains("data-field=\"fleet-desired\">–<small>none yet");
    }

    @Test
    void twenty_pods_are_all_seen_and_more_scroll() {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            members.add(member("pod-" + i, 43, ""));
        }
        assertThat(FleetFragment.of(fleet(true, members))).doesNotContain("class=\"scroll\"");
        members.addAll(List.copyOf(members));
        assertThat(FleetFragment.of(fleet(true, members))).contains("class=\"scroll\"");
    }

    @Test
    void it_has_the_places_of_the_example() {
        String example = new String(Resources.required("page/fragment-example.html"), UTF_8);
        List<String> places = Pattern.compile("data-field=\"fleet-[^\"]+\"|<section id=\"fleet\"|<table class=\"pods\"")
                .matcher(example)
                .results()
                .map(MatchResult::group)
                .toList();

        assertThat(places).hasSize(8);
        assertThat(FleetFragment.of(fleet(true, List.of(member("a", 43, ""))))).contains(places);
    }
}
