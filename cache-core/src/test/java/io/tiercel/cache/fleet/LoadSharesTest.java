package io.tiercel.cache.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoadSharesTest {
    private static final int TAKERS = 2;
    private static final int ROUNDS = 300;

    private final FleetBudget budget = new FleetBudget("db", 1_000_000, 1);
    private final LoadShares shares = LoadShares.of(() -> 2, budget);

    private void become(int share) {
        boolean unused = budget.granted(new Heartbeat.Grant(share, share));
    }

    private int held() {
        return budget.claim().held();
    }

    /**
     * When the share has become smaller, what is told to Redis is all that this instance may come to use: the others are
     * given the rest. It fails, as was seen, when takers look at the share before they count without holding the lock.
     */
    @Test
    void nothing_is_taken_beyond_what_was_said_to_be_held_when_the_share_became_smaller() throws Exception {
        CyclicBarrier barrier = new CyclicBarrier(TAKERS + 1);
        List<Thread> takers = IntStream.range(0, TAKERS)
                .mapToObj(i -> new Thread(() -> {
                    for (int round = 0; round < ROUNDS; round++) {
                        meet(barrier);
                        int mine = 0;
                        while (shares.takeLoaderPermit()) {
                            mine++;
                        }
                        meet(barrier);
                        meet(barrier);
                        for (; mine > 0; mine--) {
                            shares.returnLoaderPermit();
                        }
                    }
                }))
                .toList();
        takers.forEach(Thread::start);
        Random random = new Random(1);
        int broken = 0;
        for (int round = 0; round < ROUNDS; round++) {
            become(1_000_000);
            meet(barrier);
            spin(random.nextInt(1_000));
            become(1);
            int said = held();
            meet(barrier);
            broken += held() > said ? 1 : 0;
            meet(barrier);
        }
        for (Thread taker : takers) {
            taker.join();
        }
        assertThat(broken).isZero();
        assertThat(held()).as("all was given back").isEqualTo(1);
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new AssertionError(e);
        }
    }

    private static void spin(int times) {
        for (int i = 0; i < times; i++) {
            Thread.onSpinWait();
        }
    }

    @Test
    void of_two_caches_that_both_want_more_each_is_told_first_every_other_time() {
        List<String> got = new ArrayList<>();
        Runnable one = () -> take(got, "one");
        Runnable other = () -> take(got, "other");
        shares.onMore(one);
        shares.onMore(other);

        become(1);
        for (int i = 0; i < 9; i++) {
            shares.returnLoaderPermit();
        }

        assertThat(got).hasSize(10);
        assertThat(got).filteredOn("one"::equals).hasSize(5);
        shares.forget(one);
        shares.forget(other);
        shares.returnLoaderPermit();
        assertThat(got).hasSize(10);
    }

    private void take(List<String> got, String name) {
        if (shares.takeLoaderPermit()) {
            got.add(name);
        }
    }
}
