package io.tiercel.sidecar.http;

/** What a token allows; each one allows what those before it do. */
public enum Role {
    /** Looking at everything. */
    READ,
    /** Changing how the cache behaves. */
    OPERATE,
    /** Taking a tier or the whole process out of service as well. */
    ADMIN
}
