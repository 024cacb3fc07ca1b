package io.tiercel.sidecar.resp;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What the JVM counts of a thread's allocations; a HotSpot JVM does. */
final class Allocated {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Allocated() {}

    /** Bytes that the calling thread has allocated on the heap since it began. */
    static long byThisThread() {
        return THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
    }
}
