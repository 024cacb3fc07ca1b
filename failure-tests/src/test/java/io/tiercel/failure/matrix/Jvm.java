package io.tiercel.failure.matrix;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A JVM of its own on the class path of this one, that is told what to do in lines and answers each with one. It ends when
 * its standard input does, so that none outlives the tests. Not thread-safe, but for the signals.
 */
final class Jvm implements AutoCloseable {
    private final Process process;
    private final BufferedReader in;
    private final OutputStream out;
    private final Thread atExit;

    Jvm(Class<?> main, List<String> words, String... options) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.add(main.getName());
        command.addAll(words);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment()
                .put(
                        "CLASSPATH",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        process = builder.start();
        in = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        out = process.getOutputStream();
        atExit = new Thread(process::destroyForcibly); // also when it is stopped and does not see its input end
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    String ask(String line) throws IOException {
        tell(line);
        return answer();
    }

    void tell(String line) throws IOException {
        out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    String answer() throws IOException {
        String line = in.readLine();
        if (line == null) {
            throw new IOException("the JVM with pid " + process.pid() + " has ended");
        }
        return line;
    }

    /** SIGSTOP, SIGCONT, ... by their short names. */
    void signal(String name) throws Exception {
        int status = new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid())
                .inheritIO()
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException("kill -" + name + " " + process.pid() + " said " + status);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            out.close();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        } finally {
            Runtime.getRuntime().removeShutdownHook(atExit);
        }
    }
}
