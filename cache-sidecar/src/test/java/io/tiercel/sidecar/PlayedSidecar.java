package io.tiercel.sidecar;

import io.tiercel.sidecar.config.ConfigReader;
import io.tiercel.sidecar.config.SidecarConfig;
import io.tiercel.sidecar.control.TierStatus;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A process with the sidecar's entry and nothing behind it, which plays the part that the property {@code part} names. */
final class PlayedSidecar implements Running {
    private final SidecarConfig config;
    private final CountDownLatch end = new CountDownLatch(1);

    private PlayedSidecar(SidecarConfig config) {
        this.config = config;
    }

    public static void main(String[] arguments) {
        System.exit(
                new Main(PlayedSidecar::launch, System.out, System.err).run(ConfigReader.ofThisProcess(), arguments));
    }

    private static String part() {
        return System.getProperty("part", "");
    }

    private static Running launch(SidecarConfig config) throws StartException {
        switch (part()) {
            case "fails" ->
                throw new StartException("redis at 127.0.0.1:1 does not answer; start it or leave --redis out");
            case "floods" -> flood();
            case "breaks" -> throw new IllegalArgumentException("broken");
            default -> LoggerFactory.getLogger(PlayedSidecar.class).info("key {} began\nlike a line of its own", "k");
        }
        LoggerFactory.getLogger("io.lettuce.core").debug("AUTH a-secret");
        LoggerFactory.getLogger(PlayedSidecar.class).debug("in detail");
        PlayedSidecar running = new PlayedSidecar(config);
        if (part().equals("ends")) {
            running.end.countDown();
        }
        return running;
    }

    /** Much more than a pipe and the queue of what is to be logged hold; warnings, as anything less is given up early. */
    private static void flood() {
        Logger logger = LoggerFactory.getLogger(PlayedSidecar.class);
        for (int i = 0; i < 50_000; i++) {
            logger.warn("line {} of very many", i);
        }
        System.err.println("flooded");
    }

    @Override
    public StartFacts facts() {
        return new StartFacts(
                config.identity().pod(),
                config.identity().fleet(),
                List.of(new StartFacts.RespPort("127.0.0.1", 6380, false, false)),
                List.of(new StartFacts.Tier("L1", "memory", TierStatus.State.UP, "")),
                config.sources(),
                config.warnings());
    }

    @Override
    public void awaitEnd() throws InterruptedException {
        end.await();
    }

    @Override
    public void drain() {
        System.out.println("draining");
        if (part().equals("hangs")) {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        try {
            boolean unused = new CountDownLatch(1).await(200, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        System.out.println("drained");
        end.countDown();
    }

    @Override
    public void close() {
        System.out.println("closed");
        end.countDown();
    }
}
