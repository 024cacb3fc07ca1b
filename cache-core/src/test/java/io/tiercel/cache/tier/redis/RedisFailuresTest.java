package io.tiercel.cache.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.tiercel.cache.tier.TierException.Kind;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisFailuresTest {
    private static Kind kind(Throwable failure) {
        return new RedisFailures("redis")
                .of("GET", new CompletionException(failure))
                .kind();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MOVED 866 127.0.0.1:7001",
                "ASK 866 127.0.0.1:7001",
                "LOADING Redis is loading the dataset in memory",
                "CLUSTERDOWN The cluster is down",
                "MASTERDOWN Link with MASTER is down",
                "READONLY You can't write against a read only replica.",
                "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
                "NOAUTH Authentication required.",
                "WRONGPASS invalid username-password pair or user is disabled.",
                "ERR max number of clients reached"
            })
    void a_node_that_would_answer_everything_so_serves_nobody(String answer) {
        assertThat(kind(new RedisCommandExecutionException(answer))).isEqualTo(Kind.UNAVAILABLE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "OOM command not allowed when used memory > 'maxmemory'.",
                "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
                "NOREPLICAS Not enough good replicas to write.",
                "TRYAGAIN Multiple keys request during rehashing of slot",
                "WRONGTYPE Operation against a key holding the wrong kind of value",
                "NOPERM this user has no permissions to run the 'get' command",
                "ERR unknown command 'GET', with args beginning with: 'secret'",
                "BUSYGROUP Consumer Group name already exists"
            })
    void a_node_that_refuses_this_operation_serves_others(String answer) {
        assertThat(kind(new RedisCommandExecutionException(answer))).isEqualTo(Kind.REFUSED);
    }

    @Test
    void what_did_not_reach_the_node_says_why() {
        assertThat(kind(new RedisCommandTimeoutException("Command timed out after 50 millisecond(s)")))
                .isEqualTo(Kind.TIMEOUT);
        assertThat(new RedisFailures("redis").late("GET", 50).kind()).isEqualTo(Kind.TIMEOUT);
        assertThat(kind(new RedisConnectionException("Unable to connect"))).isEqualTo(Kind.UNAVAILABLE);
        assertThat(kind(new RedisException("Currently not connected. Commands are rejected.")))
                .isEqualTo(Kind.UNAVAILABLE);
        assertThat(kind(new IOException("Connection reset by peer"))).isEqualTo(Kind.UNAVAILABLE);
        assertThat(kind(new CancellationException())).isEqualTo(Kind.UNAVAILABLE);
        assertThat(kind(new RedisException(
                        "Request queue size exceeded. Commands are not accepted until the queue" + " size drops.")))
                .isEqualTo(Kind.CROWDED);
    }
}
