package io.tiercel.cache.tier.redis;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who serves what, put together from what several nodes say: each one's word counts for its own slots, and the node with
 * the newest view speaks for those that say nothing. Of two that claim a slot the higher epoch has it; whoever still
 * believes that it is his, as a primary that slept through its failover does, has none of it.
 *
 * <p>Not changed once it is made.
 */
final class Topology {
    private final List<RedisUri.Server> primaries;
    private final @Nullable String[] ownerOfSlot;
    private final List<Set<String>> ownersOfSection;

    private Topology(
            List<RedisUri.Server> primaries, @Nullable String[] ownerOfSlot, List<Set<String>> ownersOfSection) {
        this.primaries = primaries;
        this.ownerOfSlot = ownerOfSlot;
        this.ownersOfSection = ownersOfSection;
    }

    static Topology unknown() {
        return new Topology(List.of(), new String[Slots.COUNT], emptySections());
    }

    /** @param views at least one */
    static Topology of(Collection<ClusterView> views) {
        ClusterView newest = views.stream()
                .max(Comparator.comparingLong(ClusterView::epoch)
                        .thenComparingInt(view -> view.members().size()))
                .orElseThrow();
        Map<String, ClusterView.Member> members = new HashMap<>(newest.members());
        for (ClusterView view : views) {
            // Who was removed from the cluster may not have heard of it.
            members.computeIfPresent(view.myself(), (id, heard) -> view.own());
        }
        List<ClusterView.Member> primaries = members.values().stream()
                .filter(ClusterView.Member::primary)
                .sorted(Comparator.comparing(ClusterView.Member::id))
                .toList();
        @Nullable String[] ownerOfSlot = owners(primaries);
        List<Set<String>> ownersOfSection = emptySections();
        for (int section = 0; section < Slots.SECTIONS; section++) {
            for (int i = 0; i < Slots.PER_SECTION; i++) {
                // The empty id stands for nobody, who vouches for nothing.
                String owner = ownerOfSlot[section * Slots.PER_SECTION + i];
                ownersOfSection.get(section).add(owner == null ? "" : owner);
            }
        }
        for (ClusterView.Member member : primaries) {
            // While a slot moves, both nodes write to it.
            member.partners().forEach((slot, partner) -> {
                Set<String> owners = ownersOfSection.get(slot / Slots.PER_SECTION);
                owners.add(member.id());
                owners.add(partner);
            });
        }
        return new Topology(primaries.stream().map(ClusterView.Member::server).toList(), ownerOfSlot, ownersOfSection);
    }

    /** Where the primaries are, those without slots too: slots may come to them at any moment. */
    List<RedisUri.Server> primaries() {
        return primaries;
    }

    /** Everybody who has to vouch for it. */
    Set<String> owners(int section) {
        return ownersOfSection.get(section);
    }

    List<Integer> sectionsOf(String id) {
        List<Integer> sections = new ArrayList<>();
        for (int section = 0; section < Slots.SECTIONS; section++) {
            if (owners(section).contains(id)) {
                sections.add(section);
            }
        }
        return sections;
    }

    /** The sections in which there is a slot that has another owner in the other topology. */
    List<Integer> changes(Topology other) {
        List<Integer> sections = new ArrayList<>();
        for (int section = 0; section < Slots.SECTIONS; section++) {
            int from = section * Slots.PER_SECTION;
            int to = from + Slots.PER_SECTION;
            if (!Arrays.equals(ownerOfSlot, from, to, other.ownerOfSlot, from, to)
                    || !owners(section).equals(other.owners(section))) {
                sections.add(section);
            }
        }
        return sections;
    }

    /** Whether somebody whose table of slots that is asks the owner for each key of the section. */
    boolean isRouted(int section, Routes routes) {
        for (int slot = section * Slots.PER_SECTION; slot < (section + 1) * Slots.PER_SECTION; slot++) {
            String owner = ownerOfSlot[slot];
            if (owner != null && !Objects.equals(owner, routes.nodeOf(slot))) {
                return false;
            }
        }
        return true;
    }

    /** Which node is asked for the keys of a slot. */
    @FunctionalInterface
    interface Routes {
        @Nullable
        String nodeOf(int slot);
    }

    private static @Nullable String[] owners(List<ClusterView.Member> primaries) {
        @Nullable String[] owners = new String[Slots.COUNT];
        long[] epochs = new long[Slots.COUNT];
        Arrays.fill(epochs, -1);
        for (ClusterView.Member member : primaries) {
            member.slots().stream()
                    .filter(slot -> member.epoch() >= epochs[slot])
                    .forEach(slot -> {
                        // Of two with the same epoch Redis itself will soon give one another.
                        owners[slot] = member.epoch() > epochs[slot] ? member.id() : null;
                        epochs[slot] = member.epoch();
                    });
        }
        return owners;
    }

    private static List<Set<String>> emptySections() {
        List<Set<String>> sections = new ArrayList<>(Slots.SECTIONS);
        for (int i = 0; i < Slots.SECTIONS; i++) {
            sections.add(new HashSet<>());
        }
        return sections;
    }
}
