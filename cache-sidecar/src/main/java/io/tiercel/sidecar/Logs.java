package io.tiercel.sidecar;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.nio.charset.StandardCharsets;
import org.slf4j.LoggerFactory;

/** Logs of the whole process: lines on the standard output. */
final class Logs {
    /** What a message brings along, such as a key, must not look like lines of its own or move the cursor. */
    private static final String PATTERN = "%d{\"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\"} %-5level [%thread] %logger{30} "
            + "%replace(%msg){'[\\p{Cntrl}\\u2028\\u2029]+', ' '}%n%ex";

    private static final int QUEUE = 8_192;

    private Logs() {}

    /** From now on, at this level. Replaces what was configured. */
    static void start(org.slf4j.event.Level level) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setCharset(StandardCharsets.UTF_8);
        encoder.setPattern(PATTERN);
        encoder.start();
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setContext(context);
        console.setEncoder(encoder);
        console.start();

        // Event loops log: when the standard output is stuck, lines are lost rather than clients kept waiting.
        AsyncAppender appender = new AsyncAppender();
        appender.setContext(context);
        appender.setQueueSize(QUEUE);
        appender.setNeverBlock(true);
        appender.addAppender(console);
        appender.start();

        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.addAppender(appender);
        Level own = Level.convertAnSLF4JLevel(level);
        // The clients' libraries log commands with their values below info.
        root.setLevel(own.isGreaterOrEqual(Level.INFO) ? own : Level.INFO);
        context.getLogger("io.tiercel").setLevel(own);
    }

    /** Writes what is still to be written. */
    static void stop() {
        ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();
    }
}
