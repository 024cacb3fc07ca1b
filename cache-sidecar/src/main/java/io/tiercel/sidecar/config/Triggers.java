package io.tiercel.sidecar.config;

import io.tiercel.cache.fleet.scaling.ScalingSettings;
import io.tiercel.cache.fleet.scaling.Trigger;
import io.tiercel.cache.fleet.scaling.TriggerSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;

/** Scaling triggers as people write them: {@code cpu=0.7/300s}, {@code memory=off}. Stateless. */
final class Triggers {
    static final Kind<List<String>> KIND = new Kind<>(
            "TRIGGER[,...]",
            "triggers with a threshold, and if wanted a window and a tolerance, or off: cpu=0.7/300s/0.1,memory=off",
            Kind.Shape.LIST,
            value -> {
                List<String> texts = Kinds.texts(value);
                settings(texts);
                return texts;
            });

    static final Kind<URI> PAGE =
            Kind.single("URL", "an address such as http://127.0.0.1:8080/actuator/prometheus", text -> {
                try {
                    URI page = new URI(text);
                    if (("http".equals(page.getScheme()) || "https".equals(page.getScheme()))
                            && page.getHost() != null) {
                        return page;
                    }
                } catch (URISyntaxException e) {
                    throw new BadValueException("no address");
                }
                throw new BadValueException("it must begin with http:// or https:// and a host");
            });

    private Triggers() {}

    static ScalingSettings settings(List<String> texts) throws BadValueException {
        ScalingSettings settings = ScalingSettings.DEFAULTS;
        for (String text : texts) {
            int equals = text.indexOf('=');
            try {
                Trigger trigger = Trigger.of(text.substring(0, Math.max(0, equals)));
                settings = settings.trigger(trigger, trigger(settings.of(trigger), text.substring(equals + 1)));
            } catch (IllegalArgumentException e) {
                throw new BadValueException(String.valueOf(e.getMessage()));
            }
        }
        return settings;
    }

    private static TriggerSettings trigger(TriggerSettings usual, String text) throws BadValueException {
        if (text.equals("off")) {
            return usual.presence(Trigger.Presence.OFF);
        }
        List<String> parts = List.of(text.split("/", -1));
        if (parts.size() > 3) {
            throw new BadValueException("at most a threshold, a window and a tolerance");
        }
        TriggerSettings settings = usual.threshold(number(parts.get(0)));
        if (parts.size() > 1) {
            settings = settings.window(Units.duration(parts.get(1)));
        }
        return parts.size() > 2 ? settings.tolerance(number(parts.get(2))) : settings;
    }

    private static double number(String text) throws BadValueException {
        if (!text.matches("[0-9]{1,9}(\\.[0-9]{1,6})?")) {
            throw new BadValueException("a number such as 0.7 or 150 is needed");
        }
        return Double.parseDouble(text);
    }
}
