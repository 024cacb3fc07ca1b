package io.tiercel.cache;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/**
 * Fails a test class after which Netty told of a buffer that nobody released. On for every class, see
 * {@code META-INF/services}; what one class leaks may be found only after the next.
 */
public final class NoLeaks implements BeforeAllCallback, AfterAllCallback {
    private static final Queue<String> found = new ConcurrentLinkedQueue<>();

    static {
        AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                found.add(event.getFormattedMessage());
            }
        };
        appender.start();
        ((Logger) LoggerFactory.getLogger(ResourceLeakDetector.class)).addAppender(appender);
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        // Its being loaded is what matters: from here on it listens.
    }

    @Override
    public void afterAll(ExtensionContext context) {
        List<String> leaks = look();
        if (!leaks.isEmpty()) {
            throw new AssertionError("Netty buffers that were not released: " + leaks);
        }
    }

    /** What was told since the last look. Netty tells of what was collected when it makes its next buffer. */
    static List<String> look() {
        System.gc();
        for (int i = 0; i < 10; i++) {
            ByteBufAllocator.DEFAULT.buffer(16).release();
        }
        List<String> leaks = new ArrayList<>();
        for (String leak = found.poll(); leak != null; leak = found.poll()) {
            leaks.add(leak);
        }
        return leaks;
    }
}
