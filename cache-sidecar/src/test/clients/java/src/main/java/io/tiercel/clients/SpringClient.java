package io.tiercel.clients;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.springframework.cache.annotation.CacheEvict;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.cache.RedisCacheManager;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.ScanOptions;
import org.springframework.data.redis.core.SessionCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Spring Data Redis over Lettuce: the template, and the annotations of Spring's cache. */
final class SpringClient implements Client {
    private static final String SQUARES = "tiercel-clients-squares";

    private @Nullable LettuceConnectionFactory connections;
    private @Nullable StringRedisTemplate template;

    public static void main(String[] args) throws IOException {
        Steps.main(args, "org.springframework.data", "spring-data-redis", new SpringClient());
    }

    private StringRedisTemplate template() throws IOException {
        if (template == null) {
            throw new IOException("not connected");
        }
        return template;
    }

    @Override
    public void connect(String host, int port) {
        connections = new LettuceConnectionFactory(host, port);
        connections.afterPropertiesSet();
        connections.start();
        template = new StringRedisTemplate(connections);
        template.execute(connection -> connection.ping(), false);
    }

    @Override
    public void setEx(String key, String value, int seconds) throws IOException {
        template().opsForValue().set(key, value, Duration.ofSeconds(seconds));
    }

    @Override
    public @Nullable String get(String key) throws IOException {
        return template().opsForValue().get(key);
    }

    // A pipeline's callback has to return null.
    @SuppressWarnings("NullAway")
    @Override
    public void pipelineSet(List<String> keys, List<String> values) throws IOException {
        template().executePipelined((RedisCallback<@Nullable Object>) connection -> {
            for (int i = 0; i < keys.size(); i++) {
                connection.stringCommands().set(bytes(keys.get(i)), bytes(values.get(i)));
            }
            return null;
        });
    }

    @SuppressWarnings("NullAway")
    @Override
    public List<@Nullable String> pipelineGet(List<String> keys) throws IOException {
        List<@Nullable String> values = new ArrayList<>();
        template()
                .executePipelined((RedisCallback<@Nullable Object>) connection -> {
                    keys.forEach(key -> connection.stringCommands().get(bytes(key)));
                    return null;
                })
                .forEach(value -> values.add((String) value));
        return values;
    }

    @Override
    public List<@Nullable String> mget(List<String> keys) throws IOException {
        return template().opsForValue().multiGet(keys);
    }

    @Override
    public List<Object> multi(String key, String counter, String value) throws IOException {
        List<Object> replies = template().execute(new SessionCallback<>() {
            @Override
            @SuppressWarnings("unchecked")
            public <K, V> List<Object> execute(RedisOperations<K, V> operations) throws DataAccessException {
                RedisOperations<String, String> strings = (RedisOperations<String, String>) operations;
                strings.multi();
                strings.opsForValue().set(key, value);
                strings.opsForValue().increment(counter);
                strings.opsForValue().get(key);
                return strings.exec();
            }
        });
        return replies.subList(1, replies.size());
    }

    @Override
    public long ttl(String key) throws IOException {
        return template().getExpire(key);
    }

    @Override
    public long pttl(String key) throws IOException {
        return template().getExpire(key, TimeUnit.MILLISECONDS);
    }

    @Override
    public long incr(String key) throws IOException {
        return template().opsForValue().increment(key);
    }

    @Override
    public void setBytes(String key, byte[] value) throws IOException {
        template().execute(connection -> connection.stringCommands().set(bytes(key), value), false);
    }

    @Override
    public byte @Nullable [] getBytes(String key) throws IOException {
        return template().execute(connection -> connection.stringCommands().get(bytes(key)), false);
    }

    @Override
    public Collection<String> scan(String pattern) throws IOException {
        List<String> found = new ArrayList<>();
        try (Cursor<String> cursor =
                template().scan(ScanOptions.scanOptions().match(pattern).build())) {
            cursor.forEachRemaining(found::add);
        }
        return found;
    }

    @Override
    public long del(List<String> keys) throws IOException {
        return template().delete(keys);
    }

    @Override
    public void close() throws IOException {
        if (connections == null) {
            throw new IOException("not connected");
        }
        connections.destroy();
    }

    @Override
    public Map<String, Steps.Body> also() {
        return Map.of("@Cacheable", this::cacheable);
    }

    private String cacheable(String prefix) throws IOException {
        if (connections == null) {
            throw new IOException("not connected");
        }
        RedisCacheManager caches = RedisCacheManager.create(connections);
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            context.registerBean("cacheManager", RedisCacheManager.class, () -> caches);
            context.register(Caching.class, Squares.class);
            context.refresh();
            Squares squares = context.getBean(Squares.class);
            expect(49, squares.square(7));
            awaitCached(true);
            expect(49, squares.square(7));
            expect(1, squares.computed());
            squares.forgetAll();
            awaitCached(false);
            expect(49, squares.square(7));
            expect(2, squares.computed());
            squares.forgetAll();
            awaitCached(false);
        }
        return "";
    }

    /** The cache's writes go out asynchronously, if Lettuce is what they go through. */
    private void awaitCached(boolean expected) throws IOException {
        long started = System.nanoTime();
        while (template().hasKey(SQUARES + "::7") != expected) {
            if (System.nanoTime() - started > TimeUnit.SECONDS.toNanos(5)) {
                throw new IOException("the entry " + (expected ? "did not come" : "did not go") + " within 5 s");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }

    private static void expect(int expected, int actual) throws IOException {
        if (expected != actual) {
            throw new IOException("expected " + expected + ", got " + actual);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Turns the annotations on. */
    @Configuration(proxyBeanMethods = false)
    @EnableCaching(proxyTargetClass = true)
    static class Caching {}

    /** Something that is worth caching. */
    static class Squares {
        private int computed;

        @Cacheable(SQUARES)
        public int square(int number) {
            computed++;
            return number * number;
        }

        @CacheEvict(cacheNames = SQUARES, allEntries = true)
        public void forgetAll() {}

        public int computed() {
            return computed;
        }
    }
}
