package io.tiercel.sidecar.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A value that a setting does not take, and why; there may be several faults in a list. */
final class BadValueException extends Exception {
    private final transient List<Fault> faults;

    /**
     * One fault.
     *
     * @param at where in the value, such as {@code [2].access}; empty if the whole of it
     * @param value what stands there, as far as it may be shown; null if it is that of the whole or a secret
     * @param why what is wrong with it; empty if that it is not what was expected says it all
     * @param expected what would be right there; null if that is as for the whole
     */
    record Fault(
            String at,
            @Nullable String value,
            String why,
            @Nullable String expected) {}

    BadValueException(String why) {
        this(List.of(new Fault("", null, why, null)));
    }

    BadValueException(List<Fault> faults) {
        super(faults.get(0).why());
        this.faults = List.copyOf(faults);
    }

    List<Fault> faults() {
        return faults;
    }
}
