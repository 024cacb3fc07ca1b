package io.tiercel.examples.demo;

/** How a trace writes its keys, once unpacked. */
enum TraceFormat {
    /** Big-endian 32-bit integers. */
    INT32,
    /** Big-endian 64-bit integers. */
    INT64,
    /** UTF-8 text, one key a line. */
    LINES;

    /** So much of a trace is looked at to guess its format. */
    static final int SAMPLE = 4096;

    /**
     * The format that the first bytes of a trace look like: text if all of them are printable, 64-bit integers if they
     * are whole words whose high halves are all zero (and whose low halves are not), 32-bit integers otherwise.
     */
    static TraceFormat guess(byte[] sample, int length) {
        if (isText(sample, length)) {
            return LINES;
        }
        return hasEmptyHighHalves(sample, length) ? INT64 : INT32;
    }

    private static boolean isText(byte[] sample, int length) {
        for (int i = 0; i < length; i++) {
            byte b = sample[i];
            boolean printable = (b >= ' ' && b != 0x7F) || b == '\n' || b == '\r' || b == '\t';
            if (!printable) {
                return false;
            }
        }
        return true;
    }

    private static boolean hasEmptyHighHalves(byte[] sample, int length) {
        if (length < Long.BYTES) {
            return false;
        }
        boolean anyLow = false;
        for (int i = 0; i < length - length % Long.BYTES; i++) {
            if (i % Long.BYTES < Integer.BYTES) {
                if (sample[i] != 0) {
                    return false;
                }
            } else {
                anyLow |= sample[i] != 0;
            }
        }
        return anyLow;
    }
}
