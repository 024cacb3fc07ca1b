package io.tiercel.cache.tier.redis;

import static java.util.Objects.requireNonNull;

import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one node knows of the cluster, as {@code CLUSTER NODES} says it: equal to another as long as nobody joined, left,
 * failed, changed roles or slots. Of its own slots a node knows best, of others' it heard some time ago.
 *
 * <p>Not changed once it is made.
 */
record ClusterView(String myself, Map<String, Member> members) {
    /**
     * A node.
     *
     * @param healthy whether nobody called it failing
     * @param epoch when two claim a slot, the one with the higher epoch has it
     * @param partners those with whom it exchanges slots at the moment, by slot; only of the node itself
     */
    record Member(
            String id,
            RedisUri.Server server,
            boolean primary,
            boolean healthy,
            long epoch,
            BitSet slots,
            Map<Integer, String> partners) {
        boolean serves() {
            return primary && !slots.isEmpty();
        }
    }

    /** A server that is no cluster: it has all slots, but none while it is a replica of another. */
    static ClusterView ofSingle(RedisUri.Server server, boolean replica) {
        BitSet slots = new BitSet(Slots.COUNT);
        slots.set(0, replica ? 0 : Slots.COUNT);
        String id = server.toString();
        return new ClusterView(id, Map.of(id, new Member(id, server, true, true, 0, slots, Map.of())));
    }

    /**
     * @param asked where the answer comes from: a node need not know its own address
     * @throws IllegalArgumentException if it is no such answer
     */
    static ClusterView parse(String nodes, RedisUri.Server asked) {
        Map<String, Member> members = new LinkedHashMap<>();
        String myself = "";
        for (String line : nodes.lines().toList()) {
            String[] words = line.strip().split(" ", -1);
            if (words.length < 8) {
                throw new IllegalArgumentException("not a line of CLUSTER NODES: " + line);
            }
            Set<String> flags = new HashSet<>(List.of(words[2].split(",")));
            boolean own = flags.contains("myself");
            if (own) {
                myself = words[0];
            }
            RedisUri.Server server = server(words[1], asked, own);
            if (flags.contains("handshake") || server.port() == 0) {
                continue;
            }
            members.put(words[0], member(words, flags, server));
        }
        if (!members.containsKey(myself)) {
            throw new IllegalArgumentException("CLUSTER NODES does not say who answers");
        }
        return new ClusterView(myself, members);
    }

    Member own() {
        return requireNonNull(members.get(myself));
    }

    /** The highest epoch it heard of. */
    long epoch() {
        return members.values().stream().mapToLong(Member::epoch).max().orElse(0);
    }

    /** Whether the node sees the majority: one that does not takes no writes, or will soon refuse them. */
    boolean hasMajority() {
        long serving = members.values().stream().filter(Member::serves).count();
        long healthy = members.values().stream()
                .filter(member -> member.serves() && member.healthy())
                .count();
        return healthy > serving / 2;
    }

    private static Member member(String[] words, Set<String> flags, RedisUri.Server server) {
        BitSet slots = new BitSet(Slots.COUNT);
        Map<Integer, String> partners = new LinkedHashMap<>();
        for (int i = 8; i < words.length; i++) {
            String word = words[i];
            if (word.startsWith("[")) {
                int arrow = word.indexOf("-", 1);
                partners.put(slot(word.substring(1, arrow)), word.substring(arrow + 3, word.length() - 1));
                continue;
            }
            int dash = word.indexOf('-');
            int first = slot(dash < 0 ? word : word.substring(0, dash));
            slots.set(first, (dash < 0 ? first : slot(word.substring(dash + 1))) + 1);
        }
        boolean healthy = !flags.contains("fail") && !flags.contains("fail?") && !flags.contains("noaddr");
        return new Member(
                words[0], server, flags.contains("master"), healthy, Long.parseLong(words[6]), slots, partners);
    }

    private static int slot(String digits) {
        int slot = Integer.parseInt(digits);
        if (slot < 0 || slot >= Slots.COUNT) {
            throw new IllegalArgumentException("not a slot: " + digits);
        }
        return slot;
    }

    /** The form is {@code host:port@busport,hostname}; older servers leave out what is behind the port. */
    private static RedisUri.Server server(String address, RedisUri.Server asked, boolean own) {
        String hostAndPort = address.split("[@,]", 2)[0];
        int colon = hostAndPort.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("not an address: " + address);
        }
        String host = hostAndPort.substring(0, colon);
        if (host.isEmpty() && own) {
            return asked;
        }
        return new RedisUri.Server(
                host.isEmpty() ? asked.host() : host, Integer.parseInt(hostAndPort.substring(colon + 1)));
    }
}
