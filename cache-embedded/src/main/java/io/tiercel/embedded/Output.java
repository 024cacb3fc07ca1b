package io.tiercel.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What a short-lived program printed, and its exit code (-1 when it had to be killed). */
record Output(int exitCode, String text) {

    /**
     * Runs it to its end.
     *
     * @throws IOException when it cannot be started
     */
    static Output of(List<String> command, Duration timeout) throws IOException {
        // Through a file and not a pipe: a program that prints nothing and hangs cannot hold us beyond the timeout.
        Path file = Files.createTempFile("tiercel-output-", ".txt");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(file.toFile())
                    .start();
            boolean ended = process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (!ended) {
                process.destroyForcibly();
            }
            return new Output(ended ? process.exitValue() : -1, Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for " + command.get(0), e);
        } finally {
            Files.deleteIfExists(file);
        }
    }
}
