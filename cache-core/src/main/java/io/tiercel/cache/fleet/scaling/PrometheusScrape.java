package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * Reads what an application exposes for Prometheus (Prometheus documentation, "Exposition formats", text format 0.0.4; a
 * page of OpenMetrics is read as well, what it has beyond is passed over). Only the wanted samples are kept, and of these only
 * sums, so that memory does not depend on the page.
 *
 * <p>Stateless but for the names. Thread-safe.
 */
public final class PrometheusScrape {
    /** The longest page in characters: 4 MiB. */
    public static final int LONGEST = 4 << 20;

    private static final int LONGEST_LINE = 16_384;
    private static final int MOST_LABELS = 64;

    private final ScrapeNames names;

    /** For these metrics. */
    public PrometheusScrape(ScrapeNames names) {
        this.names = requireNonNull(names, "names");
    }

    /**
     * What the page says. Samples that are no finite number count as not there.
     *
     * @throws IllegalArgumentException if it is no such page or longer than {@link #LONGEST}; the message has the number of the
     *     line
     */
    public AppMetrics parse(String page) {
        Fields.longest("page", page, LONGEST);
        Map<String, Double> sums = new HashMap<>();
        int number = 0;
        for (int from = 0; from < page.length(); ) {
            int end = page.indexOf('\n', from);
            int to = end < 0 ? page.length() : end;
            number++;
            if (to - from > LONGEST_LINE) {
                throw new IllegalArgumentException(
                        "line " + number + " must have " + LONGEST_LINE + " characters at most: " + (to - from));
            }
            new Line(page, from, to, number).read(sums);
            from = to + 1;
        }
        return new AppMetrics(known(sums.get(names.cpu())), memory(sums), connections(sums));
    }

    private OptionalDouble memory(Map<String, Double> sums) {
        Double used = sums.get(names.memoryUsed());
        Double max = sums.get(names.memoryMax());
        return used == null || max == null ? OptionalDouble.empty() : OptionalDouble.of(used / max);
    }

    private OptionalDouble connections(Map<String, Double> sums) {
        for (String name : names.connections()) {
            if (sums.containsKey(name)) {
                return known(sums.get(name));
            }
        }
        return OptionalDouble.empty();
    }

    private static OptionalDouble known(@Nullable Double value) {
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    /** One line of the page, and how far it has been read. */
    private final class Line {
        private final String page;
        private final int end;
        private final int number;
        private int at;
        private boolean labelled;

        Line(String page, int from, int end, int number) {
            this.page = page;
            this.at = from;
            this.end = end;
            this.number = number;
            this.labelled = names.memoryLabel().isEmpty();
        }

        void read(Map<String, Double> sums) {
            skipBlanks();
            if (at == end || page.charAt(at) == '#') {
                return;
            }
            String name = name();
            if (at < end && page.charAt(at) == '{') {
                labels();
            }
            skipBlanks();
            double value = value();
            if (Double.isFinite(value) && value >= 0) {
                add(name, value, sums);
            }
        }

        private void add(String name, double value, Map<String, Double> sums) {
            if (name.equals(names.cpu())) {
                sums.putIfAbsent(name, value);
            } else if (name.equals(names.memoryUsed())) {
                sums.computeIfPresent(name, (n, sum) -> labelled ? sum + value : sum);
                if (labelled) {
                    sums.putIfAbsent(name, value);
                }
            } else if (name.equals(names.memoryMax())) {
                if (labelled && value > 0) {
                    sums.merge(name, value, Double::sum);
                }
            } else if (names.connections().contains(name)) {
                sums.merge(name, value, Double::sum);
            }
        }

        private String name() {
            int from = at;
            while (at < end && isOfName(page.charAt(at))) {
                at++;
            }
            if (at == from || (page.charAt(from) >= '0' && page.charAt(from) <= '9')) {
                throw refused("must begin with a name");
            }
            return page.substring(from, at);
        }

        private void labels() {
            at++;
            for (int count = 0; ; count++) {
                skipBlanks();
                if (at < end && page.charAt(at) == '}') {
                    at++;
                    return;
                }
                if (count == MOST_LABELS) {
                    throw refused("must have " + MOST_LABELS + " labels at most");
                }
                String name = name();
                skipBlanks();
                expect('=');
                skipBlanks();
                String value = quoted();
                labelled |= names.memoryLabel().equals(name + "=" + value);
                skipBlanks();
                if (at < end && page.charAt(at) == ',') {
                    at++;
                } else if (at >= end || page.charAt(at) != '}') {
                    throw refused("must have a comma or a brace behind a label");
                }
            }
        }

        private String quoted() {
            expect('"');
            StringBuilder text = new StringBuilder();
            while (at < end && page.charAt(at) != '"') {
                char c = page.charAt(at++);
                if (c == '\\' && at < end) {
                    char escaped = page.charAt(at++);
                    c = escaped == 'n' ? '\n' : escaped;
                }
                text.append(c);
            }
            expect('"');
            return text.toString();
        }

        /** As Go reads them; a time or an exemplar behind it is not looked at. */
        private double value() {
            int from = at;
            while (at < end && page.charAt(at) != ' ' && page.charAt(at) != '\t' && page.charAt(at) != '\r') {
                at++;
            }
            String text = page.substring(from, at);
            if (text.matches("[+-]?(Inf|NaN)")) {
                return Double.NaN;
            }
            if (!text.matches("[+-]?[0-9.]{1,40}([eE][+-]?[0-9]{1,4})?")) {
                throw refused("must have a number behind its name");
            }
            try {
                return Double.parseDouble(text);
            } catch (NumberFormatException e) {
                throw refused("must have a number behind its name");
            }
        }

        private void expect(char c) {
            if (at >= end || page.charAt(at) != c) {
                throw refused("must have " + c + " in its labels");
            }
            at++;
        }

        private void skipBlanks() {
            while (at < end && (page.charAt(at) == ' ' || page.charAt(at) == '\t' || page.charAt(at) == '\r')) {
                at++;
            }
        }

        private boolean isOfName(char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
        }

        /** Without the line itself, which may have anything in it. */
        private IllegalArgumentException refused(String expected) {
            return new IllegalArgumentException("line " + number + " " + expected);
        }
    }
}
