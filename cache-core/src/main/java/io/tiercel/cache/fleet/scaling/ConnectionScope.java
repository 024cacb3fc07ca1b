package io.tiercel.cache.fleet.scaling;

/** What a report of database connections has counted. */
public enum ConnectionScope {
    /** The pools of this pod: the fleet's number is the sum over pods. */
    POD,

    /** All connections that the database has, from wherever: the fleet's number is the largest report. */
    DATABASE
}
