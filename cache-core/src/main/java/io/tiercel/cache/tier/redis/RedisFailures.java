package io.tiercel.cache.tier.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.tiercel.cache.tier.TierException;
import java.security.cert.CertificateException;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What Lettuce's exceptions mean for a tier. */
record RedisFailures(String tier) {
    private static final String ECHO = "with args beginning with";
    /** The first words of answers that any operation would get; {@code TRYAGAIN} is only for a key that moves. */
    private static final Set<String> SERVES_NOBODY =
            Set.of("MOVED", "ASK", "LOADING", "CLUSTERDOWN", "MASTERDOWN", "READONLY", "BUSY", "NOAUTH", "WRONGPASS");

    TierException of(String operation, Throwable failure) {
        Throwable cause = unwrap(failure);
        if (cause instanceof TierException known) {
            return known;
        }
        if (cause instanceof CancellationException) {
            return new TierException(tier + ": " + operation + " failed: the connection was closed", cause);
        }
        TierException.Kind kind = kind(cause);
        String message = String.valueOf(cause.getMessage());
        int echo = message.indexOf(ECHO);
        // Redis repeats the beginning of keys and values when it does not know a command.
        return echo < 0
                ? new TierException(kind, tier + ": " + operation + " failed: " + message, cause)
                : new TierException(kind, tier + ": " + operation + " failed: " + message.substring(0, echo));
    }

    TierException late(String operation, long milliseconds) {
        return new TierException(
                TierException.Kind.TIMEOUT,
                tier + ": " + operation + " failed: no answer within " + milliseconds + " ms");
    }

    /**
     * A server that is full, or was asked for something that it does not know or allow, answers other questions. One
     * that loads, has lost its cluster or its primary, is blocked by a script or wants a password answers none of use.
     */
    static TierException.Kind kind(Throwable failure) {
        Throwable cause = unwrap(failure);
        if (cause instanceof TierException known) {
            return known.kind();
        }
        if (cause instanceof RedisCommandTimeoutException) {
            return TierException.Kind.TIMEOUT;
        }
        String message = String.valueOf(cause.getMessage());
        if (cause instanceof RedisCommandExecutionException) {
            int end = message.indexOf(' ');
            return SERVES_NOBODY.contains(end < 0 ? message : message.substring(0, end))
                            || message.startsWith("ERR max number of clients")
                    ? TierException.Kind.UNAVAILABLE
                    : TierException.Kind.REFUSED;
        }
        return isQueueFull(cause) ? TierException.Kind.CROWDED : TierException.Kind.UNAVAILABLE;
    }

    private static boolean isQueueFull(Throwable cause) {
        return cause instanceof RedisException
                && String.valueOf(cause.getMessage()).contains("queue size exceeded");
    }

    static boolean isTimeout(Throwable failure) {
        return unwrap(failure) instanceof RedisCommandTimeoutException;
    }

    /** Whether another way to the key may answer: it has moved, or the connection to its node is gone. */
    static boolean mayAnswerElsewhere(Throwable failure) {
        Throwable cause = unwrap(failure);
        if (cause instanceof RedisCommandTimeoutException || cause instanceof CancellationException) {
            return false;
        }
        if (cause instanceof RedisCommandExecutionException) {
            String message = String.valueOf(cause.getMessage());
            return message.startsWith("MOVED") || message.startsWith("ASK");
        }
        if (cause instanceof RedisException && !(cause instanceof RedisConnectionException)) {
            return !isQueueFull(cause);
        }
        return true;
    }

    /** What the server said about the credentials, or null when it said nothing of the kind. */
    static @Nullable String refusal(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage());
            if (cause instanceof RedisCommandExecutionException
                    && (message.startsWith("WRONGPASS")
                            || message.startsWith("NOAUTH")
                            || message.startsWith("ERR AUTH")
                            || message.startsWith("ERR invalid password")
                            || message.startsWith("ERR Client sent AUTH"))) {
                return message;
            }
        }
        return null;
    }

    /** Why this side did not go on with TLS, or null when that was not the trouble. */
    static @Nullable String tlsObjection(Throwable failure) {
        String objection = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException) {
                return "its certificate: " + cause.getMessage();
            }
            if (cause instanceof SSLException) {
                objection = cause.getMessage();
            }
        }
        return objection;
    }

    static Throwable unwrap(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }
}
