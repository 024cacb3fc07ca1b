package io.tiercel.sidecar.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The command line, as the table of settings has it. */
final class Flags {
    private static final String CONFIG = "--config";
    private static final String PRINT_CONFIG = "--print-config";
    private static final String VERSION = "--version";
    private static final String HELP = "--help";

    private final Map<Setting<?>, Given> values = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();
    private final ParseResult parsed;

    private Flags(ParseResult parsed) {
        this.parsed = parsed;
    }

    static Flags parse(String... arguments) {
        CommandLine line = new CommandLine(spec());
        line.setExpandAtFiles(false);
        line.setUnmatchedArgumentsAllowed(true);
        line.setTrimQuotes(false);
        line.getCommandSpec().parser().collectErrors(true);
        Flags flags = new Flags(line.parseArgs(arguments));
        for (Setting<?> setting : Settings.TABLE.all()) {
            flags.take(setting);
        }
        flags.complain();
        return flags;
    }

    private static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create();
        Settings.TABLE.all().forEach(setting -> spec.addOption(option(setting)));
        own().forEach(spec::addOption);
        return spec;
    }

    private static OptionSpec option(Setting<?> setting) {
        OptionSpec.Builder option = OptionSpec.builder(setting.flag())
                .type(String[].class)
                .paramLabel(setting.kind().label())
                .description(description(setting).replace("%", "%%"));
        // A switch takes a value only behind an equals sign or if it follows; without one it is true.
        return setting.kind().shape() == Kind.Shape.SWITCH
                ? option.arity("0..1").fallbackValue("true").build()
                : option.arity("1").build();
    }

    private static String description(Setting<?> setting) {
        return setting.help() + (setting.initial() == null ? "" : " Default: " + setting.initial() + ".");
    }

    private static List<OptionSpec> own() {
        return List.of(
                OptionSpec.builder(CONFIG)
                        .type(String[].class)
                        .arity("1")
                        .paramLabel("FILE")
                        .description("Reads settings from this YAML file. Also: TIERCEL_CONFIG.")
                        .build(),
                OptionSpec.builder(PRINT_CONFIG)
                        .type(boolean.class)
                        .description("Shows the settings in force with their sources, as YAML, and ends.")
                        .build(),
                OptionSpec.builder(VERSION)
                        .type(boolean.class)
                        .description("Shows the version and ends.")
                        .build(),
                OptionSpec.builder("-h", HELP)
                        .type(boolean.class)
                        .description("Shows this and ends.")
                        .build());
    }

    private void take(Setting<?> setting) {
        List<String> texts = texts(setting.flag());
        if (texts.isEmpty()) {
            return;
        }
        String origin = "flag " + setting.flag();
        if (texts.size() == 1) {
            values.put(setting, new Given(new Node.Text(texts.get(0)), Source.FLAG, origin));
        } else if (setting.kind().shape().isList()) {
            List<Node> items = new ArrayList<>();
            for (String text : texts) {
                try {
                    Node part = Given.shaped(setting.kind(), new Node.Text(text));
                    items.addAll(part instanceof Node.Many many ? many.items() : List.of(part));
                } catch (BadValueException e) {
                    problems.add(setting.name() + " (" + origin + "): " + e.getMessage());
                }
            }
            values.put(setting, new Given(new Node.Many(items), Source.FLAG, origin));
        } else {
            problems.add(setting.flag() + " is given " + texts.size() + " times; once is enough");
        }
    }

    private List<String> texts(String flag) {
        String[] texts = parsed.matchedOptionValue(flag, new String[0]);
        return Arrays.asList(texts);
    }

    /** About flags that nobody knows or that lack a value. Their values are not repeated: they may be secrets. */
    private void complain() {
        for (Exception error : parsed.errors()) {
            if (error instanceof CommandLine.MissingParameterException missing) {
                String flags = missing.getMissing().stream()
                        .map(arg -> arg instanceof OptionSpec option ? option.longestName() : arg.paramLabel())
                        .reduce((a, b) -> a + ", " + b)
                        .orElse("a flag");
                problems.add(flags + " needs a value behind it");
            } else if (!(error instanceof CommandLine.UnmatchedArgumentException)) {
                problems.add("the flags cannot be read; see --help");
            }
        }
        boolean behindUnknown = false;
        for (String argument : parsed.unmatched()) {
            if (argument.startsWith("-")) {
                int end = argument.indexOf('=');
                String name = end < 0 ? argument : argument.substring(0, end);
                problems.add("there is no flag " + Shown.text(name) + hint(name) + " See --help.");
                behindUnknown = end < 0;
            } else {
                if (!behindUnknown) {
                    problems.add("there is a word too many among the flags: they begin with --, as in --ttl 60s");
                }
                behindUnknown = false;
            }
        }
        if (texts(CONFIG).size() > 1) {
            problems.add(CONFIG + " is given " + texts(CONFIG).size() + " times; there can be one file");
        }
    }

    private static String hint(String flag) {
        List<String> known = new ArrayList<>(Settings.TABLE.names());
        known.addAll(List.of("config", "print-config", "version", "help"));
        String nearest = Nearest.of(flag.replaceFirst("^-+", ""), known);
        return nearest == null ? "." : "; did you mean --" + nearest + "?";
    }

    Map<Setting<?>, Given> values() {
        return values;
    }

    Collection<String> problems() {
        return problems;
    }

    @Nullable
    String file() {
        List<String> files = texts(CONFIG);
        return files.size() == 1 ? files.get(0) : null;
    }

    boolean asksForHelp() {
        return parsed.hasMatchedOption(HELP);
    }

    boolean asksForVersion() {
        return parsed.hasMatchedOption(VERSION);
    }

    boolean asksForSettings() {
        return parsed.hasMatchedOption(PRINT_CONFIG);
    }

    /** What {@code --help} prints. The groups are for the eye only, so they are not in what is parsed. */
    static String help() {
        CommandSpec spec = CommandSpec.create().name("tiercel sidecar");
        int order = 0;
        for (Setting.Group group : Setting.Group.values()) {
            ArgGroupSpec.Builder args = ArgGroupSpec.builder()
                    .heading("%n" + group.title() + "%n")
                    .validate(false)
                    .exclusive(false);
            Settings.TABLE.all().stream()
                    .filter(setting -> setting.group() == group)
                    .forEach(setting -> args.addArg(option(setting)));
            spec.addArgGroup(args.order(order++).build());
        }
        ArgGroupSpec.Builder args = ArgGroupSpec.builder()
                .heading("%nThis command%n")
                .validate(false)
                .exclusive(false);
        own().forEach(args::addArg);
        spec.addArgGroup(args.order(order).build());
        spec.usageMessage()
                .width(100)
                .sortOptions(false)
                .longOptionsMaxWidth(36)
                .abbreviateSynopsis(true)
                .customSynopsis("tiercel sidecar [--SETTING VALUE]...%n")
                .description(
                        "A cache in memory that speaks the Redis protocol, in front of Redis and memcached.",
                        "",
                        "Each setting can be a flag (--redis-timeout 1s), a variable (TIERCEL_REDIS_TIMEOUT=1s) or a line"
                                + " of the file that --config names (redis-timeout: 1s). A flag is stronger than a"
                                + " variable, and that than the file.")
                .footer("", "Exit code: 0 at the end, 1 if it could not start, 2 for wrong settings.");
        return new CommandLine(spec).getUsageMessage(CommandLine.Help.Ansi.OFF);
    }
}
