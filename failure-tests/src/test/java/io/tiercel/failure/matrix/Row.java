package io.tiercel.failure.matrix;

/**
 * A row of the matrix.
 *
 * @param name as in the table
 * @param limits what it promises
 * @param play how it is produced
 */
record Row(String name, Limits limits, Play play) {
    /** Does it and measures. */
    interface Play {
        Measured measure(Backends backends) throws Exception;
    }

    @Override
    public String toString() {
        return name;
    }
}
