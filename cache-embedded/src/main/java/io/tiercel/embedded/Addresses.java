package io.tiercel.embedded;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One or more addresses with one optional password, which {@link #uri} holds and {@link #toString} does not. */
record Addresses(List<Address> nodes, @Nullable String password) {

    private static final String SCHEME = "redis://";

    Addresses {
        nodes = List.copyOf(nodes);
        if (nodes.isEmpty()) {
            throw new IllegalArgumentException("at least one host:port is needed");
        }
    }

    /** Reads {@code host:port,host:port} or {@code redis://[:password@]host:port,…}. The messages hold no password. */
    static Addresses parse(String text) {
        String rest = text.strip();
        if (rest.contains("://") && !rest.startsWith(SCHEME)) {
            throw new IllegalArgumentException(
                    "expected redis://, found " + rest.substring(0, rest.indexOf("://") + 3));
        }
        rest = rest.startsWith(SCHEME) ? rest.substring(SCHEME.length()) : rest;
        String password = null;
        int at = rest.lastIndexOf('@');
        if (at >= 0) {
            String credentials = rest.substring(0, at);
            if (!credentials.startsWith(":")) {
                throw new IllegalArgumentException("credentials must be ':password@'; user names are not supported");
            }
            password = URLDecoder.decode(credentials.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8);
            rest = rest.substring(at + 1);
        }
        rest = rest.endsWith("/") ? rest.substring(0, rest.length() - 1) : rest;
        return new Addresses(
                Stream.of(rest.split(",", -1))
                        .map(String::strip)
                        .map(Address::parse)
                        .toList(),
                password);
    }

    String uri() {
        String credentials = password == null
                ? ""
                : ":" + URLEncoder.encode(password, StandardCharsets.UTF_8).replace("+", "%20") + "@";
        return SCHEME + credentials + withoutPassword();
    }

    String withoutPassword() {
        return nodes.stream().map(Address::toString).collect(Collectors.joining(","));
    }

    @Override
    public String toString() {
        return withoutPassword();
    }
}
