package io.tiercel.sidecar.http;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the query of a request says.
 *
 * @param dryRun whether only to say what would change
 * @param scope whom it is about; null if that was not said
 * @param patience how long to wait for all pods to have it
 * @param others parameters that only this route knows
 * @param legible whether the query could be read; if not, there are no others
 */
record Options(boolean dryRun, @Nullable Scope scope, Duration patience, Map<String, String> others, boolean legible) {
    private static final Duration USUAL_WAIT = Duration.ofSeconds(1);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
    static final Options NONE = new Options(false, null, USUAL_WAIT, Map.of(), true);
    private static final Options ILLEGIBLE = new Options(false, null, USUAL_WAIT, Map.of(), false);

    /** Whom a change is about. */
    enum Scope {
        POD,
        FLEET
    }

    Options {
        others = Map.copyOf(others);
    }

    /**
     * The options of a route that changes something.
     *
     * @param query as it stands behind the question mark
     */
    static Options ofChange(String query) throws ProblemException {
        Map<String, String> parameters = Targets.query(query);
        known(parameters, Set.of("dry_run", "scope", "wait"));
        boolean dryRun = switch (parameters.getOrDefault("dry_run", "false")) {
            case "true" -> true;
            case "false" -> false;
            default -> throw ProblemException.invalid("dry_run", "must be true or false");
        };
        Scope scope = switch (parameters.getOrDefault("scope", "")) {
            case "pod" -> Scope.POD;
            case "fleet" -> Scope.FLEET;
            default -> {
                if (parameters.containsKey("scope")) {
                    throw ProblemException.invalid("scope", "must be pod or fleet");
                }
                yield null;
            }
        };
        return new Options(dryRun, scope, wait(parameters.get("wait")), Map.of(), true);
    }

    /** The options of a route that shows something; what it does not know is passed over, as dashboards add things. */
    static Options ofRead(String query) {
        try {
            return new Options(false, null, USUAL_WAIT, Targets.query(query), true);
        } catch (ProblemException e) {
            return ILLEGIBLE; // for most nothing depends on it
        }
    }

    private static Duration wait(@Nullable String text) throws ProblemException {
        if (text == null) {
            return USUAL_WAIT;
        }
        Optional<Duration> wait = Body.duration(text);
        if (wait.isEmpty() || wait.get().compareTo(LONGEST_WAIT) > 0) {
            throw ProblemException.invalid("wait", "must be a time such as \"500ms\" or \"5s\", up to 30s");
        }
        return wait.get();
    }

    private static void known(Map<String, String> parameters, Set<String> known) throws ProblemException {
        for (String name : parameters.keySet()) {
            if (!known.contains(name)) {
                throw ProblemException.invalid(
                        Json.shown(name),
                        "is unknown in the query: there are " + String.join(", ", new TreeSet<>(known)));
            }
        }
    }
}
