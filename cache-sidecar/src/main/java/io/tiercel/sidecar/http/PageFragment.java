package io.tiercel.sidecar.http;

import io.tiercel.sidecar.control.Event;
import io.tiercel.sidecar.control.InForce;
import io.tiercel.sidecar.control.LiveField;
import io.tiercel.sidecar.control.TierMode;
import io.tiercel.sidecar.control.TierStatus;
import io.tiercel.sidecar.control.TierStatus.Node;
import io.tiercel.sidecar.control.Traffic;
import io.tiercel.sidecar.http.StatusDocument.Now;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The numbers of one moment as HTML, for a reader without JavaScript; the page's script puts its own in their place, with
 * the same ids and classes. Everything that may come from outside is escaped. For one use.
 */
final class PageFragment {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final Map<String, String> KINDS =
            Map.of("memory", "memory", "redis", "Redis", "memcached", "Memcached");
    private static final String LAST_MINUTE = small("last minute");

    private final Now now;
    private final StringBuilder html = new StringBuilder(16_384);

    private PageFragment(Now now) {
        this.now = now;
    }

    static String of(Now now) {
        PageFragment fragment = new PageFragment(now);
        fragment.overview();
        fragment.tiers();
        fragment.html.append(FleetFragment.of(now.fleet()));
        fragment.load();
        fragment.events();
        fragment.warmUp();
        fragment.config();
        fragment.hotKeys();
        return fragment.html.toString();
    }

    private void overview() {
        line("<section id=\"overview\" aria-label=\"Overview\">\n<dl class=\"figures\">");
        String status = escaped(now.status());
        line("<div><dt>Status</dt><dd data-field=\"status\" data-state=\"" + status + "\"><span>" + status
                + "</span></dd></div>");
        figure("Ready", "ready", now.ready() ? "ready" : now.draining() ? "draining" : "not ready");
        figure("Pod", "pod", escaped(now.pod()));
        figure("Version", "version", escaped(now.version()));
        figure("Up for", "uptime", Units.duration(now.uptimeMs()));
        figure("As of", "at", time(now.at()));
        line("</dl>\n</section>");
    }

    private void tiers() {
        line("<section id=\"tiers\">\n<h2>Tiers</h2>\n<div class=\"all\">");
        now.tiers().forEach(this::tier);
        line("</div>\n</section>");
    }

    private void tier(TierStatus tier) {
        String id = escaped(tier.tier());
        String mode = tier.tier().equals("l1")
                ? ""
                : "<span class=\"mode" + (tier.mode() == TierMode.NORMAL ? "" : " changed") + "\">mode: "
                        + LiveField.word(tier.mode()) + "</span>";
        line("<article class=\"tier\" data-tier=\"" + id + "\">\n<h3>" + id.toUpperCase(Locale.ROOT)
                + "<span class=\"kind\">" + escaped(KINDS.getOrDefault(tier.kind(), tier.kind()))
                + "</span><span class=\"badge\" data-state=\"" + tier.state() + "\">" + tier.state() + "</span>"
                + mode + "</h3>\n<dl class=\"figures\">");
        Double ratio = StatusDocument.hitRatio(tier);
        figure("Hit ratio", id + "-hit-ratio", Units.percent(ratio) + small("since the start"));
        figure("Hits", id + "-hits", Units.count(tier.hits()));
        figure("Misses", id + "-misses", Units.count(tier.misses()));
        figure("Errors", id + "-errors", Units.count(tier.errors()));
        if (tier.entries() >= 0) {
            figure("Entries", id + "-entries", Units.count(tier.entries()));
        }
        if (tier.bytes() >= 0) {
            String most = tier.maximumBytes() <= 0
                    ? ""
                    : small("of " + Units.bytes(tier.maximumBytes()))
                            + progress(
                                    tier.bytes(), tier.maximumBytes(), id.toUpperCase(Locale.ROOT) + " memory in use");
            figure("Size", id + "-bytes", Units.bytes(tier.bytes()) + most);
        }
        List<Node> nodes = tier.nodes();
        if (!nodes.isEmpty()) {
            long up = nodes.stream().filter(Node::up).count();
            figure("Nodes that answer", id + "-nodes", up + " of " + nodes.size());
        }
        line("</dl>");
        nodes(nodes);
        line("</article>");
    }

    private void nodes(List<Node> nodes) {
        if (nodes.isEmpty()) {
            return;
        }
        line("<table class=\"nodes\">");
        header("<th scope=\"col\">Node</th><th scope=\"col\">Answers</th><th scope=\"col\">Detail</th>");
        for (Node node : nodes) {
            line("<tr><th scope=\"row\" class=\"mono\">" + escaped(node.address()) + "</th><td class=\"answer "
                    + (node.up() ? "up\">yes" : "down\">no") + "</td><td>" + escaped(node.detail()) + "</td></tr>");
        }
        line("</tbody>\n</table>");
    }

    private void load() {
        Traffic traffic = now.traffic();
        line("<section id=\"load\">\n<h2>Load</h2>\n<dl class=\"figures\">");
        figure("In flight to Redis", "in-flight", Units.count(traffic.inFlight()));
        figure(
                "Queue",
                "queue",
                now.queue().enabled()
                        ? Units.count(traffic.queued())
                                + small("of at most " + Units.count(now.queue().maxSize()))
                                + progress(traffic.queued(), now.queue().maxSize(), "Queue in use")
                        : "off" + small("beyond the limit: refused"));
        figure("Connections", "connections", Units.count(traffic.connections()));
        int limit = now.rate().requestsPerMinute();
        figure(
                "Rate limit",
                "rate-limit",
                limit == 0
                        ? "none"
                        : Units.count(limit) + "/min"
                                + small("burst " + Units.count(now.rate().burst()) + ", per "
                                        + LiveField.word(now.rate().per())
                                        + (now.rateStatus().fallback().isEmpty() ? "" : ": only this pod's share")));
        figure("Latency p50", "p50", Units.micros(traffic.p50Micros()) + LAST_MINUTE);
        figure("Latency p95", "p95", Units.micros(traffic.p95Micros()) + LAST_MINUTE);
        figure("Latency p99", "p99", Units.micros(traffic.p99Micros()) + LAST_MINUTE);
        line("</dl>\n<table class=\"counters\">");
        header("<th scope=\"col\">Count</th><th scope=\"col\" class=\"number\">Since the start</th>");
        count("Commands received", "commands", traffic.commands());
        count("Keys read", "reads", traffic.reads());
        count("– answered by L1, memory", "l1-hits", traffic.l1Hits());
        count("– answered by L2, Redis", "l2-hits", traffic.l2Hits());
        count("– answered by L3, Memcached", "l3-hits", traffic.l3Hits());
        count("– answered from memory, stale", "stale-hits", traffic.staleHits());
        count("– no value", "misses", traffic.misses());
        count("– answered with an error", "read-errors", traffic.readErrors());
        count("Writing commands", "writes", traffic.writes());
        count("– answered with an error", "write-errors", traffic.writeErrors());
        count("Passed through to Redis", "passed-through", traffic.passedThrough());
        count("Changes that Redis told of", "invalidations", traffic.invalidations());
        count("Refused by the rate limit", "rate-limited", traffic.rateLimited());
        count("Refused: queue full or waited too long", "overloaded", traffic.overloaded());
        count("Connections closed: not a request", "protocol-errors", traffic.protocolErrors());
        count("Connections opened", "connections-opened", traffic.connectionsOpened());
        count("Connections refused at the limit", "connections-refused", traffic.connectionsRefused());
        line("</tbody>\n</table>\n</section>");
    }

    private void events() {
        line("<section id=\"events\">\n<h2>Recent events</h2>");
        if (now.events().isEmpty()) {
            empty("None yet: changes of settings and of tiers, warm-ups and drains will be listed here.");
        } else {
            line("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Recent events\">\n"
                    + "<table class=\"events\">");
            header("<th scope=\"col\">Time</th><th scope=\"col\">Kind</th><th scope=\"col\">Event</th>");
            for (Event event : now.events()) {
                line("<tr><td class=\"at\">" + time(event.at()) + "</td><td class=\"kind\">" + escaped(event.kind())
                        + "</td><td>" + escaped(event.text()) + "</td></tr>");
            }
            line("</tbody>\n</table>\n</div>");
        }
        line("</section>");
    }

    private void warmUp() {
        Map<String, Object> job = now.warmUp();
        line("<section id=\"warm-up\">\n<h2>Warm-up</h2>");
        String state = String.valueOf(job.get("state"));
        if (state.equals("none")) {
            empty("None has been run. <code>POST /admin/cache/warm-up</code> starts one.");
        } else {
            long planned = number(job, "planned");
            long read = number(job, "read");
            String reason = String.valueOf(job.get("reason"));
            line("<p data-field=\"warm-up\"><b>" + escaped(state.replace('_', ' ')) + "</b>"
                    + (reason.isEmpty() ? "" : ": " + escaped(reason)) + "</p>");
            double percent = job.get("weight_percent") instanceof Number number ? number.doubleValue() : 0;
            line(progress(Math.round(percent), 100, "Warm-up, share of the hot weight in memory"));
            line("<dl class=\"figures\">");
            figure("Hot weight", "warm-up-weight", Units.percent(percent / 100));
            figure("Keys read", "warm-up-read", Units.count(read) + small("of " + Units.count(planned)));
            figure("Now in memory", "warm-up-brought", Units.count(number(job, "brought")));
            figure("Values", "warm-up-bytes", Units.bytes(number(job, "bytes")));
            if (job.get("predicted_hit_ratio") instanceof Number ratio) {
                figure("Predicted hits", "warm-up-predicted", Units.percent(ratio.doubleValue()));
            }
            figure("Rate", "warm-up-rate", Units.count(number(job, "keys_per_second")) + small("keys/s"));
            figure("Left out", "warm-up-skipped", Units.count(skipped(job)) + small("or failed"));
            figure("Took", "warm-up-elapsed", Units.duration(number(job, "elapsed_ms")));
            line("</dl>");
        }
        line("</section>");
    }

    private static long skipped(Map<String, Object> job) {
        long sum = number(job, "errors");
        if (job.get("skipped") instanceof Map<?, ?> reasons) {
            for (Object count : reasons.values()) {
                sum += count instanceof Number number ? number.longValue() : 0;
            }
        }
        return sum;
    }

    private static long number(Map<String, Object> job, String name) {
        return job.get(name) instanceof Number number ? number.longValue() : 0;
    }

    private void config() {
        line("""
                <section id="config">
                <h2>Settings in force</h2>
                <div class="scroll" tabindex="0" role="region" aria-label="Settings in force">
                <table class="config">""");
        header("<th scope=\"col\">Setting</th><th scope=\"col\">Value</th><th scope=\"col\">From</th>");
        for (InForce setting : now.config()) {
            Instant until = setting.expiresAt();
            line((setting.since() == null ? "<tr>" : "<tr class=\"override\">") + "<th scope=\"row\" class=\"name\">"
                    + escaped(setting.name()) + "</th><td class=\"value\">" + escaped(setting.text()) + "</td><td>"
                    + escaped(setting.source()) + (until == null ? "" : ", until " + time(until.toEpochMilli()))
                    + "</td></tr>");
        }
        line("</tbody>\n</table>\n</div>\n</section>");
    }

    private void hotKeys() {
        line("<section id=\"hot-keys\">\n<h2>Hot keys</h2>");
        List<String> keys = now.hotKeys();
        if (keys == null) {
            empty("Not shown, since keys may say more than everyone here should see: <code>hot-keys: true</code> in "
                    + "the configuration switches them on.");
        } else if (keys.isEmpty()) {
            empty("No key has been read often enough yet.");
        } else {
            line("<ol class=\"keys mono\">");
            keys.forEach(key -> line("<li>" + escaped(key) + "</li>"));
            line("</ol>");
        }
        line("</section>");
    }

    private void line(String text) {
        html.append(text).append('\n');
    }

    private void header(String cells) {
        line("<thead><tr>" + cells + "</tr></thead>\n<tbody>");
    }

    private void empty(String text) {
        line("<p class=\"empty\">" + text + "</p>");
    }

    /** The value is HTML already. */
    private void figure(String name, String field, String value) {
        line("<div><dt>" + name + "</dt><dd data-field=\"" + field + "\">" + value + "</dd></div>");
    }

    private void count(String name, String field, long value) {
        line("<tr><th scope=\"row\">" + name + "</th><td class=\"number\" data-field=\"" + field + "\">"
                + Units.count(value) + "</td></tr>");
    }

    private static String small(String text) {
        return "<small>" + text + "</small>";
    }

    private static String progress(long value, long most, String label) {
        return "<progress value=\"" + Math.min(value, most) + "\" max=\"" + most + "\" aria-label=\"" + label
                + "\"></progress>";
    }

    private static String time(long millis) {
        return time(Instant.ofEpochMilli(millis));
    }

    static String time(Instant time) {
        return TIME.format(time);
    }

    /** Fit for text and for attributes in double quotes. */
    static String escaped(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.append(c);
            }
        }
        return escaped.toString();
    }
}
