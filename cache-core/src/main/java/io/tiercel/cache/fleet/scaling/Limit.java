package io.tiercel.cache.fleet.scaling;

import java.util.Locale;

/** Why something else is recommended than the triggers ask for. */
public enum Limit {
    /** Not all of the fleet may have been heard of yet: no pods are removed. */
    LEARNING,

    /** No pods are removed while data is missing. */
    MISSING_DATA,

    /** No pods are added while the database has too many connections. */
    DB_CONNECTIONS,

    /** The triggers have asked for more within the stabilization window of shrinking. */
    DOWN_STABILIZATION,

    /** The triggers have asked for less within the stabilization window of growing. */
    UP_STABILIZATION,

    /** The policies of growing. */
    UP_POLICY,

    /** The policies of shrinking. */
    DOWN_POLICY,

    /** The fewest pods. */
    MIN,

    /** The most pods. */
    MAX,

    /** A floor that an operator has set. */
    FLOOR;

    /** Its name outside of Java, such as {@code down_policy}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
