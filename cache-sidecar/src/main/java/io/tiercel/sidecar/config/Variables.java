package io.tiercel.sidecar.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The environment. A variable that is blank counts as one that is not there, as compose files leave them so. */
final class Variables {
    static final String FILE = "TIERCEL_CONFIG";

    private static final String PREFIX = "TIERCEL_";

    /** Of this project's tests and of the servers that {@code embedded} starts. */
    private static final Set<String> OTHERS = Set.of("TIERCEL_REQUIRE_SERVERS", "TIERCEL_SERVERS");

    /** What Kubernetes sets in every pod of a namespace in which a Service's name begins with tiercel. */
    private static final Pattern SERVICE_LINK = Pattern.compile(
            "TIERCEL_(.*_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT|PORT_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)");

    private Variables() {}

    static void read(Map<String, String> environment, Map<Setting<?>, Given> settings, List<String> problems) {
        for (Setting<?> setting : Settings.TABLE.all()) {
            String value = valueOf(environment, setting.variable());
            if (value == null) {
                continue;
            }
            if (value.startsWith("tcp://") && setting.name().endsWith("port")) {
                problems.add(setting.name() + " (environment " + setting.variable() + "): Kubernetes has set it for a"
                        + " Service of this name; set enableServiceLinks: false in the pod, or rename the Service");
                continue;
            }
            settings.put(
                    setting, new Given(new Node.Text(value), Source.ENVIRONMENT, "environment " + setting.variable()));
        }
        unknown(environment, problems);
    }

    private static void unknown(Map<String, String> environment, List<String> problems) {
        List<String> known = new ArrayList<>(
                Settings.TABLE.all().stream().<String>map(Setting::variable).toList());
        known.add(FILE);
        for (String name : new TreeMap<>(environment).keySet()) {
            if (name.startsWith(PREFIX)
                    && !known.contains(name)
                    && !OTHERS.contains(name)
                    && !SERVICE_LINK.matcher(name).matches()) {
                problems.add("environment " + Shown.text(name) + ": there is no such setting" + hint(name));
            }
        }
    }

    private static String hint(String variable) {
        String nearest = Nearest.of(variable.substring(PREFIX.length()), Settings.TABLE.names());
        Setting<?> meant = nearest == null ? null : Settings.TABLE.named(nearest);
        return meant == null ? "" : "; did you mean " + meant.variable() + "?";
    }

    static @Nullable String valueOf(Map<String, String> environment, String name) {
        String value = environment.get(name);
        return value == null || value.isBlank() ? null : value;
    }
}
