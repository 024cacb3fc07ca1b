package io.tiercel.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WaitersTest {
    private final Alarm alarm = new Alarm("t");
    private final Waiters waiters = new Waiters(alarm);

    @AfterEach
    void close() {
        alarm.close();
    }

    @Test
    void who_waits_is_woken_by_the_change_at_once() {
        CompletableFuture<Void> one = waiters.next("t:a", 10);
        CompletableFuture<Void> two = waiters.next("t:a", 10);

        waiters.changed("t:a");

        assertThat(one).isDone();
        assertThat(two).isDone();
    }

    @Test
    void who_is_told_nothing_looks_all_the_same() throws Exception {
        waiters.next("t:a", 0).get(10, TimeUnit.SECONDS);
        waiters.next("t:a", 1_000).get(10, TimeUnit.SECONDS);
    }

    @Test
    void nobody_waits_for_a_timer_that_is_closed() {
        alarm.close();

        assertThat(waiters.next("t:a", 0)).isDone();
        assertThat(alarm.in(0, () -> {}) == null).isTrue();
    }

    @Test
    void an_alarm_goes_off_once_on_a_thread_that_keeps_no_process_alive() throws Exception {
        CountDownLatch rung = new CountDownLatch(1);
        CompletableFuture<Boolean> daemon = new CompletableFuture<>();

        var unused = alarm.in(1, () -> {
            daemon.complete(Thread.currentThread().isDaemon());
            rung.countDown();
        });

        assertThat(rung.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(daemon).isCompletedWithValue(true);
    }
}
