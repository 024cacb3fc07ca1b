package io.tiercel.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MemcachedIT {

    @BeforeAll
    static void only_where_there_is_a_memcached() {
        Map<String, String> variables = new HashMap<>(System.getenv());
        variables.put("TIERCEL_SERVERS", "local"); // some of these tests need the program itself
        assumeTrue(
                new Choice(new Surroundings(variables)).memcachedIfAvailable() != null,
                "memcached is not installed: " + Memcached.howToGetIt());
    }

    @Test
    void it_stores_and_is_empty_after_a_restart_on_the_same_port() throws Exception {
        try (Memcached memcached = Memcached.start()) {
            assertThat(Servers.memcached(memcached, "set k 0 0 1\r\nv\r\n", 8)).isEqualTo("STORED\r\n");
            assertThat(Servers.memcached(memcached, "get k\r\n", 9)).isEqualTo("VALUE k 0");

            memcached.kill();
            assertThat(memcached.isAlive()).isFalse();
            memcached.restart();

            assertThat(Servers.memcached(memcached, "get k\r\n", 5)).isEqualTo("END\r\n");
        }
    }

    @Test
    void it_is_silent_while_paused() throws Exception {
        try (Memcached memcached = Memcached.start()) {
            memcached.pause();
            assertThatExceptionOfType(SocketTimeoutException.class)
                    .isThrownBy(() -> Servers.memcached(memcached, "version\r\n", 8));

            memcached.resume();

            assertThat(Servers.memcached(memcached, "version\r\n", 8)).isEqualTo("VERSION ");
        }
    }

    @Test
    void its_sizes_are_those_of_the_options() throws Exception {
        try (Memcached memcached = Memcached.start(new MemcachedOptions(32, 4 << 20))) {
            assertThat(Servers.memcached(memcached, "stats settings\r\nquit\r\n", 4096))
                    .contains("STAT maxbytes 33554432", "STAT item_size_max 4194304");
        }
    }

    @Test
    void close_leaves_neither_process_nor_directory() throws Exception {
        Memcached memcached = Memcached.start();
        long pid = memcached.pid();
        Path directory = Servers.directory("memcached", memcached.port()).orElseThrow();
        memcached.pause();

        memcached.close();

        assertThat(Servers.isRunning(pid)).isFalse();
        assertThat(directory).doesNotExist();
    }

    @Test
    void an_address_in_the_environment_is_used_and_left_alone() {
        try (Memcached own = Memcached.start()) {
            Surroundings surroundings = new Surroundings(Map.of("TIERCEL_MEMCACHED", own.address()));

            Optional<Memcached> memcached = Memcached.startIfAvailable(MemcachedOptions.defaults(), surroundings);

            assertThat(memcached).hasValueSatisfying(it -> {
                assertThat(it.address()).isEqualTo(own.address());
                assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(it::pause);
                it.close();
            });
            assertThat(own.isAlive()).isTrue();
        }
    }

    @Test
    void a_start_that_fails_says_how_the_log_ends(@TempDir Path directory) throws Exception {
        Servers.script(
                directory.resolve("memcached"),
                "#!/bin/sh",
                "[ \"$1\" = -V ] && { echo memcached 1.6.0; exit; }",
                "echo it hurts here; exit 1");
        Surroundings surroundings = new Surroundings(Map.of("PATH", directory.toString()));

        assertThatExceptionOfType(ServerStartException.class)
                .isThrownBy(() -> Memcached.start(MemcachedOptions.defaults(), surroundings))
                .withMessageContaining("it hurts here")
                .satisfies(
                        e -> assertThat(Servers.deleteKeptLog(e.getMessage())).isTrue());
    }

    @Test
    void a_port_that_was_taken_meanwhile_is_replaced_by_another(@TempDir Path directory) throws Exception {
        Path real = new Surroundings(System.getenv()).onPath("memcached").orElseThrow();
        Path mark = directory.resolve("mark");
        Servers.script(
                directory.resolve("memcached"),
                "#!/bin/sh",
                "[ \"$1\" = -V ] || [ -e " + mark + " ] && exec " + real + " \"$@\"",
                "/bin/touch " + mark + " 2>/dev/null || /usr/bin/touch " + mark,
                "echo bind: Address already in use; exit 71");
        Surroundings surroundings = new Surroundings(Map.of("PATH", directory.toString()));

        try (Memcached memcached = Memcached.start(MemcachedOptions.defaults(), surroundings)) {
            assertThat(memcached.isAlive()).isTrue();
        }
    }
}
