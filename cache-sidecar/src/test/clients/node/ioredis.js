'use strict';
const installed = require('./installed.js');
const Redis = installed('ioredis');

/** The results of a pipeline or transaction, of which each is [error, value]. */
function values(results) {
    return results.map(([error, value]) => {
        if (error) {
            throw error;
        }
        return value;
    });
}

module.exports = (host, port) => {
    let redis;
    const client = {
        async connect() {
            redis = new Redis(port, host);
            redis.on('error', (e) => console.error(e.message));
            await redis.ping();
        },
        setEx: (key, value, seconds) => redis.set(key, value, 'EX', seconds),
        get: (key) => redis.get(key),
        async pipelineSet(keys, all) {
            const pipeline = redis.pipeline();
            keys.forEach((key, i) => pipeline.set(key, all[i]));
            values(await pipeline.exec());
        },
        async pipelineGet(keys) {
            const pipeline = redis.pipeline();
            keys.forEach((key) => pipeline.get(key));
            return values(await pipeline.exec());
        },
        mget: (keys) => redis.mget(keys),
        multi: async (key, counter, value) =>
            values(await redis.multi().set(key, value).incr(counter).get(key).exec()).slice(1),
        ttl: (key) => redis.ttl(key),
        pttl: (key) => redis.pttl(key),
        incr: (key) => redis.incr(key),
        setBytes: (key, value) => redis.set(key, value),
        getBytes: (key) => redis.getBuffer(key),
        async scan(pattern) {
            const found = [];
            for await (const keys of redis.scanStream({ match: pattern })) {
                found.push(...keys);
            }
            return found;
        },
        del: (keys) => redis.del(keys),
        close: () => redis.quit(),
    };
    return { version: installed('ioredis/package.json').version, client };
};
