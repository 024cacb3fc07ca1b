package io.tiercel.cache.tier.redis;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a Redis URI says. Its own parser, since the JDK's knows no list of servers and puts the whole text, password
 * included, into its messages. Messages repeat the text only when there is no {@code @} in it.
 */
record RedisUri(
        List<Server> servers,
        boolean tls,
        @Nullable String username,
        @Nullable String password,
        int database) {
    private static final String EXPECTED = "expected redis://[user:password@]host:port[/database], rediss://… for TLS,"
            + " commas between servers, reserved characters in the password percent-encoded";
    private static final int DEFAULT_PORT = 6379;

    record Server(String host, int port) {
        @Override
        public String toString() {
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
        }
    }

    static RedisUri parse(String text) {
        Parser parser = new Parser(text.strip());
        return parser.parse();
    }

    @Override
    public String toString() {
        return (tls ? "rediss://" : "redis://") + (password == null ? "" : "***@") + servers + "/" + database;
    }

    private static final class Parser {
        private final String text;
        private final List<Server> servers = new ArrayList<>();
        private @Nullable Boolean tls;
        private @Nullable String userInfo;
        private @Nullable String database;

        Parser(String text) {
            this.text = text;
        }

        RedisUri parse() {
            for (String part : text.split(",", -1)) {
                server(credentials(scheme(part.strip())));
            }
            boolean encrypted = Boolean.TRUE.equals(tls);
            String user = null;
            String password = null;
            if (userInfo != null) {
                int colon = userInfo.indexOf(':');
                if (colon < 0) {
                    throw wrong("before the @ must be user:password or :password");
                }
                user = colon == 0 ? null : decode(userInfo.substring(0, colon));
                password = decode(userInfo.substring(colon + 1));
                if (password.isEmpty()) {
                    throw wrong("the password is empty");
                }
            }
            return new RedisUri(List.copyOf(servers), encrypted, user, password, number(database, 0, "database"));
        }

        private String scheme(String part) {
            int end = part.indexOf("://");
            if (end < 0) {
                return part;
            }
            Boolean encrypted = switch (part.substring(0, end)) {
                case "redis" -> false;
                case "rediss" -> true;
                default -> throw wrong("unknown scheme");
            };
            if (tls != null && !tls.equals(encrypted)) {
                throw wrong("redis:// and rediss:// mixed");
            }
            tls = encrypted;
            return part.substring(end + 3);
        }

        private String credentials(String part) {
            int at = part.lastIndexOf('@');
            if (at < 0) {
                return part;
            }
            String info = part.substring(0, at);
            if (userInfo != null && !userInfo.equals(info)) {
                throw wrong("all servers need the same credentials");
            }
            userInfo = info;
            return part.substring(at + 1);
        }

        private void server(String part) {
            String address = part;
            int slash = part.indexOf('/');
            if (slash >= 0) {
                address = part.substring(0, slash);
                String path = part.substring(slash + 1);
                if (!path.isEmpty()) {
                    if (database != null && !database.equals(path)) {
                        throw wrong("all servers need the same database");
                    }
                    database = path;
                }
            }
            int colon = address.lastIndexOf(':');
            boolean bracketed = address.startsWith("[") && address.indexOf(']') > 0;
            boolean port = bracketed ? colon > address.indexOf(']') : colon >= 0;
            String host = port ? address.substring(0, colon) : address;
            if (bracketed) {
                if (!host.endsWith("]")) {
                    throw wrong("a wrong IPv6 address");
                }
                host = host.substring(1, host.length() - 1);
            } else if (host.indexOf(':') >= 0) {
                throw wrong("an IPv6 address stands in brackets");
            }
            if (host.isEmpty() || !host.chars().allMatch(Parser::isHostCharacter)) {
                throw wrong("a wrong host");
            }
            int number = port ? number(address.substring(colon + 1), -1, "port") : DEFAULT_PORT;
            if (number < 1 || number > 65_535) {
                throw wrong("a port from 1 to 65535");
            }
            servers.add(new Server(host, number));
        }

        private static boolean isHostCharacter(int c) {
            return Character.isLetterOrDigit(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '%';
        }

        private int number(@Nullable String digits, int absent, String what) {
            if (digits == null) {
                return absent;
            }
            if (digits.isEmpty() || digits.length() > 6 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
                throw wrong("a wrong " + what);
            }
            return Integer.parseInt(digits);
        }

        private String decode(String encoded) {
            try {
                return URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
            } catch (IllegalArgumentException e) {
                throw wrong("a wrong percent-encoding in the credentials");
            }
        }

        private IllegalArgumentException wrong(String found) {
            String shown = text.indexOf('@') >= 0 ? "a URI with credentials" : "'" + text + "'";
            return new IllegalArgumentException("uri: " + found + " in " + shown + "; " + EXPECTED);
        }
    }
}
