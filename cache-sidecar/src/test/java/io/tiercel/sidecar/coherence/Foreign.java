package io.tiercel.sidecar.coherence;

import io.tiercel.embedded.RedisCluster;
import io.tiercel.embedded.RedisNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Somebody who talks to Redis itself and knows nothing of sidecars. Not thread-safe. */
final class Foreign implements AutoCloseable {
    private final List<RespClient> nodes = new ArrayList<>();

    Foreign(RedisCluster cluster) throws IOException {
        for (RedisNode node : cluster.nodes()) {
            nodes.add(new RespClient(node.directPort()));
        }
    }

    Foreign(int port) throws IOException {
        nodes.add(new RespClient(port));
    }

    /** Asks the node that has the key, or the first. */
    @Nullable
    Object ask(String... words) throws IOException {
        Object reply = null;
        for (RespClient node : nodes) {
            reply = node.ask(words);
            if (!(reply instanceof RespClient.Failure failure && failure.text().startsWith("MOVED "))) {
                return reply;
            }
        }
        return reply;
    }

    /** Asks every node; the last reply. */
    @Nullable
    Object askAll(String... words) throws IOException {
        Object reply = null;
        for (RespClient node : nodes) {
            reply = node.ask(words);
            if (reply instanceof RespClient.Failure failure) {
                throw new AssertionError(failure.text());
            }
        }
        return reply;
    }

    @Override
    public void close() throws IOException {
        for (RespClient node : nodes) {
            node.close();
        }
    }
}
