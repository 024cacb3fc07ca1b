package io.tiercel.cache.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopologyTest {
    private static final RedisUri.Server ASKED = new RedisUri.Server("10.0.0.9", 7000);

    @Test
    void the_answer_of_any_version_is_understood() {
        ClusterView view = view(
                "a :7000@17000,host.example,shard-id=1 myself,master - 0 1 3 connected 0-5460 5462 [5463->-b] [77-<-c]",
                "b 10.0.0.2:7000@17000 master,fail? - 0 1 2 connected 5461 5463-10922",
                "c ::1:7002 master,nofailover - 0 1 1 connected",
                "d 10.0.0.4:7003@17003 slave a 0 1 3 connected",
                "e :0@0 master,noaddr - 0 1 9 disconnected",
                "f 10.0.0.6:7004@17004 handshake - 0 1 0 connected");

        assertThat(view.own().server()).isEqualTo(ASKED);
        assertThat(view.own().slots().cardinality()).isEqualTo(5462);
        assertThat(view.own().partners()).containsEntry(5463, "b").containsEntry(77, "c");
        assertThat(view.members()).containsOnlyKeys("a", "b", "c", "d");
        assertThat(view.epoch()).isEqualTo(3);
        assertThat(Topology.of(List.of(view)).primaries())
                .containsExactly(ASKED, new RedisUri.Server("10.0.0.2", 7000), new RedisUri.Server("::1", 7002));
    }

    @Test
    void what_is_no_answer_is_refused() {
        for (String wrong : List.of(
                "",
                "a b c",
                "a 1.1.1.1:7000 master - 0 1 3 connected 0-5",
                "a 1.1.1.1:7000 myself,master - 0 1 3 connected 0-16384")) {
            assertThatThrownBy(() -> view(wrong)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void times_of_pings_are_no_news() {
        assertThat(view("a 1.1.1.1:7000 myself,master - 0 1 3 connected 0-5"))
                .isEqualTo(view("a 1.1.1.1:7000 myself,master - 7 8 3 connected 0-5"));
    }

    @Test
    void a_node_that_does_not_see_the_majority_knows_it() {
        String failing = " master,fail? - 0 1 2 connected ";

        assertThat(view(
                                "a 1.1.1.1:1 myself,master - 0 1 3 connected 0",
                                "b 1.1.1.1:2 master - 0 1 2 connected 1",
                                "c 1.1.1.1:3" + failing + "2")
                        .hasMajority())
                .isTrue();
        assertThat(view(
                                "a 1.1.1.1:1 myself,master - 0 1 3 connected 0",
                                "b 1.1.1.1:2" + failing + "1",
                                "c 1.1.1.1:3" + failing + "2")
                        .hasMajority())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "z"})
    void of_two_that_claim_a_slot_the_higher_epoch_has_it(String old) {
        ClusterView late = view(
                old + " 1.1.1.1:1 myself,master - 0 1 1 connected 0-16383",
                "new 1.1.1.1:2 slave " + old + " 0 1 1 connected");
        ClusterView now = view(
                "new 1.1.1.1:2 myself,master - 0 1 7 connected 0-16383",
                old + " 1.1.1.1:1 master,fail - 0 1 1 connected");

        Topology topology = Topology.of(List.of(late, now));

        assertThat(topology.owners(5)).isEqualTo(Set.of("new"));
        assertThat(topology.sectionsOf(old)).isEmpty();
        assertThat(topology.isRouted(5, slot -> "new")).isTrue();
        assertThat(topology.isRouted(5, slot -> slot == 5 * 256 + 255 ? old : "new"))
                .isFalse();
    }

    @Test
    void a_slot_that_moves_belongs_to_both() {
        Topology topology = Topology.of(List.of(view(
                "a 1.1.1.1:1 myself,master - 0 1 1 connected 0-16383 [256->-b]",
                "b 1.1.1.1:2 master - 0 1 0 connected")));

        assertThat(topology.owners(0)).isEqualTo(Set.of("a"));
        assertThat(topology.owners(1)).isEqualTo(Set.of("a", "b"));
    }

    @Test
    void a_move_without_a_new_epoch_is_a_change_of_its_section_alone() {
        Topology before = Topology.of(List.of(view(
                "a 1.1.1.1:1 myself,master - 0 1 1 connected 1-8191",
                "b 1.1.1.1:2 master - 0 1 2 connected 0 8192-16383")));
        Topology after = Topology.of(List.of(view(
                "a 1.1.1.1:1 myself,master - 0 1 1 connected 2-8191",
                "b 1.1.1.1:2 master - 0 1 2 connected 0-1 8192-16383")));

        assertThat(before.changes(after)).containsExactly(0);
        assertThat(before.changes(before)).isEmpty();
    }

    @Test
    void nobody_owns_what_nobody_claims_or_two_claim_alike() {
        Topology topology = Topology.of(List.of(view(
                "a 1.1.1.1:1 myself,master - 0 1 1 connected 0-8191",
                "b 1.1.1.1:2 master - 0 1 1 connected 8191-16382")));

        assertThat(topology.owners(30)).isEqualTo(Set.of("a"));
        assertThat(topology.owners(31)).isEqualTo(Set.of("a", ""));
        assertThat(topology.owners(63)).isEqualTo(Set.of("b", ""));
    }

    @Test
    void who_was_removed_is_no_member_whatever_he_says() {
        Topology topology = Topology.of(List.of(
                view("gone 1.1.1.1:9 myself,master - 0 1 5 connected"),
                view("a 1.1.1.1:1 myself,master - 0 1 5 connected 0-16383", "b 1.1.1.1:2 master - 0 1 1 connected")));

        assertThat(topology.primaries()).extracting(RedisUri.Server::port).containsExactly(1, 2);
    }

    private static ClusterView view(String... lines) {
        return ClusterView.parse(String.join("\n", lines) + "\n", ASKED);
    }
}
