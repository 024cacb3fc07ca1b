package io.tiercel.sidecar.front;

import io.netty.handler.ssl.SslContext;
import io.tiercel.sidecar.resp.RespLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What does not change of the Redis front end while it runs.
 *
 * @param bind the address to listen on
 * @param port the port, 0 for any that is free
 * @param socket where to listen on a Unix socket as well; null for nowhere
 * @param users who may connect; {@link User#open()} alone for everybody
 * @param tls null for none
 * @param databases how many databases SELECT knows
 * @param maxConnections more clients are turned away
 * @param maxPipeline how many requests of one connection may be unanswered before no more is read
 * @param maxOutputBytes a client that leaves more than this unread is cut off; half of it for ten seconds too
 * @param maxInFlightBytes most bytes of requests and replies under way, of all connections
 * @param maxInFlight most commands that Redis has not answered
 * @param redisTimeout how long to wait for Redis' answer to a command of the cache's own
 * @param passTimeout as {@code redisTimeout}, for a command that is handed on, which may be long
 * @param idleTimeout a client that has been silent for so long is cut off
 * @param firstByteTimeout a client that has said nothing yet is cut off
 * @param requestTimeout a request must have come whole so long after its first byte
 * @param passThrough whether commands that are not the cache's own go to Redis
 * @param movingPush whether clients that asked for it are told when the sidecar goes away
 * @param movingEndpoint where these shall connect then; empty for the address that they are connected to
 * @param warmUp what warm-ups may cost
 * @param limits how much a client may send in one request
 */
public record FrontSettings(
        String bind,
        int port,
        @Nullable Path socket,
        List<User> users,
        @Nullable SslContext tls,
        RespLimits limits,
        int databases,
        int maxConnections,
        int maxPipeline,
        long maxOutputBytes,
        long maxInFlightBytes,
        int maxInFlight,
        Duration redisTimeout,
        Duration passTimeout,
        Duration idleTimeout,
        Duration firstByteTimeout,
        Duration requestTimeout,
        boolean passThrough,
        boolean movingPush,
        String movingEndpoint,
        WarmUpSettings warmUp) {
    public FrontSettings {
        users = List.copyOf(users);
    }

    /** The user of a client that has not said who it is; null if it has to. */
    @Nullable
    User defaultUser() {
        return users.size() == 1 && users.get(0).isOpen() ? users.get(0) : null;
    }
}
