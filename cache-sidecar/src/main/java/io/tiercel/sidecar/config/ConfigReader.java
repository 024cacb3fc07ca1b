package io.tiercel.sidecar.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Reads the settings: defaults, then a file, the environment and flags, each stronger than those before. Only the strongest
 * value of a setting is looked at; names that nobody knows are wrong wherever they are.
 */
public final class ConfigReader {
    private final Map<String, String> environment;
    private final long memory;

    /**
     * Reads with these surroundings.
     *
     * @param environment all variables, not only the sidecar's
     * @param memory what the process may use, in bytes
     */
    public ConfigReader(Map<String, String> environment, long memory) {
        this.environment = Map.copyOf(environment);
        this.memory = memory;
    }

    /** Reads with the variables and the memory that this process has. */
    public static ConfigReader ofThisProcess() {
        return new ConfigReader(System.getenv(), Runtime.getRuntime().maxMemory());
    }

    /**
     * Does what the flags say. Blocks while it reads the file and those that it names.
     *
     * @throws ConfigException with everything that is wrong
     */
    public Command read(String... arguments) throws ConfigException {
        Flags flags = Flags.parse(arguments);
        if (flags.asksForHelp()) {
            return new Command.Print(Flags.help());
        }
        if (flags.asksForVersion()) {
            return new Command.Version();
        }
        List<String> problems = new ArrayList<>(flags.problems());
        List<String> sources = new ArrayList<>(List.of("defaults"));
        Map<Setting<?>, Given> given = defaults();
        String file = file(flags, given, problems, sources);

        Map<Setting<?>, Given> variables = new LinkedHashMap<>();
        Variables.read(environment, variables, problems);
        add(variables, "environment", given, sources);
        add(flags.values(), "flags", given, sources);

        dropWeaker(given, Settings.PASSWORD, Settings.PASSWORD_FILE);

        List<String> warnings = new ArrayList<>();
        Values values = new Values(given, problems);
        Checks.run(values, memory, problems, warnings);
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
        SidecarConfig config = Assembly.of(values, memory, sources, warnings);
        return flags.asksForSettings() ? new Command.Print(printed(config, file)) : new Command.Run(config);
    }

    /** Of two that say the same, so that a flag of one kind is also stronger than a line in a file of the other. */
    private static void dropWeaker(Map<Setting<?>, Given> given, Setting<?> one, Setting<?> other) {
        Given first = given.get(one);
        Given second = given.get(other);
        if (first != null && second != null && first.source() != second.source()) {
            given.remove(first.source().compareTo(second.source()) < 0 ? one : other);
        }
    }

    private Map<Setting<?>, Given> defaults() {
        Map<Setting<?>, Given> given = new LinkedHashMap<>();
        for (Setting<?> setting : Settings.TABLE.all()) {
            String initial = setting.initial();
            if (initial != null) {
                given.put(setting, new Given(new Node.Text(initial), Source.DEFAULT, "default"));
            }
        }
        given.put(Settings.POD, pod());
        return given;
    }

    /** A host's name may have what a pod's may not; such a one is passed over. */
    private Given pod() {
        String host = Variables.valueOf(environment, "HOSTNAME");
        if (host != null) {
            Node name = new Node.Text(host);
            try {
                String unused = Settings.POD.kind().parser().parse(name);
                return new Given(name, Source.DEFAULT, "default, from HOSTNAME");
            } catch (BadValueException e) {
                return randomPod();
            }
        }
        return randomPod();
    }

    private static Given randomPod() {
        String name = String.format("pod-%08x", ThreadLocalRandom.current().nextInt());
        return new Given(new Node.Text(name), Source.DEFAULT, "default, random");
    }

    private @Nullable String file(
            Flags flags, Map<Setting<?>, Given> given, List<String> problems, List<String> sources) {
        String byFlag = flags.file();
        String file = byFlag == null ? Variables.valueOf(environment, Variables.FILE) : byFlag;
        if (file == null) {
            return null;
        }
        Map<Setting<?>, Given> settings = new LinkedHashMap<>();
        SettingsFile.read(file, byFlag == null ? "environment " + Variables.FILE : "flag --config", settings, problems);
        given.putAll(settings);
        sources.add("file " + Shown.file(file) + " (" + counted(settings.size()) + ")");
        return file;
    }

    private static void add(
            Map<Setting<?>, Given> layer, String name, Map<Setting<?>, Given> given, List<String> sources) {
        if (!layer.isEmpty()) {
            given.putAll(layer);
            sources.add(name + " (" + counted(layer.size()) + ")");
        }
    }

    private static String counted(int settings) {
        return settings == 1 ? "1 setting" : settings + " settings";
    }

    private static String printed(SidecarConfig config, @Nullable String file) {
        StringBuilder text = new StringBuilder("# The settings in force"
                + (file == null ? "" : ", with the file " + Shown.file(file))
                + ". As a file of settings, put the secrets in where *** stands.\n");
        for (EffectiveSetting setting : config.settings()) {
            String line =
                    setting.value() == null ? "# " + setting.name() + ":" : setting.name() + ": " + setting.value();
            text.append(line).append("  # ").append(setting.origin()).append('\n');
        }
        return text.toString();
    }
}
