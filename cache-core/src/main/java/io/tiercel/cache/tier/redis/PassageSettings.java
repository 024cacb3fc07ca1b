package io.tiercel.cache.tier.redis;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * How a passage's connections are made.
 *
 * @param longestSilence after this long without an answer a connection is given up
 */
record PassageSettings(
        RedisConfig config,
        Duration longestSilence,
        EventLoop loop,
        Class<? extends SocketChannel> channels,
        boolean resp3) {
    /** What is said first on each connection. */
    List<byte[][]> introduction() {
        List<byte[][]> words = new ArrayList<>();
        String password = config.password();
        String username = config.username();
        if (resp3) {
            words.add(
                    password == null
                            ? words("HELLO", "3")
                            : words("HELLO", "3", "AUTH", username == null ? "default" : username, password));
        } else if (password != null) {
            words.add(username == null ? words("AUTH", password) : words("AUTH", username, password));
        }
        words.add(words("CLIENT", "SETNAME", config.clientName()));
        if (config.database() > 0) {
            words.add(words("SELECT", Integer.toString(config.database())));
        }
        return words;
    }

    /** Null without TLS. */
    @Nullable
    SslContext ssl() {
        if (!config.tls()) {
            return null;
        }
        try {
            SslContextBuilder builder = SslContextBuilder.forClient();
            Path trustStore = config.trustStore();
            if (!config.verifyPeer()) {
                builder.trustManager(InsecureTrustManagerFactory.INSTANCE).endpointIdentificationAlgorithm(null);
            } else if (trustStore != null) {
                builder.trustManager(LettuceRuntime.trusted(trustStore, config.trustStorePassword()));
            }
            return builder.build();
        } catch (SSLException e) {
            throw new IllegalArgumentException("TLS cannot be set up: " + e.getMessage(), e);
        }
    }

    private static byte[][] words(String... texts) {
        byte[][] words = new byte[texts.length][];
        for (int i = 0; i < texts.length; i++) {
            words[i] = RedisKeys.bytes(texts[i]);
        }
        return words;
    }
}
