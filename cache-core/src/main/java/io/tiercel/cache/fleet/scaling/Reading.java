package io.tiercel.cache.fleet.scaling;

/**
 * What one pod knows of one trigger.
 *
 * @param value the last value, in the trigger's unit; from 0 to 1,000,000,000
 * @param pressure the smallest value within the trigger's window, divided by the threshold: over 1 means that the value has
 *     been over the threshold all the time; from 0 to 1,000,000,000
 * @param full whether there has been data for the whole window; if not, nothing is sustained
 */
public record Reading(double value, double pressure, boolean full) {
    /** Refuses, by name, what is out of range, and keeps five digits, which is what pods tell each other. */
    public Reading {
        Fields.between("value", value, 0, Fields.LARGEST);
        Fields.between("pressure", pressure, 0, Fields.LARGEST);
        value = Fields.rounded(value);
        pressure = Fields.rounded(pressure);
    }

    /** Whether the value has been over the threshold during the whole window. */
    public boolean sustained() {
        return full && pressure > 1;
    }

    /** The pressure as a metric shows it: while the window is not full it is 1 at most, so that nobody scales on it. */
    public double shownPressure() {
        return full ? pressure : Math.min(1, pressure);
    }
}
