package io.tiercel.cache;

import io.tiercel.cache.tier.ChangeFeed;
import io.tiercel.cache.tier.Section;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What a {@link FakeTier} tells one cache; the test may hold it back or lose it. */
final class FakeFeed implements ChangeFeed {
    static final int SECTIONS = 4;

    private final List<String> prefixes;
    private final TimeSource time;
    private final Listener listener;
    private final List<Section> sections = new ArrayList<>();
    private final Queue<String> held = new ConcurrentLinkedQueue<>();
    volatile boolean holding;
    volatile boolean losing;

    FakeFeed(List<String> prefixes, TimeSource time, Listener listener) {
        this.prefixes = prefixes;
        this.time = time;
        this.listener = listener;
        for (int i = 0; i < SECTIONS; i++) {
            sections.add(new Section(i, time.nanos()));
        }
        vouch();
    }

    /** Vouches for the next hundred years. */
    void vouch() {
        sections.forEach(section ->
                section.vouchUntil(time.nanos() + Duration.ofDays(36_500).toNanos()));
    }

    /** Vouches no more. */
    void doubt() {
        sections.forEach(section -> section.vouchUntil(time.nanos()));
    }

    /** As after a gap: nothing that was known counts. */
    void rearm() {
        sections.forEach(Section::forget);
        vouch();
    }

    void tell(String key) {
        if (losing || prefixes.stream().noneMatch(key::startsWith)) {
            return;
        }
        if (holding) {
            held.add(key);
        } else {
            listener.changed(key);
        }
    }

    void release() {
        holding = false;
        for (String key = held.poll(); key != null; key = held.poll()) {
            listener.changed(key);
        }
    }

    @Override
    public int sections() {
        return SECTIONS;
    }

    @Override
    public Section sectionAt(int index) {
        return sections.get(index);
    }

    @Override
    public Section section(String key) {
        int tag = key.indexOf('{');
        return sections.get(tag >= 0 ? key.charAt(tag + 1) - '0' : Math.floorMod(key.hashCode(), SECTIONS));
    }

    @Override
    public String keyIn(int section, String name) {
        return name + '{' + section + '}';
    }

    @Override
    public List<Node> nodes() {
        return List.of();
    }

    @Override
    public void close() {
        doubt();
    }
}
