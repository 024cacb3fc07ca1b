package io.tiercel.sidecar.config;

import io.tiercel.sidecar.config.Node.Field;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The file that {@code --config} names. */
final class SettingsFile {
    private static final int MOST_BYTES = 1 << 20;

    private SettingsFile() {}

    /** Puts its settings in, and what is wrong with it into the problems. */
    static void read(String name, String namedBy, Map<Setting<?>, Given> settings, List<String> problems) {
        String file = "file " + Shown.file(name);
        try {
            for (Field field : Yaml.document(text(name))) {
                String origin = file + ", line " + field.line();
                Setting<?> setting = Settings.TABLE.named(field.name());
                if (setting != null) {
                    settings.put(setting, new Given(field.value(), Source.FILE, origin));
                } else if (field.name().equals("config")) {
                    problems.add("config (" + origin + "): a file cannot name another; use --config or TIERCEL_CONFIG");
                } else {
                    problems.add(Shown.text(field.name()) + " (" + origin + "): there is no such setting"
                            + Nearest.hint(field.name(), Settings.TABLE.names()));
                }
            }
        } catch (Yaml.WrongYamlException e) {
            problems.add(file + ", " + e.inWords());
        } catch (IOException e) {
            problems.add(file + " (" + namedBy + "): " + e.getMessage());
        }
    }

    private static String text(String name) throws IOException {
        try {
            Path path = Path.of(name);
            if (Files.isDirectory(path)) {
                throw new IOException("this is a directory; expected a YAML file");
            }
            byte[] bytes;
            try (InputStream in = Files.newInputStream(path)) {
                bytes = in.readNBytes(MOST_BYTES + 1);
            }
            if (bytes.length > MOST_BYTES) {
                throw new IOException("longer than 1 MiB");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (NoSuchFileException e) {
            throw new IOException("there is no such file", e);
        } catch (AccessDeniedException e) {
            throw new IOException("this user may not read the file", e);
        } catch (CharacterCodingException e) {
            throw new IOException("not in UTF-8", e);
        } catch (InvalidPathException e) {
            throw new IOException("not a path here", e);
        }
    }
}
