package io.tiercel.embedded;

import io.tiercel.embedded.ServerSource.Kind;
import io.tiercel.embedded.Surroundings.Only;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.embedded.RedisExecProvider;

/**
 * Chooses where servers come from: the environment, then programs of this machine, then containers, which are asked for
 * last because that takes seconds. What was tried in vain is remembered, for the message when nothing is left.
 */
final class Choice {

    private static final Logger log = LoggerFactory.getLogger(Choice.class);
    private static final Set<ServerSource> told = ConcurrentHashMap.newKeySet();
    private static final Pattern VERSION = Pattern.compile("(?:v=|memcached )(\\d+)\\.(\\d+)\\.(\\d+)");

    static final String REDIS_IMAGE = "redis:7.0";
    static final String MEMCACHED_IMAGE = "memcached:1.6";
    static final String HOW_TO_GET_REDIS = "Redis 7.0 or newer is needed. Any of these will do: 'apt-get install"
            + " redis-server', 'brew install redis', start a container engine (Docker or Podman), or set "
            + Surroundings.REDIS + "=host:port[,host:port…].";
    static final String HOW_TO_GET_MEMCACHED = "memcached is needed. Any of these will do: 'apt-get install memcached',"
            + " 'brew install memcached', start a container engine (Docker or Podman), or set " + Surroundings.MEMCACHED
            + "=host:port.";

    private final Surroundings surroundings;
    private final List<String> tried = new ArrayList<>();

    Choice(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    Where redis() {
        Addresses given = surroundings.redis();
        return given != null ? given(Surroundings.REDIS, given) : redisToStart();
    }

    Where.Startable redisToStart() {
        Only only = surroundings.only();
        if (only != Only.CONTAINER) {
            Where.Startable local = local("redis-server", this::redisFits);
            if (local == null) {
                local = bundled();
            }
            if (local != null) {
                return local;
            }
        }
        Where.Startable container = only == Only.LOCAL ? null : container(REDIS_IMAGE, "redis-server");
        if (container == null) {
            throw nothingFound(HOW_TO_GET_REDIS);
        }
        return container;
    }

    Where memcached() {
        Where found = findMemcached();
        if (found == null) {
            throw nothingFound(HOW_TO_GET_MEMCACHED);
        }
        return found;
    }

    /** As {@link #memcached}, or null when there is none to be had and the surroundings allow to go on without. */
    @Nullable
    Where memcachedIfAvailable() {
        Where found = surroundings.requiresServers() ? memcached() : findMemcached();
        if (found == null) {
            log.info("Going on without memcached, tried: {}. {}", String.join("; ", tried), HOW_TO_GET_MEMCACHED);
        }
        return found;
    }

    private @Nullable Where findMemcached() {
        Address given = surroundings.memcached();
        if (given != null) {
            return given(Surroundings.MEMCACHED, new Addresses(List.of(given), null));
        }
        Only only = surroundings.only();
        Where.Startable found = only == Only.CONTAINER ? null : local("memcached", version -> null);
        return found == null && only != Only.LOCAL ? container(MEMCACHED_IMAGE, "memcached") : found;
    }

    /** Says once per JVM which choice was taken. */
    static void tell(ServerSource source) {
        if (told.add(source)) {
            log.info("Using {}", source);
        }
    }

    private static Where given(String variable, Addresses addresses) {
        return new Where.Given(
                addresses, new ServerSource(Kind.ENVIRONMENT, variable + "=" + addresses.withoutPassword()));
    }

    /** Says why a version will not do, or null when it will. */
    private interface Fitness {
        @Nullable
        String objection(int[] version);
    }

    private @Nullable String redisFits(int[] version) {
        return version[0] >= 7 ? null : "older than 7.0, which the cluster-port setting needs";
    }

    private Where.@Nullable Startable local(String program, Fitness fitness) {
        Optional<Path> path = surroundings.onPath(program);
        if (path.isEmpty()) {
            tried.add("no " + program + " on PATH");
            return null;
        }
        int[] version = version(path.get(), program.equals("memcached") ? "-V" : "--version");
        if (version == null) {
            return null;
        }
        String objection = fitness.objection(version);
        if (objection != null) {
            tried.add(path.get() + " is " + text(version) + ", " + objection);
            return null;
        }
        return new Where.Local(
                path.get(),
                new ServerSource(Kind.LOCAL_BINARY, program + " " + text(version) + " from PATH (" + path.get() + ")"));
    }

    private Where.@Nullable Startable bundled() {
        Path program;
        try {
            program = Bundled.program();
        } catch (IOException | RuntimeException e) {
            // Not every platform has one; the next choice may still do, and the message says so otherwise.
            tried.add("no bundled redis-server for this platform (" + e + ")");
            return null;
        }
        int[] version = version(program, "--version");
        return version == null
                ? null
                : new Where.Local(
                        program,
                        new ServerSource(
                                Kind.BUNDLED_BINARY,
                                "redis-server " + text(version) + " bundled with org.signal:embedded-redis"));
    }

    private Where.@Nullable Startable container(String image, String program) {
        try {
            Class.forName("org.testcontainers.DockerClientFactory", false, Choice.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            // An optional dependency that is not there is one way less.
            tried.add("Testcontainers is not on the class path");
            return null;
        }
        if (!ContainerHost.isEngineAvailable()) {
            tried.add("no container engine answers");
            return null;
        }
        return new Where.InContainer(image, program, new ServerSource(Kind.CONTAINER, "container image " + image));
    }

    private int @Nullable [] version(Path program, String option) {
        try {
            Output output = Output.of(List.of(program.toString(), option), Duration.ofSeconds(5));
            Matcher matcher = VERSION.matcher(output.text());
            if (matcher.find()) {
                return new int[] {
                    Integer.parseInt(matcher.group(1)),
                    Integer.parseInt(matcher.group(2)),
                    Integer.parseInt(matcher.group(3))
                };
            }
            tried.add(program + " " + option + " did not say its version (exit code " + output.exitCode() + ")");
        } catch (IOException e) {
            // A program that cannot be run is no choice; the message at the end says why.
            tried.add(program + " cannot be run (" + e.getMessage() + ")");
        }
        return null;
    }

    private static String text(int[] version) {
        return version[0] + "." + version[1] + "." + version[2];
    }

    private ServerStartException nothingFound(String howToGetIt) {
        return new ServerStartException(howToGetIt + " Tried: " + String.join("; ", tried) + ".");
    }

    /** Extracts the bundled program once per JVM; the library deletes it at exit. */
    private static final class Bundled {
        private static final ReentrantLock lock = new ReentrantLock();
        private static @Nullable Path extracted;

        static Path program() throws IOException {
            lock.lock();
            try {
                Path known = extracted;
                if (known == null) {
                    known = RedisExecProvider.defaultProvider().get().toPath();
                    extracted = known;
                }
                return known;
            } finally {
                lock.unlock();
            }
        }
    }
}
