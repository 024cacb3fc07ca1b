package io.tiercel.sidecar.control;

import static java.util.Objects.requireNonNull;

import java.util.List;

/** What was asked for was not done, and nothing has changed. The message is for the person who asked. */
public final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why it was refused. */
    public enum Why {
        /** A value is of the wrong type or out of range. */
        INVALID,
        /** Somebody else has changed the configuration meanwhile. */
        VERSION,
        /** It does not go with what the sidecar is doing. */
        CONFLICT,
        /** It is about something that there is not. */
        ABSENT,
        /** It would be right, but could not be done. */
        UNAVAILABLE
    }

    /**
     * What is wrong with one field.
     *
     * @param field its name as the caller writes it
     * @param message what was expected of it
     */
    public record Fault(String field, String message) {
        public Fault {
            requireNonNull(field, "field");
            requireNonNull(message, "message");
        }
    }

    private final Why why;
    private final transient List<Fault> faults;

    /** For one that has no field at fault. */
    public RefusedException(Why why, String message) {
        super(message, null, false, false);
        this.why = requireNonNull(why, "why");
        this.faults = List.of();
    }

    /**
     * For values that are not valid.
     *
     * @param faults at least one
     */
    public RefusedException(List<Fault> faults) {
        super(faults.get(0).field() + " " + faults.get(0).message(), null, false, false);
        this.why = Why.INVALID;
        this.faults = List.copyOf(faults);
    }

    /** What kind of refusal it is. */
    public Why why() {
        return why;
    }

    /** The fields at fault, none if it is not about fields. */
    public List<Fault> faults() {
        return faults;
    }
}
