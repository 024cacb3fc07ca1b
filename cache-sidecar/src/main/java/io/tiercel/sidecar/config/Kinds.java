package io.tiercel.sidecar.config;

import io.netty.util.NetUtil;
import io.tiercel.cache.tier.redis.RedisConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What settings take. */
final class Kinds {
    static final Kind<Boolean> BOOLEAN =
            new Kind<>("true|false", "true or false", Kind.Shape.SWITCH, value -> bool(textOf(value)));

    static final Kind<Path> PATH = Kind.single("PATH", "the path of a file", Kinds::path);

    static final Kind<Path> READABLE_FILE = Kind.single("PATH", "the path of a file that can be read", text -> {
        Path path = path(text);
        if (!Files.exists(path)) {
            throw new BadValueException("there is no such file");
        }
        if (Files.isDirectory(path)) {
            throw new BadValueException("this is a directory");
        }
        if (!Files.isReadable(path)) {
            throw new BadValueException("this user may not read the file");
        }
        return path;
    });

    /** Longer ones do not fit what Linux and macOS take. */
    private static final int LONGEST_SOCKET_PATH = 103;

    static final Kind<Path> SOCKET =
            Kind.single("PATH", "the path of a Unix socket, at most " + LONGEST_SOCKET_PATH + " bytes", text -> {
                Path path = path(text);
                if (text.getBytes(StandardCharsets.UTF_8).length > LONGEST_SOCKET_PATH) {
                    throw new BadValueException("too long");
                }
                Path directory = path.toAbsolutePath().getParent();
                if (directory == null || !Files.isDirectory(directory)) {
                    throw new BadValueException("there is no such directory as it would be in");
                }
                return path;
            });

    static final Kind<Secret> SECRET = Kind.single("TEXT", "the secret itself", Kinds::secret);

    static final Kind<Secret> SECRET_FILE =
            Kind.single("PATH", "the path of a file with the secret and nothing else", text -> secretIn(path(text)));

    static final Kind<String> BIND_ADDRESS = Kind.single(
            "ADDRESS", "an IP address of this machine, such as 127.0.0.1 or 0.0.0.0, or localhost", text -> {
                boolean address = NetUtil.isValidIpV4Address(text) || NetUtil.isValidIpV6Address(text);
                if (!address && !text.equals("localhost")) {
                    throw new BadValueException("not an IP address");
                }
                return text;
            });

    static final Kind<HostPort> HOST_PORT =
            Kind.single("HOST:PORT", "host:port, such as cache-1:6380 or [::1]:6380", Kinds::hostPort);

    /** Checked, and with commas between. */
    static final Kind<String> REDIS = new Kind<>(
            "URI[,URI]",
            "redis://[user:password@]host:port[/database], rediss:// for TLS, several servers of one cluster with commas",
            Kind.Shape.LIST,
            Kinds::redis);

    static final Kind<List<HostPort>> MEMCACHED = new Kind<>(
            "HOST:PORT[,...]",
            "host:port, several with commas, such as mc-1:11211,mc-2:11211",
            Kind.Shape.LIST,
            value -> {
                List<HostPort> servers = new ArrayList<>();
                for (String text : texts(value)) {
                    servers.add(hostPort(text));
                }
                return List.copyOf(servers);
            });

    static final Kind<List<String>> URLS = new Kind<>(
            "URL[,URL]",
            "http:// or https:// with host and port, several with commas, such as http://10.0.0.7:8082",
            Kind.Shape.LIST,
            value -> {
                List<String> urls = texts(value);
                for (String url : urls) {
                    if (!url.matches("https?://[A-Za-z0-9.\\[\\]:_-]{1,260}:[0-9]{1,5}/?")) {
                        throw new BadValueException("one of them is no such URL");
                    }
                }
                return List.copyOf(urls);
            });

    static final Kind<List<String>> PREFIXES =
            new Kind<>("PREFIX[,...]", "beginnings of keys, such as user:,session:", Kind.Shape.LIST, Kinds::prefixes);

    static final Kind<List<String>> NAMES = new Kind<>(
            "NAME[,...]",
            "names of caches, 1 to 64 of A-Z a-z 0-9 _ . - each, such as users,orders",
            Kind.Shape.LIST,
            Kinds::names);

    private Kinds() {}

    private static List<String> names(Node value) throws BadValueException {
        List<String> names = prefixes(value);
        for (String name : names) {
            if (!name.matches("[A-Za-z0-9_.-]{1,64}")) {
                throw new BadValueException("one of them is no such name");
            }
        }
        return names;
    }

    static Kind<Integer> integer(int least, int most) {
        String expected = String.format(Locale.ROOT, "a whole number from %,d to %,d", least, most);
        return Kind.single("N", expected, text -> number(text, least, most));
    }

    static final Kind<Integer> PORT =
            Kind.single("PORT", "a port from 1 to 65535, or 0 for any that is free", text -> number(text, 0, 65_535));

    static Kind<Duration> duration(Duration least, Duration most) {
        Duration second = Duration.ofSeconds(1);
        String example = least.compareTo(second) < 0 && most.compareTo(second.multipliedBy(60)) <= 0 ? "200ms" : "5s";
        String expected = "a duration from " + Units.text(least) + " to " + Units.text(most) + ", such as " + example;
        return Kind.single("DURATION", expected, text -> {
            Duration duration = Units.duration(text);
            if (duration.compareTo(least) < 0 || duration.compareTo(most) > 0) {
                throw new BadValueException("out of range");
            }
            return duration;
        });
    }

    static Kind<Long> size(long least, long most) {
        String example = least < 512 << 10 ? "512k" : "64m";
        String expected = "a size from " + Units.size(least) + " to " + Units.size(most) + ", such as " + example;
        return Kind.single("SIZE", expected, text -> {
            long size = Units.size(text);
            if (size < least || size > most) {
                throw new BadValueException("out of range");
            }
            return size;
        });
    }

    static <E extends Enum<E>> Kind<E> oneOf(Class<E> type) {
        return Kind.single(choices(type, "|"), choices(type, ", "), text -> choice(type, text));
    }

    static Kind<String> name(int longest) {
        Pattern pattern = Pattern.compile("[A-Za-z0-9._-]{1," + longest + "}");
        return Kind.single(
                "NAME", "1 to " + longest + " letters, digits, dots, dashes and underscores, in ASCII", text -> {
                    if (!pattern.matcher(text).matches()) {
                        throw new BadValueException("not such a name");
                    }
                    return text;
                });
    }

    static <E extends Enum<E>> String choices(Class<E> type, String between) {
        return Arrays.stream(type.getEnumConstants())
                .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(between));
    }

    static <E extends Enum<E>> E choice(Class<E> type, String text) throws BadValueException {
        for (E constant : type.getEnumConstants()) {
            if (constant.name().toLowerCase(Locale.ROOT).equals(text)) {
                return constant;
            }
        }
        throw new BadValueException("none of these");
    }

    static String textOf(Node value) throws BadValueException {
        if (value instanceof Node.Text text) {
            return text.text();
        }
        throw new BadValueException(
                value instanceof Node.Nothing
                        ? "there is no value; give one or take the line out"
                        : "a single value, not a list or a mapping");
    }

    static List<String> texts(Node value) throws BadValueException {
        if (!(value instanceof Node.Many many)) {
            throw new BadValueException(
                    value instanceof Node.Nothing
                            ? "there is no value; give one or take the line out"
                            : "a list, not a mapping");
        }
        List<String> texts = new ArrayList<>();
        for (Node item : many.items()) {
            texts.add(textOf(item));
        }
        return texts;
    }

    static Path path(String text) throws BadValueException {
        try {
            if (!text.isBlank()) {
                return Path.of(text);
            }
        } catch (InvalidPathException e) {
            throw new BadValueException("not a path here: " + e.getReason());
        }
        throw new BadValueException("empty");
    }

    static Secret secret(String text) throws BadValueException {
        if (text.isEmpty()) {
            throw new BadValueException("empty");
        }
        if (text.equals(Shown.SECRET)) {
            throw new BadValueException(
                    "*** is what --print-config shows for a secret; put the secret itself there, or a file with it");
        }
        return Secret.of(text);
    }

    static Secret secretIn(Path file) throws BadValueException {
        try {
            return Secret.read(file);
        } catch (IOException e) {
            throw new BadValueException(e.getMessage() == null ? "cannot be read" : e.getMessage());
        }
    }

    static List<String> prefixes(Node value) throws BadValueException {
        List<String> prefixes = texts(value);
        for (String prefix : prefixes) {
            if (prefix.isEmpty()) {
                throw new BadValueException("one of them is empty; leave the setting out for all keys");
            }
        }
        return List.copyOf(prefixes);
    }

    private static boolean bool(String text) throws BadValueException {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new BadValueException("neither of them");
        };
    }

    private static int number(String text, int least, int most) throws BadValueException {
        if (!text.matches("-?\\d{1,18}")) {
            throw new BadValueException("not a whole number");
        }
        long number = Long.parseLong(text);
        if (number < least || number > most) {
            throw new BadValueException("out of range");
        }
        return (int) number;
    }

    private static String redis(Node value) throws BadValueException {
        String uris = String.join(",", texts(value));
        if (uris.isBlank()) {
            throw new BadValueException("empty");
        }
        if (uris.contains(":" + Shown.SECRET + "@")) {
            throw new BadValueException(
                    "*** is what --print-config shows for a password; put the password itself there");
        }
        try {
            RedisConfig unused = RedisConfig.of(uris);
        } catch (IllegalArgumentException e) {
            // It says what is wrong, with the text only if there can be no password in it, and then what is expected.
            throw new BadValueException(
                    String.valueOf(e.getMessage()).replaceFirst("^uri: ", "").replaceFirst("; expected .*", ""));
        }
        return uris;
    }

    private static HostPort hostPort(String text) throws BadValueException {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        String port = text.substring(colon + 1);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
            if (!NetUtil.isValidIpV6Address(host)) {
                throw new BadValueException("not an IPv6 address in the brackets");
            }
        } else if (host.indexOf(':') >= 0) {
            throw new BadValueException("an IPv6 address stands in brackets");
        } else if (!host.matches("[A-Za-z0-9._-]+")) {
            throw new BadValueException("a host name before the colon is needed");
        }
        if (!port.matches("\\d{1,5}") || Integer.parseInt(port) < 1 || Integer.parseInt(port) > 65_535) {
            throw new BadValueException("a port from 1 to 65535 after the colon is needed");
        }
        return new HostPort(host, Integer.parseInt(port));
    }

    /** Whether only this machine can connect to what listens there. */
    static boolean isLoopback(String bind) {
        try {
            return bind.equals("localhost") || InetAddress.getByName(bind).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
