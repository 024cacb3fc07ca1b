package io.tiercel.sidecar.front;

import java.time.Duration;

/**
 * What warm-ups and hot lists may cost where nobody says otherwise.
 *
 * @param fleet the name that sidecars of one service share: whose lists are read
 * @param rate keys a second that all pods of the fleet together read from Redis to warm up; positive
 * @param concurrency reads of many keys under way at once; positive
 * @param listKeys keys of the list that this pod publishes; positive
 * @param publishEvery how often it does
 * @param lookEvery how often it looks whether another pod leaves
 */
public record WarmUpSettings(
        String fleet, int rate, int concurrency, int listKeys, Duration publishEvery, Duration lookEvery) {}
