package io.tiercel.sidecar.memory;

/** A value and what is known of it. Never changed: whoever changes the value makes another entry. */
final class Entry {
    /** When a key ends that does not. */
    static final long NEVER = -1;

    /** How Redis would hold it, which depends on how it came about and shows in OBJECT. */
    enum Form {
        /** Set whole: a number if it reads as one. */
        PLAIN,
        /** Set whole, as text even if it reads as a number. */
        TEXT,
        /** Was changed in place. */
        RAW
    }

    private static final int MOST_DIGITS = 20;
    private static final int LONGEST_EMBEDDED = 44;

    private final byte[] value;
    private final long expiresAt;
    private final long version;
    private final int writtenSecond;
    private final Form form;

    Entry(byte[] value, long expiresAt, long version, int writtenSecond, Form form) {
        this.value = value;
        this.expiresAt = expiresAt;
        this.version = version;
        this.writtenSecond = writtenSecond;
        this.form = form;
    }

    /** The bytes, which nobody changes. */
    byte[] value() {
        return value;
    }

    /** The last millisecond since 1970 at which it is there; or {@link #NEVER}. */
    long expiresAt() {
        return expiresAt;
    }

    /** Unlike that of any other entry. */
    long version() {
        return version;
    }

    /** Since 1970, wrapping. */
    int writtenSecond() {
        return writtenSecond;
    }

    Form form() {
        return form;
    }

    boolean isInteger() {
        return form == Form.PLAIN && value.length <= MOST_DIGITS && Numbers.isInteger(value);
    }

    String encoding() {
        if (isInteger()) {
            return "int";
        }
        return form != Form.RAW && value.length <= LONGEST_EMBEDDED ? "embstr" : "raw";
    }
}
