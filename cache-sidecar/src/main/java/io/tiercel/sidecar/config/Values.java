package io.tiercel.sidecar.config;

import io.tiercel.sidecar.config.BadValueException.Fault;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The values in force, understood. */
final class Values {
    private final Map<Setting<?>, Given> given;
    private final Map<Setting<?>, Object> understood = new HashMap<>();
    private final Set<Setting<?>> wrong = new HashSet<>();

    /** Understands all that is given; what is wrong goes into the problems. */
    Values(Map<Setting<?>, Given> given, List<String> problems) {
        this.given = given;
        given.forEach((setting, value) -> understand(setting, value, problems));
    }

    private void understand(Setting<?> setting, Given value, List<String> problems) {
        try {
            understood.put(setting, setting.kind().parser().parse(Given.shaped(setting.kind(), value.value())));
        } catch (BadValueException e) {
            wrong.add(setting);
            for (Fault fault : e.faults()) {
                problems.add(problem(setting, value, fault));
            }
        }
    }

    private static String problem(Setting<?> setting, Given value, Fault fault) {
        String shown = fault.at().isEmpty() ? shown(setting, value.value()) : fault.value();
        String expected = fault.expected() == null ? setting.kind().expected() : fault.expected();
        return setting.name() + fault.at()
                + (shown == null ? "" : " = '" + shown + "'")
                + " (" + value.origin() + "): " + fault.why()
                + (expected.isEmpty() ? "" : "; expected " + expected);
    }

    /** Null if it may not be shown: where the password of a text is that cannot be understood, nobody knows. */
    private static @Nullable String shown(Setting<?> setting, Node value) {
        if (value instanceof Node.Nothing) {
            return null;
        }
        String text = value instanceof Node.Text single ? single.text() : Shown.yaml(Shown.masked(setting, value));
        return switch (setting.secrecy()) {
            case NONE -> Shown.text(text);
            case WHOLE -> Shown.SECRET;
            case CREDENTIALS -> Shown.yaml(value).contains("@") ? Shown.SECRET : Shown.text(text);
            case FIELDS -> value instanceof Node.Text ? Shown.SECRET : Shown.text(text);
        };
    }

    /** The value, or null if there is none or a wrong one. */
    @SuppressWarnings("unchecked") // what a setting's kind made is of the setting's type
    <T> @Nullable T orNull(Setting<T> setting) {
        return (T) understood.get(setting);
    }

    /** The value of a setting that has a default. */
    <T> T of(Setting<T> setting) {
        T value = orNull(setting);
        if (value == null) {
            throw new IllegalStateException(setting.name() + " has no default");
        }
        return value;
    }

    <T> List<T> listOf(Setting<List<T>> setting) {
        List<T> value = orNull(setting);
        return value == null ? List.of() : value;
    }

    /** Whether somebody wrote it down, rightly or wrongly. */
    boolean isGiven(Setting<?> setting) {
        Given value = given.get(setting);
        return value != null && value.source() != Source.DEFAULT;
    }

    Source sourceOf(Setting<?> setting) {
        Given value = given.get(setting);
        return value == null ? Source.DEFAULT : value.source();
    }

    /** Name, value and source, for a message. */
    String inWords(Setting<?> setting) {
        Given value = given.get(setting);
        if (value == null) {
            return setting.name();
        }
        String shown = shown(setting, value.value());
        return setting.name() + (shown == null ? "" : " = '" + shown + "'") + " (" + value.origin() + ")";
    }

    /** As if it had not been given. */
    void drop(Setting<?> setting) {
        given.remove(setting);
        understood.remove(setting);
        wrong.remove(setting);
    }

    /** Whether none of them is wrong by itself, so that they can be compared. */
    boolean areRight(Setting<?>... settings) {
        for (Setting<?> setting : settings) {
            if (wrong.contains(setting)) {
                return false;
            }
        }
        return true;
    }

    /** In the order of the table. */
    List<EffectiveSetting> effective() {
        List<EffectiveSetting> effective = new ArrayList<>();
        for (Setting<?> setting : Settings.TABLE.all()) {
            Given value = given.get(setting);
            effective.add(
                    value == null
                            ? new EffectiveSetting(setting.name(), null, Source.DEFAULT, "not set")
                            : new EffectiveSetting(
                                    setting.name(),
                                    Shown.yaml(Shown.masked(setting, shaped(setting, value.value()))),
                                    value.source(),
                                    value.origin()));
        }
        return effective;
    }

    /** What was understood can be taken apart. */
    private static Node shaped(Setting<?> setting, Node value) {
        try {
            return Given.shaped(setting.kind(), value);
        } catch (BadValueException e) {
            throw new IllegalStateException(setting.name() + " was understood before", e);
        }
    }
}
