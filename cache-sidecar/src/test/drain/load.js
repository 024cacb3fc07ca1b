'use strict';
// The load of one client of Node. Arguments: host, port, a prefix for the keys, seconds, workers, the client's module, its rest.
// Says when it has connected, begins on a line of standard input, and says at the end in one line of JSON what came of it.
// Load.java of the Java clients is the same.
const path = require('node:path');

const PAUSE_MILLIS = 2;
const GRACE_MILLIS = 10_000;

const [host, port, prefix, seconds, workers, file, ...rest] = process.argv.slice(2);
const { version, client } = require(path.join(__dirname, '..', 'clients', 'node', file))(host, Number(port), ...rest);
const count = { version, sent: 0, ok: 0, failed: 0, wrong: 0, unanswered: 0, longest_ms: 0, errors: {} };

async function ask(command) {
    count.sent++;
    const started = Date.now();
    try {
        const reply = await command();
        count.ok++;
        return { ok: true, reply };
    } catch (e) {
        count.failed++;
        const text = (e.message || String(e)).replace(/\s+/g, ' ').slice(0, 150);
        count.errors[text] = (count.errors[text] ?? 0) + 1;
        return { ok: false };
    } finally {
        count.longest_ms = Math.max(count.longest_ms, Date.now() - started);
    }
}

async function work(worker, end) {
    const key = `${prefix}${worker}`;
    for (let number = 1; Date.now() < end; number++) {
        const set = await ask(() => client.setEx(key, String(number), 600));
        const get = await ask(() => client.get(key));
        // What a failed write has done is open until the next one.
        if (set.ok && get.ok && get.reply !== String(number)) {
            count.wrong++;
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLIS));
    }
}

async function main() {
    await client.connect();
    process.stdout.write('READY\n');
    await new Promise((resolve) => process.stdin.once('data', resolve));
    const end = Date.now() + Number(seconds) * 1000;
    const all = Array.from({ length: Number(workers) }, (_, worker) => work(worker, end));
    await Promise.race([
        Promise.allSettled(all),
        new Promise((resolve) => setTimeout(resolve, end + GRACE_MILLIS - Date.now())),
    ]);
    count.unanswered = count.sent - count.ok - count.failed;
    process.stdout.write(JSON.stringify(count) + '\n', () => process.exit(0));
}

main().catch((e) => {
    console.error(e);
    process.exit(1);
});
