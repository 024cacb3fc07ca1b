package io.tiercel.sidecar.control;

import java.util.List;

/**
 * Where a key is. Holds no value.
 *
 * @param answeredBy the tier that would answer a read now: {@code l1}, {@code l2}, {@code l3} or {@code none}
 * @param places one for each tier, the nearest first
 * @param key as it was asked for
 */
public record KeyReport(String key, String answeredBy, List<Place> places) {
    public KeyReport {
        places = List.copyOf(places);
    }

    /**
     * What one tier says.
     *
     * @param tier {@code l1}, {@code l2} or {@code l3}
     * @param status {@code fresh}, {@code stale} (served while Redis cannot be asked), {@code ended}, {@code negative},
     *     {@code absent}, or why it could not be asked
     * @param ageMillis since it was read into that tier, -1 if unknown
     * @param ttlMillis how much longer it lives there, -1 if it does not end or that is unknown
     * @param bytes the value's length, -1 if unknown
     * @param node the server that holds it, empty for L1
     */
    public record Place(String tier, String status, long ageMillis, long ttlMillis, long bytes, String node) {}
}
