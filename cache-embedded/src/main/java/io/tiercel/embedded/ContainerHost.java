package io.tiercel.embedded;

import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports.Binding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;

/**
 * All processes of a cluster in one container, each port published under its own number on 127.0.0.1. So the address
 * that a node announces holds inside, for the cluster bus, and outside, for clients that follow a redirect; containers
 * of their own would need two addresses per node, or host networking, which Docker on macOS does not have by default.
 * Loaded only when Testcontainers is on the class path, as it is an optional dependency.
 */
final class ContainerHost implements Host {

    private static final Logger log = LoggerFactory.getLogger(ContainerHost.class);

    /** Process 1 must live until we end it, and must reap servers that were killed; a shell in a loop does both. */
    private static final String IDLE = "while :; do sleep 0.2; done";

    private final String program;
    private final GenericContainer<?> container;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean keepLogs = Boolean.getBoolean("tiercel.embedded.keepLogs");

    ContainerHost(String image, String program, List<Integer> ports) {
        this.program = program;
        this.container = new GenericContainer<>(DockerImageName.parse(image)).withCreateContainerCmdModifier(create -> {
            create.withEntrypoint("sh", "-c", IDLE);
            create.withExposedPorts(ports.stream().map(ExposedPort::tcp).toList());
            HostConfig config = create.getHostConfig();
            (config == null ? HostConfig.newHostConfig() : config)
                    .withPortBindings(ports.stream()
                            .map(port ->
                                    new PortBinding(Binding.bindIpAndPort("127.0.0.1", port), ExposedPort.tcp(port)))
                            .toList());
        });
        AtExit.register(this);
        try {
            container.start();
        } catch (RuntimeException e) {
            close();
            throw new ServerStartException("cannot start a container of " + image + ": " + e.getMessage(), e);
        }
    }

    static boolean isEngineAvailable() {
        return DockerClientFactory.instance().isDockerAvailable();
    }

    @Override
    public ServerProcess prepare(String name, Map<String, String> files, List<String> command) {
        String home = "/tmp/tiercel/" + name;
        run("mkdir -p " + home);
        // What is copied belongs to root, and the image's user, who runs the server, must write nodes.conf.
        files.forEach((file, content) -> container.copyFileToContainer(
                Transferable.of(content.getBytes(StandardCharsets.UTF_8), 0666), home + "/" + file));
        String words = command.stream().map(ContainerHost::quoted).collect(Collectors.joining(" "));
        return new ContainerProcess(this, home, program + " " + words);
    }

    @Override
    public String bindAddress() {
        return "0.0.0.0";
    }

    @Override
    public void keepLogs() {
        keepLogs = true;
    }

    String id() {
        return container.getContainerId();
    }

    boolean isClosed() {
        return closed.get();
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        if (keepLogs && container.isRunning()) {
            // The container goes, so what its servers said goes to our own log.
            log.info(
                    "Logs of container {}:\n{}",
                    id(),
                    exec("tail -n 40 /tmp/tiercel/*/server.log").getStdout());
        }
        container.stop();
        AtExit.unregister(this);
    }

    /** Runs a script that must succeed. */
    String run(String script) {
        Container.ExecResult result = exec(script);
        if (result.getExitCode() != 0) {
            throw new IllegalStateException("in container " + id() + ": " + script + ": "
                    + result.getStderr().strip());
        }
        return result.getStdout();
    }

    Container.ExecResult exec(String script) {
        try {
            return container.execInContainer("sh", "-c", script);
        } catch (IOException e) {
            throw new UncheckedIOException("in container " + id() + ": " + script, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while talking to container " + id(), e);
        }
    }

    private static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }
}
