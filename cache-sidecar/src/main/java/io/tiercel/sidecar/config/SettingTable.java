package io.tiercel.sidecar.config;

import io.tiercel.sidecar.config.Setting.Group;
import io.tiercel.sidecar.config.Setting.Secrecy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Settings in order. Filled while its class is loaded, and not changed later. */
final class SettingTable {
    private final List<Setting<?>> settings = new ArrayList<>();

    <T> Setting<T> add(Group group, String name, Kind<T> kind, @Nullable String initial, String help) {
        return add(group, name, kind, initial, Secrecy.NONE, help);
    }

    <T> Setting<T> add(Group group, String name, Kind<T> kind, @Nullable String initial, Secrecy secrecy, String help) {
        Setting<T> setting = new Setting<>(name, group, kind, initial, secrecy, help);
        settings.add(setting);
        return setting;
    }

    List<Setting<?>> all() {
        return List.copyOf(settings);
    }

    List<String> names() {
        return settings.stream().<String>map(Setting::name).toList();
    }

    @Nullable
    Setting<?> named(String name) {
        return settings.stream()
                .filter(setting -> setting.name().equals(name))
                .findFirst()
                .orElse(null);
    }
}
