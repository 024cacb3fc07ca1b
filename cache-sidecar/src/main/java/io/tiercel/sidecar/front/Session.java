package io.tiercel.sidecar.front;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.tiercel.sidecar.keyspace.RedisKeyspace;
import io.tiercel.sidecar.resp.Protocol;
import org.jspecify.annotations.Nullable;

/** What a client has said about itself and how it is to be answered. Confined to the connection's event loop. */
final class Session {
    static final byte[] NO_PREFIX = {};

    private Protocol protocol = Protocol.RESP2;
    private @Nullable User user;
    private int database;
    private byte[] prefix = NO_PREFIX;
    private String name = "";
    private String libraryName = "";
    private String libraryVersion = "";
    private boolean wantsMaintenance;
    private boolean noReply;
    private boolean skipReply;

    /** @param user null for a client that has to authenticate first */
    Session(@Nullable User user) {
        this.user = user;
    }

    Protocol protocol() {
        return protocol;
    }

    boolean isResp3() {
        return protocol == Protocol.RESP3;
    }

    void protocol(Protocol protocol) {
        this.protocol = protocol;
    }

    @Nullable
    User user() {
        return user;
    }

    void user(@Nullable User user) {
        this.user = user;
    }

    int database() {
        return database;
    }

    /** What its keys begin with in Redis. */
    byte[] prefix() {
        return prefix;
    }

    void database(int database) {
        this.database = database;
        this.prefix = prefix(database);
    }

    /** What the keys of a database begin with in Redis: nothing for database 0. */
    static byte[] prefix(int database) {
        return database == 0 ? NO_PREFIX : (RedisKeyspace.RESERVED + "db" + database + ":").getBytes(US_ASCII);
    }

    String name() {
        return name;
    }

    void name(String name) {
        this.name = name;
    }

    String libraryName() {
        return libraryName;
    }

    void libraryName(String libraryName) {
        this.libraryName = libraryName;
    }

    String libraryVersion() {
        return libraryVersion;
    }

    void libraryVersion(String libraryVersion) {
        this.libraryVersion = libraryVersion;
    }

    /** Whether it asked to be told when the sidecar goes away. */
    boolean wantsMaintenance() {
        return wantsMaintenance;
    }

    void wantsMaintenance(boolean wantsMaintenance) {
        this.wantsMaintenance = wantsMaintenance;
    }

    /** {@code CLIENT REPLY OFF}. */
    boolean noReply() {
        return noReply;
    }

    void noReply(boolean noReply) {
        this.noReply = noReply;
    }

    /** {@code CLIENT REPLY SKIP}: once. */
    boolean takeSkip() {
        boolean skip = skipReply;
        skipReply = false;
        return skip;
    }

    void skipReply() {
        this.skipReply = true;
    }
}
