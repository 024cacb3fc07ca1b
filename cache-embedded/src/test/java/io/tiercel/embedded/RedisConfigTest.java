package io.tiercel.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RedisConfigTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 100})
    void every_slot_has_exactly_one_master(int masters) {
        BitSet seen = new BitSet();
        for (int master = 0; master < masters; master++) {
            String[] range = RedisConfig.slots(master, masters).split("-", 2);
            for (int slot = Integer.parseInt(range[0]); slot <= Integer.parseInt(range[1]); slot++) {
                assertThat(seen.get(slot)).isFalse();
                seen.set(slot);
            }
        }
        assertThat(seen.cardinality()).isEqualTo(RedisConfig.SLOTS);
    }

    @Test
    void each_node_calls_itself_myself_and_a_replica_names_its_master() {
        List<RedisConfig.Node> nodes = plan(2, 1);

        List<String> lines = RedisConfig.nodesConf(nodes, 3).lines().toList();

        assertThat(lines).hasSize(5);
        assertThat(lines.get(0))
                .isEqualTo(nodes.get(0).id() + " 127.0.0.1:20000@20004 master - 0 0 1 connected 0-8191");
        assertThat(lines.get(3))
                .isEqualTo(nodes.get(3).id() + " 127.0.0.1:20003@20007 myself,slave "
                        + nodes.get(1).id() + " 0 0 2 connected");
        assertThat(lines.get(4)).isEqualTo("vars currentEpoch 2 lastVoteEpoch 0");
    }

    @Test
    void replicas_are_spread_evenly() {
        List<RedisConfig.Node> nodes = plan(3, 2);

        assertThat(nodes).extracting(RedisConfig.Node::master).containsExactly(-1, -1, -1, 0, 1, 2, 0, 1, 2);
    }

    @Test
    void a_password_with_quotes_stays_one_word() {
        String config = RedisConfig.standalone(RedisOptions.of(1, 0).withPassword("a \"b\\"), 1, "127.0.0.1");

        assertThat(config).contains("requirepass \"a \\\"b\\\\\"\n");
    }

    @Test
    void own_lines_come_last_so_that_they_win() {
        RedisOptions options = RedisOptions.of(1, 0).withMaxmemory("64mb").withConfigLines("maxmemory 32mb");

        assertThat(RedisConfig.standalone(options, 1, "127.0.0.1")).endsWith("maxmemory 64mb\nmaxmemory 32mb\n");
    }

    @Test
    void a_line_break_cannot_smuggle_in_a_setting() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RedisOptions.of(1, 0).withPassword("x\nport 1"));
    }

    private static List<RedisConfig.Node> plan(int masters, int replicas) {
        int count = 2 * masters * (1 + replicas);
        return RedisConfig.plan(
                RedisOptions.of(masters, replicas),
                IntStream.range(20_000, 20_000 + count).boxed().toList());
    }
}
