package io.tiercel.cache;

import static java.util.Objects.requireNonNull;

import io.tiercel.cache.codec.Codec;
import io.tiercel.cache.tier.RemoteTier;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Describes a cache. What contradicts itself or is missing is refused by {@link #build()} or where it is said, with an
 * {@link IllegalArgumentException} or {@link IllegalStateException} that names the option. Not thread-safe.
 *
 * @param <K> the key
 * @param <V> the value
 */
public final class TieredCacheBuilder<K, V> {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,64}");

    private final String name;
    private final List<RemoteTier> remotes = new ArrayList<>();
    private @Nullable LocalTier<? super V> local;
    private @Nullable Codec<V> codec;
    private Function<? super K, String> keyEncoder = TieredCacheBuilder::defaultKey;
    private CachePolicy policy = CachePolicy.UNSET;
    private Coherence coherence = Coherence.DEFAULT;
    private Resilience resilience = Resilience.DEFAULT;
    private final Set<Guard> without = EnumSet.noneOf(Guard.class);
    private boolean plainKeys = true;
    private @Nullable Executor executor;
    private @Nullable FleetShares fleet;
    private TimeSource time = TimeSource.SYSTEM;

    TieredCacheBuilder(String name) {
        if (!NAME.matcher(requireNonNull(name, "name")).matches()) {
            throw new IllegalArgumentException("name must be 1 to 64 of A-Z a-z 0-9 _ . -: '" + name + "'");
        }
        this.name = name;
    }

    /** Gives the cache an L1 in this process. Once at most. */
    public TieredCacheBuilder<K, V> local(LocalTier<? super V> local) {
        requireNonNull(local, "local");
        if (this.local != null) {
            throw new IllegalStateException("local is already set: a cache has one L1");
        }
        this.local = local;
        return this;
    }

    /**
     * Adds a remote tier below those added so far: the first is L2, the next L3. The cache closes it when it is closed;
     * pass {@link RemoteTier#shared()} if others use it too.
     *
     * @throws IllegalStateException if there is one of that name already
     */
    public TieredCacheBuilder<K, V> remote(RemoteTier tier) {
        requireNonNull(tier, "remote");
        String tierName = requireNonNull(tier.name(), "remote.name");
        if (!NAME.matcher(tierName).matches() || tierName.equals("local")) {
            throw new IllegalArgumentException(
                    "remote.name must be 1 to 64 of A-Z a-z 0-9 _ . - and not 'local': '" + tierName + "'");
        }
        for (RemoteTier other : remotes) {
            if (other.name().equals(tierName)) {
                throw new IllegalStateException("remote: there is a tier named '" + tierName
                        + "' already; every depth takes one tier, and their names must differ");
            }
        }
        remotes.add(tier);
        return this;
    }

    /** How values become bytes. Required with a remote tier. */
    public TieredCacheBuilder<K, V> codec(Codec<V> codec) {
        requireNonNull(codec, "codec");
        if (codec.id() < 1 || codec.id() > 255) {
            throw new IllegalArgumentException("codec.id must be from 1 to 127: " + codec.id());
        }
        this.codec = codec;
        return this;
    }

    /**
     * How keys become strings. Two keys that are not equal must not give the same string. Default:
     * {@code String.valueOf} for strings, numbers, enums, UUIDs, booleans and characters; other types need this.
     */
    public TieredCacheBuilder<K, V> keyEncoder(Function<? super K, String> keyEncoder) {
        this.keyEncoder = requireNonNull(keyEncoder, "keyEncoder");
        this.plainKeys = false;
        return this;
    }

    /** Changes the policy; {@code p -> p.ttl(..)} at least, since a time to live is required. */
    public TieredCacheBuilder<K, V> policy(UnaryOperator<CachePolicy> change) {
        this.policy = requireNonNull(requireNonNull(change, "policy").apply(policy), "policy");
        return this;
    }

    /**
     * Where the future view's loaders, refreshes behind and listeners run. Default: the cache's own daemon threads, at
     * most 32, with a bounded queue. A given executor is not shut down by the cache.
     */
    public TieredCacheBuilder<K, V> executor(Executor executor) {
        this.executor = requireNonNull(executor, "executor");
        return this;
    }

    /** Changes how the cache keeps in step with the same cache in other processes. The defaults are on and safe. */
    public TieredCacheBuilder<K, V> coherence(UnaryOperator<Coherence> change) {
        this.coherence = requireNonNull(requireNonNull(change, "coherence").apply(coherence), "coherence");
        return this;
    }

    /** Changes how remote tiers that fail are treated. The defaults are on and safe. */
    public TieredCacheBuilder<K, V> resilience(UnaryOperator<Resilience> change) {
        this.resilience = requireNonNull(requireNonNull(change, "resilience").apply(resilience), "resilience");
        return this;
    }

    /**
     * Makes the cache one of a fleet: of the loader calls that the fleet's source stands, it makes no more than this
     * instance's share at once, whatever {@link CachePolicy#loaderPermits()} says beyond that; and L1 keeps its copies for
     * longer the more instances there are, see {@link CachePolicy#localTtl(Duration)}. Once at most.
     *
     * <p>With no share at the moment loads wait as if all permits were taken. A loader that reads from another cache of the
     * same shares needs a permit for each of the two; leave one of them out if that is how they are used.
     *
     * @param fleet {@code fleet.shares("orders-db", 40)}; may be given to several caches
     */
    public TieredCacheBuilder<K, V> fleet(FleetShares fleet) {
        requireNonNull(fleet, "fleet");
        if (this.fleet != null) {
            throw new IllegalStateException("fleet is already set: a cache belongs to one");
        }
        this.fleet = fleet;
        return this;
    }

    /** For tests that want to see what a guard keeps out. */
    TieredCacheBuilder<K, V> without(Guard... guards) {
        without.addAll(List.of(guards));
        return this;
    }

    TieredCacheBuilder<K, V> time(TimeSource time) {
        this.time = time;
        return this;
    }

    /**
     * Makes the cache.
     *
     * @throws IllegalStateException if something required is missing or two options contradict each other
     */
    public TieredCache<K, V> build() {
        if (local == null && remotes.isEmpty()) {
            throw new IllegalStateException("no tier: give the cache .local(..), .remote(..) or both");
        }
        if (local != null && local.byBytes() && local.maximum() > MemoryLimit.bytes()) {
            throw new IllegalStateException("local.maximumBytes is more than the memory of this process: "
                    + local.maximum() + " > " + MemoryLimit.bytes() + "; LocalTier.shareOfMemory(0.25) follows it");
        }
        checked(policy);
        if (codec == null && !remotes.isEmpty()) {
            throw new IllegalStateException(
                    "codec is required with a remote tier: .codec(Codec.utf8()), .codec(JsonCodec.of(User.class)), ...");
        }
        if (codec == null && local != null && local.byBytes() && local.valueBytes() == null) {
            throw new IllegalStateException(
                    "local.maximumBytes needs a codec to know what a value weighs, or a weigher:"
                            + " LocalTier.maximumBytes(bytes, value -> ..)");
        }
        return DefaultTieredCache.create(this);
    }

    /** Refuses a policy that is not complete or contradicts itself. */
    static void checked(CachePolicy policy) {
        String contradiction = policy.contradiction();
        if (contradiction != null) {
            throw new IllegalStateException(contradiction);
        }
    }

    String name() {
        return name;
    }

    @Nullable
    LocalTier<? super V> local() {
        return local;
    }

    List<RemoteTier> remotes() {
        return List.copyOf(remotes);
    }

    @Nullable
    Codec<V> codec() {
        return codec;
    }

    Function<? super K, String> keyEncoder() {
        return keyEncoder;
    }

    CachePolicy policy() {
        return policy;
    }

    Coherence coherence() {
        return coherence;
    }

    Resilience resilience() {
        return resilience;
    }

    Set<Guard> without() {
        return without;
    }

    /** Whether a key that is a string is stored as it is, behind the cache's name. */
    boolean plainKeys() {
        return plainKeys;
    }

    @Nullable
    Executor executor() {
        return executor;
    }

    @Nullable
    FleetShares fleet() {
        return fleet;
    }

    TimeSource time() {
        return time;
    }

    private static String defaultKey(Object key) {
        if (key instanceof String string) {
            return string;
        }
        if (key instanceof Enum<?> constant) {
            return constant.name();
        }
        if (key instanceof Number || key instanceof UUID || key instanceof Boolean || key instanceof Character) {
            return key.toString();
        }
        throw new IllegalArgumentException(
                "keyEncoder is required for keys of " + key.getClass() + ": .keyEncoder(key -> ..)");
    }
}
