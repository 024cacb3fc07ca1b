package io.tiercel.sidecar.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Set;
import org.junit.jupiter.api.Test;

final class RespLimitsTest {
    @Test
    void the_defaults_are_what_the_comment_says() {
        RespLimits limits = RespLimits.defaults();

        assertThat(limits.arguments()).isEqualTo(1_024);
        assertThat(limits.wideArguments()).isEqualTo(131_072);
        assertThat(limits.wideCommands()).contains("MGET", "MSET", "DEL", "UNLINK", "EXISTS");
        assertThat(limits.bulkBytes()).isEqualTo(1_048_576);
        assertThat(limits.requestBytes()).isEqualTo(8_388_608);
        assertThat(limits.inlineBytes()).isEqualTo(8_192);
        assertThat(limits.unauthenticatedArguments()).isEqualTo(10);
        assertThat(limits.unauthenticatedBulkBytes()).isEqualTo(16_384);
    }

    @Test
    void limits_that_make_no_sense_are_refused_by_name() {
        RespLimits limits = RespLimits.defaults();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> limits.withArguments(0, 10))
                .withMessage("arguments must be from 1 to 536870912: 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limits.withArguments(100, 99))
                .withMessage("arguments must be at most wideArguments, 99: 100");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limits.withBytes(1 << 20, 1 << 19, 100))
                .withMessage("bulkBytes must be at most requestBytes, 524288: 1048576");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limits.withBytes(1 << 20, 1 << 30, 100))
                .withMessageStartingWith("requestBytes must be from 1 to");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limits.withBytes(1 << 20, 1 << 21, 65_537))
                .withMessageStartingWith("inlineBytes must be from 1 to 65536");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RespLimits(1, 1, Set.of("mget"), 1, 1, 1, 1, 1))
                .withMessage("wideCommands must be names in capitals: 'mget'");
    }
}
