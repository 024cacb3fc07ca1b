package io.tiercel.sidecar.http;

import static io.netty.handler.codec.http.HttpResponseStatus.NOT_FOUND;
import static io.netty.handler.codec.http.HttpResponseStatus.OK;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** The live page and its files, which are all read at the start. Thread-safe. */
final class Page {
    private static final String MARKER = "<!--SERVER-RENDERED-->";
    private static final String HTML = "text/html; charset=utf-8";
    private static final String CSS = "text/css; charset=utf-8";
    private static final String SCRIPT = "text/javascript; charset=utf-8";

    private final StatusDocument status;
    private final String head;
    private final String tail;
    private final Map<String, File> files = new HashMap<>();

    private static final class File {
        private final String type;
        private final byte[] bytes;

        private File(String type, byte[] bytes) {
            this.type = type;
            this.bytes = bytes;
        }
    }

    Page(StatusDocument status) {
        this.status = status;
        String index = new String(Resources.required("page/index.html"), UTF_8);
        int marker = index.indexOf(MARKER);
        if (marker < 0) {
            throw new IllegalStateException("page/index.html has no " + MARKER);
        }
        this.head = index.substring(0, marker);
        this.tail = index.substring(marker + MARKER.length());
        add("page.css", CSS, "page/page.css");
        add("report.css", CSS, "page/report.css");
        add("page.js", SCRIPT, "page/page.js");
        add("icon.svg", "image/svg+xml", "page/icon.svg");
        String library = "/META-INF/resources/webjars/uplot/" + libraryVersion() + "/dist/";
        add("lib/uPlot.iife.min.js", SCRIPT, library + "uPlot.iife.min.js");
        add("lib/uPlot.min.css", CSS, library + "uPlot.min.css");
    }

    private void add(String name, String type, String resource) {
        Resources.find(resource).ifPresent(bytes -> files.put(name, new File(type, bytes)));
    }

    private static String libraryVersion() {
        Properties properties = new Properties();
        byte[] bytes = Resources.find("/META-INF/maven/org.webjars.npm/uplot/pom.properties")
                .orElse(new byte[0]);
        try {
            properties.load(new ByteArrayInputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException("Bytes can always be read", e);
        }
        return properties.getProperty("version", "none");
    }

    List<Route> routes() {
        return List.of(Route.open("/", exchange -> index()), Route.open("/page/{file}", this::file));
    }

    private Response index() {
        String html = head + PageFragment.of(status.now()) + tail;
        return Response.of(OK, HTML, html.getBytes(UTF_8));
    }

    private Response file(Exchange exchange) throws ProblemException {
        File file = files.get(exchange.parameter());
        if (file == null) {
            throw new ProblemException(NOT_FOUND, "The page has no such file.");
        }
        return Response.of(OK, file.type, file.bytes);
    }
}
