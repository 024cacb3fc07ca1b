package io.tiercel.sidecar.config;

/**
 * How much memory.
 *
 * @param bytes so many; 0 if it is a share
 * @param percent such a share of what the process may use; 0 if it is a number of bytes
 */
record MemoryAmount(long bytes, int percent) {
    /** More would leave too little for requests and answers. */
    static final int MOST_PERCENT = 80;

    private static final long LEAST_BYTES = 1 << 20;

    static final Kind<MemoryAmount> KIND = Kind.single(
            "SIZE|SHARE",
            "a size of at least 1m, such as 512m, or a share of the memory from 1% to " + MOST_PERCENT + "%",
            MemoryAmount::parse);

    private static MemoryAmount parse(String text) throws BadValueException {
        if (!text.endsWith("%")) {
            long bytes = Units.size(text);
            if (bytes < LEAST_BYTES) {
                throw new BadValueException("out of range");
            }
            return new MemoryAmount(bytes, 0);
        }
        if (!text.matches("\\d{1,3}%")) {
            throw new BadValueException("a share is a whole number before the %");
        }
        int percent = Integer.parseInt(text.substring(0, text.length() - 1));
        if (percent < 1 || percent > MOST_PERCENT) {
            throw new BadValueException("out of range");
        }
        return new MemoryAmount(0, percent);
    }

    /** In bytes, of so much memory. */
    long of(long memory) {
        return percent == 0 ? bytes : Math.max(1, memory / 100 * percent);
    }
}
