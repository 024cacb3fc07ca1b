package io.tiercel.sidecar;

import static java.util.Objects.requireNonNull;

import io.tiercel.sidecar.config.Command;
import io.tiercel.sidecar.config.ConfigException;
import io.tiercel.sidecar.config.ConfigReader;
import io.tiercel.sidecar.config.SidecarConfig;
import java.io.Console;
import java.io.PrintStream;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** {@code tiercel sidecar}: reads the settings, starts the sidecar, shows where it is, and ends it in order. */
public final class Main {
    static final int ENDED = 0;
    static final int FAILED = 1;
    static final int WRONG_SETTINGS = 2;

    private final Launcher launcher;
    private final PrintStream out;
    private final PrintStream err;

    Main(Launcher launcher, PrintStream out, PrintStream err) {
        this.launcher = requireNonNull(launcher, "launcher");
        this.out = requireNonNull(out, "out");
        this.err = requireNonNull(err, "err");
    }

    /**
     * Runs until the sidecar ends, and exits: with 0 then, 1 if it could not start or not end in order, 2 for wrong
     * settings.
     */
    public static void main(String[] arguments) {
        System.exit(new Main(Sidecar::launch, System.out, System.err).run(ConfigReader.ofThisProcess(), arguments));
    }

    /** Returns what the process should exit with. */
    int run(ConfigReader reader, String... arguments) {
        // Or what libraries say while settings are read would be among what is printed.
        Logs.start(Level.WARN);
        Command command;
        try {
            command = reader.read(arguments);
        } catch (ConfigException e) {
            return refuse(e);
        }
        if (command instanceof Command.Print print) {
            out.print(print.text());
            out.flush();
            return ENDED;
        }
        if (command instanceof Command.Run run) {
            return run(run.config());
        }
        out.println("tiercel sidecar " + version());
        return ENDED;
    }

    private int refuse(ConfigException e) {
        for (String problem : e.problems()) {
            err.println("tiercel sidecar: " + problem);
        }
        err.println("Nothing was started. 'tiercel sidecar --help' shows all settings.");
        return WRONG_SETTINGS;
    }

    private int run(SidecarConfig config) {
        Logs.start(config.logLevel());
        Running running;
        try {
            running = launcher.launch(config);
        } catch (StartException e) {
            err.println("tiercel sidecar: " + e.getMessage());
            LoggerFactory.getLogger(Main.class).debug("It could not start", e);
            Logs.stop();
            return FAILED;
        } catch (RuntimeException e) {
            err.println("tiercel sidecar: it could not start, by a fault of its own: " + e);
            LoggerFactory.getLogger(Main.class).error("It could not start", e);
            Logs.stop();
            return FAILED;
        }
        Ending ending = new Ending(running, config.life().drainTimeout(), err);
        ending.listen();
        out.print(new StartScreen(isColourful()).render(version(), running.facts()));
        out.flush();
        try {
            running.awaitEnd();
            return ENDED;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            err.println("tiercel sidecar: interrupted");
            ending.code(FAILED);
            return FAILED;
        }
    }

    /** Of the jar; outside of one there is none. */
    private static String version() {
        String version = Main.class.getPackage().getImplementationVersion();
        return version == null ? "(not from a jar)" : version;
    }

    @SuppressWarnings("SystemConsoleNull") // the other isTerminal is for where it is never null
    private static boolean isColourful() {
        Console console = System.console();
        return console != null
                && System.getenv("NO_COLOR") == null
                && !"dumb".equals(System.getenv("TERM"))
                && isTerminal(console);
    }

    /** From Java 22 on there is always a console, and it knows. */
    private static boolean isTerminal(Console console) {
        if (Runtime.version().feature() < 22) {
            return true;
        }
        try {
            return Boolean.TRUE.equals(Console.class.getMethod("isTerminal").invoke(console));
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }
}
