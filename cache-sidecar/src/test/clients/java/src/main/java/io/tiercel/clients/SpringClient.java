package io.tiercel.clients;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.ScanOptions;
import org.springframework.data.redis.core.SessionCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Spring Data Redis over Lettuce: the template, and the annotations of Spring's cache. */
final class SpringClient implements Client {
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
        template().opsForValue().set(key, value, seconds, TimeUnit.SECONDS);
    }

    @Override
    public @Nullable String get(String key) throws IOException {
        return template().opsForValue().get(key);
    }

    @Override
    public void pipelineSet(List<String> keys, List<String> values) throws IOException {
        template().executePipelined((org.springframework.data.redis.core.RedisCallback<@Nullable Object>) connection -> {
            for (int i = 0; i < keys.size(); i++) {
                connection.stringCommands().set(bytes(keys.get(i)), bytes(values.get(i)));
            }
            return null;
        });
    }

    @Override
    public List<@Nullable String> pipelineGet(List<String> keys) throws IOException {
        List<@Nullable String> values = new ArrayList<>();
        template()
                .executePipelined((org.springframework.data.redis.core.RedisCallback<@Nullable Object>) connection -> {
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
            if (squares.square(7) != 49 || squares.square(7) != 49 || squares.computed() != 1) {
                throw new IOException("computed " + squares.computed() + " times for two calls, expected once");
            }
            squares.forgetAll();
            if (squares.square(7) != 49 || squares.computed() != 2) {
                throw new IOException("computed " + squares.computed() + " times after a clear, expected twice");
            }
            squares.forgetAll();
        }
        return "";
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

        @Cacheable("tiercel-clients-squares")
        public int square(int number) {
            computed++;
            return number * number;
        }

        @CacheEvict(cacheNames = "tiercel-clients-squares", allEntries = true)
        public void forgetAll() {}

        public int computed() {
            return computed;
        }
    }
}
