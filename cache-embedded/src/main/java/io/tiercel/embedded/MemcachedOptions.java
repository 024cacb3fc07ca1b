package io.tiercel.embedded;

/**
 * How a memcached is to be started.
 *
 * @param memoryMegabytes memory for items, in MB: 1 to 65,536
 * @param maxItemBytes the largest item, in bytes: 1 KiB to 512 MiB, and at most half of the memory
 */
public record MemcachedOptions(int memoryMegabytes, int maxItemBytes) {

    /** Refuses sizes that memcached itself would not take. */
    public MemcachedOptions {
        if (memoryMegabytes < 1 || memoryMegabytes > 65_536) {
            throw new IllegalArgumentException("memoryMegabytes must be 1..65536: " + memoryMegabytes);
        }
        if (maxItemBytes < 1024 || maxItemBytes > 512 << 20 || maxItemBytes > ((long) memoryMegabytes << 20) / 2) {
            throw new IllegalArgumentException(
                    "maxItemBytes must be 1 KiB..512 MiB and at most half of the memory: " + maxItemBytes);
        }
    }

    /** 64 MB of memory and items of up to 1 MiB. */
    public static MemcachedOptions defaults() {
        return new MemcachedOptions(64, 1 << 20);
    }
}
