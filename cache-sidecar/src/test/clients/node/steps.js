'use strict';
// The steps, for clients that are driven from Node. The Java and Python ones are the same, step by step.
// Arguments: host, port, a prefix for the keys, the client's module in this directory, and what that is told.
const assert = require('node:assert/strict');
const readline = require('node:readline');

const [host, port, prefix, file, ...rest] = process.argv.slice(2);

const KEYS = 500;
const RECONNECT_MILLIS = 10_000;

const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();

function say(kind, step, text = '') {
    const line = `${kind}\t${step}\t${String(text).replace(/\s+/g, ' ')}`;
    process.stdout.write(line + '\n');
}

async function step(name, body) {
    try {
        say('PASS', name, (await body()) ?? '');
    } catch (e) {
        say('FAIL', name, e.message || e.code || e);
    }
}

async function reconnect(client) {
    const key = prefix + 'reconnect';
    await client.setEx(key, 'before', 100);
    process.stdout.write('CUT\n');
    await lines.next();
    const started = Date.now();
    let errors = 0;
    for (;;) {
        try {
            const value = await Promise.race([
                client.get(key),
                new Promise((_, reject) =>
                    setTimeout(() => reject(new Error('no answer')), RECONNECT_MILLIS).unref()),
            ]);
            assert.equal(value, 'before');
            break;
        } catch (e) {
            errors++;
            if (Date.now() - started > RECONNECT_MILLIS) {
                throw new Error(`no answer for ${RECONNECT_MILLIS} ms after the cut: ${e.message}`);
            }
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    }
    const took = Date.now() - started;
    assert.ok(took <= RECONNECT_MILLIS, `took ${took} ms`);
    assert.equal(await client.del([key]), 1);
    return `after ${took} ms, ${errors} failed`;
}

async function run({ version, client }) {
    say('VERSION', version);
    const keys = Array.from({ length: KEYS }, (_, i) => `${prefix}many:${i}`);
    const values = keys.map((_, i) => `value ${i}`);
    const text = prefix + 'text';
    const plain = prefix + 'plain';
    const counter = prefix + 'counter';
    const bytes = prefix + 'bytes';
    const large = prefix + 'large';
    const transactions = [`{${prefix}t}a`, `{${prefix}t}n`, prefix + 'other-a', prefix + 'other-n'];
    const missing = prefix + 'missing';

    await step('connect', () => client.connect());
    await step('set ex', async () => void (await client.setEx(text, 'grüße', 100)));
    await step('get', async () => {
        assert.equal(await client.get(text), 'grüße');
        assert.equal(await client.get(missing), null);
    });
    await step('pipeline', async () => {
        await client.pipelineSet(keys, values);
        assert.deepEqual(await client.pipelineGet(keys), values);
    });
    await step('mget', async () => assert.deepEqual(await client.mget([...keys, missing]), [...values, null]));
    await step('multi', async () =>
        assert.deepEqual(await client.multi(transactions[0], transactions[1], 'v'), [1, 'v']));
    await step('multi, slots', async () =>
        assert.deepEqual(await client.multi(transactions[2], transactions[3], 'v'), [1, 'v']));
    await step('ttl', async () => {
        const seconds = await client.ttl(text);
        assert.ok(seconds > 50 && seconds <= 100, `TTL is ${seconds}`);
        const millis = await client.pttl(text);
        assert.ok(millis > 50_000 && millis <= 100_000, `PTTL is ${millis}`);
        assert.equal(await client.ttl(keys[0]), -1);
        assert.equal(await client.pttl(missing), -2);
    });
    await step('incr', async () => {
        assert.equal(await client.incr(counter), 1);
        assert.equal(await client.incr(counter), 2);
        assert.equal(await client.get(counter), '2');
    });
    await step('binary', async () => {
        const all = Buffer.concat([
            Buffer.from('\r\n\0$5\r\n'),
            Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
            Buffer.from('\0\r\n'),
        ]);
        await client.setBytes(bytes, all);
        assert.deepEqual(await client.getBytes(bytes), all);
    });
    await step('100 KB', async () => {
        const value = 'abcdefghij'.repeat(10_240);
        await client.setEx(large, value, 100);
        assert.ok((await client.get(large)) === value, 'another value came back');
    });
    const written = [...keys, text, counter, bytes, large, prefix + 'other-a', prefix + 'other-n'];
    await step('scan', async () => {
        const found = new Set(await client.scan(prefix + '*'));
        assert.deepEqual([...found].sort(), [...written].sort());
    });
    await step('del', async () => {
        const all = [...written, transactions[0], transactions[1]];
        assert.equal(await client.del([...all, missing]), all.length);
        assert.equal(await client.get(text), null);
        assert.deepEqual(await client.mget(keys.slice(0, 3)), [null, null, null]);
    });
    for (const [name, body] of Object.entries(client.also ?? {})) {
        await step(name, () => body(prefix));
    }
    await step('reconnect', () => reconnect(client));
    await step('close', async () => void (await client.close()));
    process.stdin.destroy();
    // What still holds the process is a timer of a client that has closed.
    setTimeout(() => process.exit(0), 2000).unref();
}

run(require(`./${file}`)(host, Number(port), ...rest));
