package io.tiercel.cache;

/** The clocks, so that tests can move them. Nanoseconds are monotonic and of this process; milliseconds are the wall's. */
interface TimeSource {
    TimeSource SYSTEM = new TimeSource() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public long millis() {
            return System.currentTimeMillis();
        }
    };

    long nanos();

    long millis();
}
