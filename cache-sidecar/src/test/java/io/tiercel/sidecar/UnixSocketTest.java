package io.tiercel.sidecar;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class UnixSocketTest {
    @TempDir
    Path directory;

    @Test
    void clients_are_served_over_a_socket_that_only_its_user_and_group_can_open() throws Exception {
        Path socket = directory.resolve("s");
        try (RunningSidecar sidecar = start(socket)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                    .isEqualTo("rw-rw----");
            assertThat(ask(socket, "SET k v\r\nGET k\r\n", "+OK\r\n$1\r\nv\r\n"))
                    .isTrue();
            try (RawClient client = sidecar.client()) {
                assertThat(client.ask("GET", "k")).isEqualTo("$1\r\nv\r\n");
            }
        }
        assertThat(socket).doesNotExist();
    }

    @Test
    void what_a_dead_sidecar_left_is_replaced_and_a_file_is_not() throws Exception {
        Path left = directory.resolve("left");
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(left)); // who answers nobody
            try (RunningSidecar sidecar = start(left)) {
                assertThat(ask(left, "PING\r\n", "+PONG\r\n")).isTrue();
                assertThat(sidecar.port()).isPositive();
            }
        }

        Path file = Files.writeString(directory.resolve("file"), "mine");
        assertThatThrownBy(() -> start(file).close())
                .isInstanceOf(StartException.class)
                .hasMessageContaining("no socket");
        assertThat(file).hasContent("mine");
    }

    private static RunningSidecar start(Path socket) throws StartException {
        return RunningSidecar.with("--l1-bytes", "16m", "--socket", socket.toString());
    }

    /** Whether what is asked gets exactly this. */
    private static boolean ask(Path socket, String request, String reply) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(ByteBuffer.wrap(request.getBytes(US_ASCII)));
            ByteBuffer got = ByteBuffer.allocate(reply.length());
            while (got.hasRemaining() && channel.read(got) >= 0) {
                // until all has come
            }
            return new String(got.array(), US_ASCII).equals(reply);
        }
    }
}
