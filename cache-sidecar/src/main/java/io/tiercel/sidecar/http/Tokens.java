package io.tiercel.sidecar.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tiercel.sidecar.http.HttpConfig.TokenFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tokens that open the admin port. What is kept of them is a digest. Thread-safe. */
final class Tokens {
    /** The fewest bytes of a token. */
    static final int SHORTEST = 32;

    private static final int LONGEST = 4_096;
    private static final Logger LOG = LoggerFactory.getLogger(Tokens.class);

    private final List<TokenFile> files;
    private volatile List<Token> tokens;

    // Only refresh(), which is never called twice at a time, looks at these.
    private final Map<TokenFile, String> complaints = new HashMap<>();

    private record Token(TokenFile file, Digest digest) {}

    private static final class Digest {
        private final byte[] bytes;

        private Digest(String text) {
            try {
                bytes = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("Every Java platform has SHA-256", e);
            }
        }

        private boolean matches(Digest other) {
            return MessageDigest.isEqual(bytes, other.bytes);
        }
    }

    /**
     * Reads the files.
     *
     * @throws IOException if one cannot be read or holds no token; the message says which
     */
    Tokens(List<TokenFile> files) throws IOException {
        this.files = List.copyOf(files);
        List<Token> read = new ArrayList<>();
        for (TokenFile file : this.files) {
            read.add(new Token(file, new Digest(read(file))));
        }
        this.tokens = List.copyOf(read);
    }

    private static String read(TokenFile file) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file.file())) {
            bytes = in.readNBytes(LONGEST + 1);
        } catch (IOException e) {
            throw new IOException("The token file " + file.file() + " cannot be read: " + e.getMessage(), e);
        }
        String token = new String(bytes, UTF_8).strip();
        if (bytes.length > LONGEST || token.getBytes(UTF_8).length < SHORTEST) {
            throw new IOException("The token file " + file.file() + " must hold one token of " + SHORTEST + " to "
                    + LONGEST + " bytes, such as the output of: openssl rand -hex 32");
        }
        if (token.chars().anyMatch(c -> c <= ' ' || c > '~')) {
            throw new IOException("The token file " + file.file() + " must hold one token of printable ASCII");
        }
        return token;
    }

    /** Whether there are any. */
    boolean required() {
        return !files.isEmpty();
    }

    /**
     * Reads the files again. One that cannot be used keeps the token it had, so that a slip while writing it locks
     * nobody out. Reads files, so it is not for an event loop.
     */
    void refresh() {
        List<Token> now = new ArrayList<>();
        for (Token before : tokens) {
            now.add(new Token(before.file(), again(before)));
        }
        tokens = List.copyOf(now);
    }

    private Digest again(Token before) {
        TokenFile file = before.file();
        try {
            Digest digest = new Digest(read(file));
            complaints.remove(file);
            if (!digest.matches(before.digest())) {
                LOG.info("The token in {} has changed", file.file());
            }
            return digest;
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage());
            if (!message.equals(complaints.put(file, message))) {
                LOG.warn("{}. The token that it held stays in force.", message);
            }
            return before.digest();
        }
    }

    /** What a token allows; takes as long for one that is nearly right. */
    Optional<Role> role(String presented) {
        if (presented.length() > LONGEST) {
            return Optional.empty();
        }
        Digest digest = new Digest(presented);
        @Nullable Role role = null;
        for (Token token : tokens) {
            boolean matches = token.digest().matches(digest);
            if (matches && (role == null || token.file().role().compareTo(role) > 0)) {
                role = token.file().role();
            }
        }
        return Optional.ofNullable(role);
    }
}
