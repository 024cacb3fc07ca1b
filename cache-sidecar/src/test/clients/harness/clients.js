'use strict';
// Which clients there are, and how each is started. A client gets host, port and a prefix for its keys as arguments.
const path = require('node:path');
const fs = require('node:fs');
const { spawnSync } = require('node:child_process');

const here = path.join(__dirname, '..');
const work = process.env.CLIENTS_WORK;

const program = (file) => [process.execPath, path.join(here, 'node', file)];
const node = (...rest) => () => ({ command: program('steps.js'), rest });

/** A process of its own for each, so that one client's threads and pools are not another's. */
const jvm = (main) => () => {
    const classPath = fs.readFileSync(path.join(work, 'classpath'), 'utf8').trim();
    const java = process.env.JAVA_HOME ? path.join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
    return {
        command: [java, '-XX:TieredStopAtLevel=1', '-cp',
            [path.join(work, 'classes'), classPath].join(path.delimiter), `io.tiercel.clients.${main}`],
        rest: [],
    };
};

function python() {
    const found = ['python3', '/usr/bin/python3']
        .find((name) => spawnSync(name, ['-c', 'import redis']).status === 0);
    return found
        ? { command: [found, path.join(here, 'python', 'redis_py.py')], rest: [] }
        : { missing: "no python3 has the module redis: 'apt-get install python3-redis'" };
}

module.exports = [
    { id: 'redis-cli', name: 'redis-cli', start: node('redis-cli.js', '2') },
    { id: 'redis-cli-3', name: 'redis-cli -3', start: node('redis-cli.js', '3') },
    { id: 'ioredis', name: 'ioredis', start: node('ioredis.js') },
    { id: 'node-redis', name: 'node-redis', start: node('node-redis.js', 'redis') },
    { id: 'node-redis-4', name: 'node-redis 4', start: node('node-redis.js', 'redis-4') },
    { id: 'jedis', name: 'Jedis', start: jvm('JedisClient') },
    { id: 'lettuce', name: 'Lettuce', start: jvm('LettuceClient') },
    { id: 'redisson', name: 'Redisson', start: jvm('RedissonClient') },
    { id: 'spring', name: 'Spring Data Redis', start: jvm('SpringClient') },
    { id: 'redis-py', name: 'redis-py', start: python },
    {
        id: 'redis-benchmark',
        name: 'redis-benchmark',
        start: () => ({ command: program('redis-benchmark.js'), rest: [] }),
        ownSteps: ['P=1', 'P=16', 'RESP3, P=16'],
    },
];
