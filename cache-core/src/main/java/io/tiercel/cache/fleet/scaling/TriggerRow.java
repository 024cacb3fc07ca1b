package io.tiercel.cache.fleet.scaling;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * What one trigger says of the fleet.
 *
 * @param trigger which
 * @param value the mean over the pods in use, of connections to the database the sum; 0 without data
 * @param threshold its settings' one
 * @param window its settings' one
 * @param sustained whether the value has been over the threshold for the whole window, on the mean of the pods
 * @param ratio to the threshold: of the smallest values within the window if they are over it, else of the last ones
 * @param desired the pods it asks for, 0 for no matter how few
 * @param data whether all pods have told
 */
public record TriggerRow(
        Trigger trigger,
        double value,
        double threshold,
        Duration window,
        boolean sustained,
        double ratio,
        int desired,
        Data data) {
    /** Whether all pods have told. */
    public enum Data {
        /** Every pod in use has a value. */
        COMPLETE,

        /** Some pods in use have none, or their heartbeat is too old: no scale-down. */
        PARTIAL,

        /** No pod in use has a value: no scale-down. */
        MISSING,

        /** Nobody has reported this optional trigger within the last hour: it is left out of account. */
        UNREPORTED
    }

    /** Keeps five digits of each number. */
    public TriggerRow {
        requireNonNull(trigger, "trigger");
        requireNonNull(window, "window");
        requireNonNull(data, "data");
        Fields.between("value", value, 0, Double.MAX_VALUE);
        value = Fields.rounded(Math.min(value, Fields.LARGEST));
        Fields.between("ratio", ratio, 0, Double.MAX_VALUE);
        ratio = Fields.rounded(Math.min(ratio, Fields.LARGEST));
        threshold = Fields.rounded(threshold);
        Fields.between("desired", desired, 0, Integer.MAX_VALUE);
    }

    /** Whether pods must not be removed since too little is known. */
    public boolean blocksDown() {
        return data == Data.PARTIAL || data == Data.MISSING;
    }

    /** Whether there is a number of pods that this trigger asks for. */
    boolean speaks() {
        return trigger.answer() != Trigger.Answer.BRAKE && (data == Data.COMPLETE || data == Data.PARTIAL);
    }
}
