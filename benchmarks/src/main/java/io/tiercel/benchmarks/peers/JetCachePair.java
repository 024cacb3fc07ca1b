package io.tiercel.benchmarks.peers;

import com.alicp.jetcache.Cache;
import com.alicp.jetcache.CacheBuilder;
import com.alicp.jetcache.CacheResult;
import com.alicp.jetcache.CacheResultCode;
import com.alicp.jetcache.MultiLevelCache;
import com.alicp.jetcache.SimpleCacheManager;
import com.alicp.jetcache.anno.CacheConsts;
import com.alicp.jetcache.anno.CacheType;
import com.alicp.jetcache.embedded.CaffeineCacheBuilder;
import com.alicp.jetcache.redis.lettuce.JetCacheCodec;
import com.alicp.jetcache.redis.lettuce.RedisLettuceCacheBuilder;
import com.alicp.jetcache.support.Fastjson2KeyConvertor;
import com.alicp.jetcache.support.JavaValueDecoder;
import com.alicp.jetcache.support.JavaValueEncoder;
import com.alicp.jetcache.template.CacheBuilderTemplate;
import com.alicp.jetcache.template.NotifyMonitorInstaller;
import com.alicp.jetcache.template.QuickConfig;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * JetCache as its documentation has it: both levels, keys by fastjson2, values by Java serialization, a client that
 * rejects commands while it is disconnected, and every switch that keeps instances in step: {@code syncLocal}, a
 * broadcast channel, {@code penetrationProtect}.
 */
final class JetCachePair implements Contestant {
    private static final String NAME = "late";

    private final List<RedisClient> clients = new ArrayList<>();
    private final List<SimpleCacheManager> managers = new ArrayList<>();
    private final List<Cache<String, String>> instances = new ArrayList<>();

    JetCachePair(String late, String direct) {
        open(late);
        open(direct);
    }

    @SuppressWarnings("unchecked") // JetCache's codec is of a raw type
    private void open(String redis) {
        RedisClient client = RedisClient.create(redis);
        client.setOptions(ClientOptions.builder()
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .build());
        CacheBuilder local = CaffeineCacheBuilder.createCaffeineCacheBuilder()
                .limit(100_000)
                .keyConvertor(Fastjson2KeyConvertor.INSTANCE);
        CacheBuilder remote = RedisLettuceCacheBuilder.createRedisLettuceCacheBuilder()
                .keyConvertor(Fastjson2KeyConvertor.INSTANCE)
                .valueEncoder(JavaValueEncoder.INSTANCE)
                .valueDecoder(JavaValueDecoder.INSTANCE)
                .broadcastChannel(NAME)
                .redisClient(client)
                .pubSubConnection(client.connectPubSub(new JetCacheCodec()));
        CacheBuilderTemplate template = new CacheBuilderTemplate(
                true, Map.of(CacheConsts.DEFAULT_AREA, local), Map.of(CacheConsts.DEFAULT_AREA, remote));
        template.getCacheMonitorInstallers().add(new NotifyMonitorInstaller(area -> remote));
        SimpleCacheManager manager = new SimpleCacheManager();
        manager.setCacheBuilderTemplate(template);
        clients.add(client);
        managers.add(manager);
        instances.add(manager.getOrCreateCache(QuickConfig.newBuilder(NAME)
                .cacheType(CacheType.BOTH)
                .expire(Schedule.TTL)
                .syncLocal(true)
                .penetrationProtect(true)
                .build()));
    }

    @Override
    public String name() {
        return "JetCache";
    }

    @Override
    public @Nullable String get(int instance, String key, @Nullable Function<String, String> loader) {
        Cache<String, String> cache = instances.get(instance);
        return loader == null ? cache.get(key) : cache.computeIfAbsent(key, loader);
    }

    @Override
    public void put(int instance, String key, String value) {
        await(instances.get(instance).PUT(key, value));
    }

    @Override
    public void remove(int instance, String key) {
        await(instances.get(instance).REMOVE(key));
    }

    /** Asking for the outcome waits for it. To remove what only one level has is a success in part. */
    private static void await(CacheResult result) {
        if (result.getResultCode() == CacheResultCode.FAIL) {
            throw new IllegalStateException("JetCache: " + result.getResultCode() + ": " + result.getMessage());
        }
    }

    @Override
    public Map<String, String> held(String key) {
        Map<String, String> held = new LinkedHashMap<>();
        for (int i = 0; i < instances.size(); i++) {
            Cache<?, ?>[] levels = ((MultiLevelCache<String, String>) instances.get(i)).caches();
            note(held, "L1 of " + i, levels[0], key);
            note(held, "L2", levels[1], key);
        }
        return held;
    }

    @SuppressWarnings("unchecked")
    private static void note(Map<String, String> held, String tier, Cache<?, ?> level, String key) {
        String value = ((Cache<String, String>) level).get(key);
        if (value != null) {
            held.put(tier, value);
        }
    }

    @Override
    public void close() {
        managers.forEach(SimpleCacheManager::close);
        clients.forEach(client -> client.shutdown(Duration.ZERO, Duration.ofSeconds(2)));
    }
}
