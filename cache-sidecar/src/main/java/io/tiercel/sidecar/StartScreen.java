package io.tiercel.sidecar;

import io.tiercel.sidecar.control.TierStatus.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The one screen that a sidecar shows when it has started. */
final class StartScreen {
    private static final String GREEN = "32";
    private static final String YELLOW = "33";
    private static final String RED = "31";
    private static final String BOLD = "1";

    private final boolean colours;

    /**
     * Draws it.
     *
     * @param colours whether with the colours of a terminal
     */
    StartScreen(boolean colours) {
        this.colours = colours;
    }

    /** With a line break at the end of each line. */
    String render(String version, StartFacts facts) {
        StringBuilder text = new StringBuilder();
        text.append(paint(BOLD, "Tiercel sidecar " + version))
                .append("  pod ")
                .append(facts.pod())
                .append(", fleet ")
                .append(facts.fleet())
                .append("\n\n");
        List<List<String>> rows = new ArrayList<>();
        for (StartFacts.Port port : facts.ports()) {
            rows.add(List.of(port.name(), address(port), hint(port)));
        }
        for (StartFacts.Tier tier : facts.tiers()) {
            rows.add(List.of(tier.name(), tier.what(), state(tier)));
        }
        table(text, rows, facts.ports().size());
        text.append("\n  settings from: ").append(String.join(", ", facts.sources()));
        text.append("; --print-config shows them\n");
        for (String warning : facts.warnings()) {
            text.append(paint(YELLOW, "  warning: " + warning)).append('\n');
        }
        return text.toString();
    }

    private static void table(StringBuilder text, List<List<String>> rows, int gapAfter) {
        int first = width(rows, 0);
        int second = width(rows, 1);
        for (int i = 0; i < rows.size(); i++) {
            if (i == gapAfter && i > 0) {
                text.append('\n');
            }
            List<String> row = rows.get(i);
            text.append("  ")
                    .append(padded(row.get(0), first))
                    .append("  ")
                    .append(padded(row.get(1), second))
                    .append("  ")
                    .append(row.get(2))
                    .append('\n');
        }
    }

    private static int width(List<List<String>> rows, int column) {
        return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(width - text.length());
    }

    private static String address(StartFacts.Port port) {
        if (port instanceof StartFacts.RespPort resp) {
            return hostAndPort(resp.host(), resp.port());
        }
        if (port instanceof StartFacts.HttpPort http) {
            return hostAndPort(http.host(), http.port());
        }
        return ((StartFacts.SocketPort) port).path().toString();
    }

    /** What to paste into a shell or a browser. */
    private static String hint(StartFacts.Port port) {
        if (port instanceof StartFacts.RespPort resp) {
            String host = reachable(resp.host());
            return "redis-cli" + (host.equals("127.0.0.1") ? "" : " -h " + host) + " -p " + resp.port()
                    + (resp.tls() ? " --tls" : "") + (resp.password() ? " --askpass" : "");
        }
        if (port instanceof StartFacts.SocketPort socket) {
            return "redis-cli -s " + socket.path() + (socket.password() ? " --askpass" : "");
        }
        StartFacts.HttpPort http = (StartFacts.HttpPort) port;
        String base = (http.tls() ? "https://" : "http://") + hostAndPort(reachable(http.host()), http.port());
        return http.admin() ? "curl " + base + "/admin/config" : base + "/";
    }

    /** Who listens on every address is reached through this one. */
    private static String reachable(String host) {
        return switch (host) {
            case "0.0.0.0", "::", "0:0:0:0:0:0:0:0", "localhost" -> "127.0.0.1";
            default -> host;
        };
    }

    private static String hostAndPort(String host, int port) {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    private String state(StartFacts.Tier tier) {
        State state = tier.state();
        String detail = tier.detail().isEmpty() ? "" : "  " + tier.detail();
        if (state == null) {
            return "not configured" + detail;
        }
        String colour = switch (state) {
            case UP -> GREEN;
            case DEGRADED -> YELLOW;
            case DOWN -> RED;
        };
        return paint(colour, state.name().toLowerCase(Locale.ROOT)) + detail;
    }

    private String paint(String code, String text) {
        return colours ? "\033[" + code + "m" + text + "\033[0m" : text;
    }
}
