package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What a control group uses of what it may.
 *
 * @param cpu the share of its processors since the last look, of the machine's if they are not limited; empty at the first
 *     look and if it cannot be read. A little over 1 is possible
 * @param memory the working set (use less the page cache that nobody has touched lately) as a share of the limit, of the
 *     machine's memory if there is no limit; empty if it cannot be read
 * @param memoryLimit in bytes; empty if there is none
 */
public record CgroupUse(OptionalDouble cpu, OptionalDouble memory, OptionalLong memoryLimit) {
    /** Refuses null. */
    public CgroupUse {
        requireNonNull(cpu, "cpu");
        requireNonNull(memory, "memory");
        requireNonNull(memoryLimit, "memoryLimit");
    }
}
