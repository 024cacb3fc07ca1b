package io.tiercel.sidecar;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tiercel.sidecar.front.Peer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Other pods by their admin ports, one of which is asked for what it holds when this one warms up. Their answers are
 * bounded before they are read. Thread-safe.
 */
final class PeerPods implements Supplier<@Nullable Peer> {
    private static final String FIRST = "/admin/cache/hotset";
    private static final Duration CONNECT = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(3);
    /** A page is of 256 KiB or of one value, and larger ones than 1 MiB are of no use. */
    private static final long MOST_BYTES = 4 << 20;

    private final List<String> urls;
    private final @Nullable Path tokenFile;
    private final Duration bound;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();

    /**
     * @param urls of admin ports, such as {@code http://10.0.0.7:8082}
     * @param tokenFile what to show them; null for nothing
     * @param bound of all pods of the fleet: how old a change may be that their memory does not show
     */
    PeerPods(List<String> urls, @Nullable Path tokenFile, Duration bound) {
        this.urls = List.copyOf(urls);
        this.tokenFile = tokenFile;
        this.bound = bound;
    }

    @Override
    public @Nullable Peer get() {
        return urls.isEmpty()
                ? null
                : new Pages(urls.get(ThreadLocalRandom.current().nextInt(urls.size())));
    }

    private final class Pages implements Peer {
        private final String base;
        private volatile String next = FIRST;

        Pages(String base) {
            this.base = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
        }

        @Override
        public Duration bound() {
            return bound;
        }

        @Override
        public CompletionStage<byte[]> next() {
            HttpRequest.Builder request;
            try {
                request = HttpRequest.newBuilder(URI.create(base + next)).timeout(PATIENCE);
                if (tokenFile != null) {
                    request.header(
                            "Authorization",
                            "Bearer " + Files.readString(tokenFile, UTF_8).strip());
                }
            } catch (IOException | IllegalArgumentException e) {
                return CompletableFuture.failedFuture(e);
            }
            return http.sendAsync(request.build(), PeerPods::bounded).thenApply(this::page);
        }

        private byte[] page(HttpResponse<byte[]> response) {
            int status = response.statusCode();
            if (status == 204) {
                return new byte[0];
            }
            String told = response.headers().firstValue("Tiercel-Next").orElse("");
            if (status != 200 || !told.startsWith(FIRST + "/")) {
                throw new IllegalStateException("it answers " + status);
            }
            next = told;
            return response.body();
        }
    }

    private static BodySubscriber<byte[]> bounded(HttpResponse.ResponseInfo info) {
        long length = info.headers().firstValueAsLong("Content-Length").orElse(MOST_BYTES + 1);
        if (info.statusCode() != 200) {
            return BodySubscribers.replacing(new byte[0]);
        }
        return length > MOST_BYTES
                ? BodySubscribers.mapping(BodySubscribers.discarding(), nothing -> {
                    throw new IllegalStateException("a page that is too large");
                })
                : BodySubscribers.ofByteArray();
    }
}
