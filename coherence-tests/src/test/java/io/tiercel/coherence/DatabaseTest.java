package io.tiercel.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class DatabaseTest {
    @Test
    void a_write_is_read_at_once_and_the_next_one_waits_for_its_release() throws Exception {
        try (Database database = new Database(2);
                DatabaseClient one = new DatabaseClient(database.port());
                DatabaseClient other = new DatabaseClient(database.port());
                DatabaseClient reader = new DatabaseClient(database.port())) {
            assertThat(one.write(1)).isEqualTo(2);
            assertThat(reader.read(1)).isEqualTo(2);
            assertThat(reader.read(0)).isEqualTo(1);

            CompletableFuture<Integer> next = write(other);
            Assertions.assertThatThrownBy(() -> next.get(100, TimeUnit.MILLISECONDS))
                    .isInstanceOf(TimeoutException.class);
            one.release(1);

            assertThat(next.get(5, TimeUnit.SECONDS)).isEqualTo(3);
            assertThat(database.since(1)).hasSize(4).isSorted();
        }
    }

    @Test
    void who_is_killed_holds_nothing() throws Exception {
        try (Database database = new Database(2);
                DatabaseClient other = new DatabaseClient(database.port())) {
            CompletableFuture<Integer> next;
            try (DatabaseClient killed = new DatabaseClient(database.port())) {
                killed.write(1);
                next = write(other);
            }

            assertThat(next.get(5, TimeUnit.SECONDS)).isEqualTo(3);
        }
    }

    private static CompletableFuture<Integer> write(DatabaseClient client) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return client.write(1);
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }
}
