package io.tiercel.sidecar.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tiercel.cache.fleet.FleetDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The last configuration of the fleet that was in force, for a start without Redis. Blocks while it reads and writes. */
record DocumentFile(Path file) {
    private static final Logger LOG = LoggerFactory.getLogger(DocumentFile.class);
    private static final long LONGEST = 1 << 20;

    Optional<FleetDocument> read() {
        try {
            if (Files.size(file) > LONGEST) {
                LOG.warn("state-file {} is too long to be a configuration; it is not used", file);
                return Optional.empty();
            }
            return Optional.of(FleetDocument.parse(Files.readString(file, UTF_8)));
        } catch (NoSuchFileException e) {
            return Optional.empty(); // the first start
        } catch (IOException | IllegalArgumentException e) {
            LOG.warn("state-file {} cannot be used: {}", file, e.getMessage());
            return Optional.empty();
        }
    }

    /** Whole or not at all: a crash in the middle leaves the last one. */
    void write(FleetDocument document) {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        try {
            Files.writeString(next, document.text(), UTF_8);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.warn("state-file {} cannot be written: {}", file, e.getMessage());
        }
    }
}
