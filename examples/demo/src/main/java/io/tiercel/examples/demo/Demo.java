package io.tiercel.examples.demo;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** {@code ./tiercel demo}: reads the command line, chooses the screen, and sees to it that everything ends well. */
public final class Demo {
    static final int WRONG_OPTION = 2;

    private Demo() {}

    public static void main(String[] arguments) {
        Options options = new Options();
        CommandLine commandLine = new CommandLine(options).setCaseInsensitiveEnumValuesAllowed(true);
        Trace trace;
        try {
            commandLine.parseArgs(arguments);
            if (commandLine.isUsageHelpRequested()) {
                commandLine.usage(System.out);
                return;
            }
            options.check();
            trace = options.openable();
        } catch (ParameterException e) {
            System.exit(refuse(e));
            return;
        }
        System.exit(run(options, trace));
    }

    private static int refuse(ParameterException e) {
        PrintWriter err = e.getCommandLine().getErr();
        err.println(e.getMessage());
        err.println("Try 'tiercel demo --help'.");
        err.flush();
        return WRONG_OPTION;
    }

    private static int run(Options options, Trace trace) {
        StopSignal stop = new StopSignal();
        Screen screen = screen(options);
        stop.listen(screen::close);
        try {
            return new Show(options, trace, screen, stop::isGiven).run();
        } finally {
            screen.close();
            stop.closed();
        }
    }

    private static Screen screen(Options options) {
        Charset charset = Charset.forName(System.getProperty("native.encoding", "US-ASCII"));
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, charset);
        if (options.plain || !isTerminal()) {
            return new Screen.Log(out, Style.of(charset, false));
        }
        return new Screen.Terminal(out, Style.of(charset, System.getenv("NO_COLOR") == null));
    }

    @SuppressWarnings("SystemConsoleNull") // the other isTerminal is for where it is never null
    private static boolean isTerminal() {
        Console console = System.console();
        return console != null && !"dumb".equals(System.getenv("TERM")) && isTerminal(console);
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
