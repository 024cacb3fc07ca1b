package io.tiercel.sidecar.resp;

/** The version of the protocol that a connection speaks: RESP2 until its client asks for another with HELLO. */
public enum Protocol {
    /** What every client understands; nulls, maps, sets and doubles are written with the types that it has. */
    RESP2,
    /** With types of its own for null, boolean, double, big number, map, set, verbatim text and push. */
    RESP3
}
