package io.tiercel.sidecar.keyspace;

import java.time.Duration;
import java.util.List;

/**
 * What does not change while the process runs.
 *
 * @param fleet the name that sidecars of one service share; a part of the keys in L3
 * @param l1Bytes most bytes of L1
 * @param bound how old a change may be that a read from L1 does not see
 * @param prefixes keys that L1 keeps begin with one of these; one empty prefix for all
 * @param namespaces caches of the library that may be read here
 * @param staleIfDown for how long values that nobody vouches for are served while Redis cannot be asked
 * @param leaseTime how long whoever got a lease may take before somebody else gets it
 */
public record KeyspaceSettings(
        String fleet,
        long l1Bytes,
        Duration bound,
        List<String> prefixes,
        List<String> namespaces,
        Duration staleIfDown,
        Duration leaseTime) {
    public KeyspaceSettings {
        prefixes = List.copyOf(prefixes);
        namespaces = List.copyOf(namespaces);
    }
}
