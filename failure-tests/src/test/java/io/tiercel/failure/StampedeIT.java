package io.tiercel.failure;

import static org.assertj.core.api.Assertions.assertThat;

import io.tiercel.embedded.Memcached;
import io.tiercel.failure.Stampedes.Mode;
import io.tiercel.failure.Stampedes.Outcome;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What brings down plain cache-aside for good is with Tiercel over in seconds, and the database never sees more queries
 * at once than it was allowed to. Both run here, one after the other; what is claimed is how they differ.
 */
@Timeout(180)
class StampedeIT {
    private static Stampedes stampedes;

    @BeforeAll
    static void start() {
        stampedes = new Stampedes();
    }

    @AfterAll
    static void stop() {
        if (stampedes != null) {
            System.out.println(stampedes.table());
            stampedes.close();
        }
    }

    @Test
    void fifty_thousand_entries_that_expire_together_are_no_outage() {
        Outcome naive = stampedes.expiry(Mode.NAIVE, 50_000);
        Outcome limited = stampedes.expiry(Mode.LIMITED, 50_000);
        Outcome stale = stampedes.expiry(Mode.STALE, 50_000);

        assertStaysDown(naive);
        assertRecovers(limited, naive);
        assertRecovers(stale, naive);
        assertThat(stale.errors()).as("errors where the old rows are served").isLessThanOrEqualTo(limited.errors());
    }

    @Test
    void a_hot_key_that_expires_is_loaded_once() {
        Outcome naive = stampedes.hotKey(Mode.NAIVE);
        Outcome limited = stampedes.hotKey(Mode.LIMITED);

        assertStaysDown(naive);
        assertRecovers(limited, naive);
        assertThat(limited.queriesAfter())
                .as("queries for one key of %d instances", Stampedes.INSTANCES)
                .isBetween(1L, (long) Stampedes.INSTANCES);
    }

    @Test
    void a_flushed_Redis_is_filled_again() {
        Assumptions.assumeTrue(stampedes.mayFlush(), "the cluster was given to us");
        Outcome naive = stampedes.flush(Mode.NAIVE);
        Outcome limited = stampedes.flush(Mode.LIMITED);

        assertStaysDown(naive);
        assertRecovers(limited, naive);
        assertThat(limited.hitRatioAtEnd()).as("hit ratio at the end").isGreaterThan(0.7);
    }

    @Test
    void with_memcached_below_a_flushed_Redis_is_hardly_noticed() {
        Assumptions.assumeTrue(stampedes.mayFlush(), "the cluster was given to us");
        Assumptions.assumeTrue(stampedes.hasMemcached(), Memcached.howToGetIt());

        Outcome withL3 = stampedes.flush(Mode.L3);

        assertThat(withL3.peak()).as("queries at once").isLessThanOrEqualTo(Stampedes.INSTANCES * Policies.PERMITS);
        assertThat(withL3.timeline().wrong()).isZero();
        assertThat(withL3.errorRateAtEnd()).isLessThan(0.02);
        assertThat(withL3.hitRatioAtEnd()).as("hit ratio at the end").isGreaterThan(0.9);
    }

    @Test
    void a_database_that_was_slow_for_a_while_is_used_again() {
        Outcome naive = stampedes.slowDatabase(Mode.NAIVE);
        Outcome stale = stampedes.slowDatabase(Mode.STALE);

        assertStaysDown(naive);
        assertRecovers(stale, naive);
        assertThat(stale.hitRatioAtEnd()).as("hit ratio at the end").isGreaterThan(stale.hitRatioBefore() - 0.2);
    }

    private static void assertStaysDown(Outcome naive) {
        assertThat(naive.timeline().wrong()).isZero();
        assertThat(naive.errorRateAtEnd())
                .as("plain cache-aside at the end: was the database overloaded at all?")
                .isGreaterThan(0.2);
    }

    private static void assertRecovers(Outcome tiercel, Outcome naive) {
        assertThat(tiercel.timeline().wrong()).isZero();
        assertThat(tiercel.peak()).as("queries at once").isLessThanOrEqualTo(Stampedes.INSTANCES * Policies.PERMITS);
        assertThat(tiercel.errorRateAtEnd()).as("error rate at the end").isLessThan(0.02);
        assertThat(tiercel.errors()).as("errors").isLessThan(naive.errors() / 2);
    }
}
