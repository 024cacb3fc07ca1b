package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Fetches an application's page for Prometheus, such as {@code /actuator/prometheus}, and reads it. Never blocks; a page that
 * is too slow or too long is given up while it comes.
 *
 * <p>Thread-safe. The client is the caller's and is not closed; it should follow no redirects.
 */
public final class AppScraper {
    private final HttpClient client;
    private final URI page;
    private final Duration timeout;
    private final PrometheusScrape scrape;

    /**
     * For one application.
     *
     * @param client sends the requests
     * @param page where it is; http or https
     * @param timeout for all of it, from 100 ms to 60 s
     * @param names which metrics are read
     */
    public AppScraper(HttpClient client, URI page, Duration timeout, ScrapeNames names) {
        this.client = requireNonNull(client, "client");
        if (!List.of("http", "https").contains(String.valueOf(page.getScheme())) || page.getHost() == null) {
            throw new IllegalArgumentException("page must be an address that begins with http:// or https://");
        }
        Fields.between("timeout", timeout, Duration.ofMillis(100), Duration.ofSeconds(60));
        this.page = page;
        this.timeout = timeout;
        this.scrape = new PrometheusScrape(names);
    }

    /**
     * What the application says now. Fails with an {@link IOException} if the page could not be fetched, with a {@link
     * java.util.concurrent.TimeoutException} if it was too slow, with an {@link IllegalArgumentException} if it is no such
     * page; a future that depends on it sees them in a {@link CompletionException}.
     */
    public CompletableFuture<AppMetrics> fetch() {
        HttpRequest request = HttpRequest.newBuilder(page)
                .timeout(timeout)
                .header("Accept", "text/plain;version=0.0.4")
                .GET()
                .build();
        CompletableFuture<HttpResponse<byte[]>> sent = client.sendAsync(request, info -> new Bounded());
        CompletableFuture<AppMetrics> result = new CompletableFuture<>();
        var unused = sent.whenComplete((response, failure) -> {
            if (failure != null) {
                result.completeExceptionally(cause(failure));
                return;
            }
            try {
                result.complete(read(response));
            } catch (IOException | RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        // The request's own timeout ends with the headers; a body may drip for ever.
        var unusedToo = result.orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((metrics, failure) -> sent.cancel(true));
        return result;
    }

    private AppMetrics read(HttpResponse<byte[]> response) throws IOException {
        if (response.statusCode() != 200) {
            throw new IOException("the application's metrics must be answered by 200: " + response.statusCode());
        }
        return scrape.parse(new String(response.body(), StandardCharsets.UTF_8));
    }

    private static Throwable cause(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }

    /** A body up to the longest page. */
    private static final class Bounded implements BodySubscriber<byte[]> {
        private final CompletableFuture<byte[]> body = new CompletableFuture<>();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private Flow.@Nullable Subscription subscription;

        @Override
        public CompletionStage<byte[]> getBody() {
            return body;
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            this.subscription = subscription;
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            for (ByteBuffer buffer : buffers) {
                if (bytes.size() + buffer.remaining() > PrometheusScrape.LONGEST) {
                    requireNonNull(subscription).cancel();
                    body.completeExceptionally(new IOException(
                            "the application's metrics must have " + PrometheusScrape.LONGEST + " bytes at most"));
                    return;
                }
                byte[] copy = new byte[buffer.remaining()];
                buffer.get(copy);
                bytes.writeBytes(copy);
            }
        }

        @Override
        public void onError(Throwable failure) {
            body.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            body.complete(bytes.toByteArray());
        }
    }
}
