'use strict';
// Runs the clients one after another, each through a wire of its own, and says what passed.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const { spawn } = require('node:child_process');
const { Proxy } = require('./proxy.js');
const { document } = require('./document.js');
const clients = require('./clients.js');
const steps = require('./steps.json');

const CLIENT_MILLIS = 120_000;
const CUT_MILLIS = 300;

function options(args) {
    const parsed = { host: args[0], port: Number(args[1]), server: 'the sidecar' };
    for (let i = 2; i < args.length; i += 2) {
        parsed[{ '--write-doc': 'doc', '--server': 'server', '--only': 'only' }[args[i]]] = args[i + 1];
    }
    return parsed;
}

/** One client's run: {version, steps: Map of name to {ok, text}, sent: commands by connection, missing}. */
async function run(client, { host, port }, logs) {
    const { command, rest, missing } = client.start();
    const result = { client, version: '', steps: new Map(), sent: [], missing };
    if (missing) {
        return result;
    }
    const proxy = new Proxy(host, port);
    const wire = await proxy.listen();
    const prefix = `clients:${client.id}:${process.pid}:`;
    const child = spawn(command[0], [...command.slice(1), '127.0.0.1', String(wire), prefix, ...rest], {
        stdio: ['pipe', 'pipe', fs.openSync(path.join(logs, `${client.id}.log`), 'w')],
    });
    child.stdin.on('error', () => {});
    let killed = false;
    const late = setTimeout(() => {
        killed = true;
        child.kill('SIGKILL');
    }, CLIENT_MILLIS);
    const exited = new Promise((resolve) => {
        child.on('error', (e) => resolve(e.message));
        child.on('exit', (code, signal) => resolve(killed ? `${CLIENT_MILLIS} ms were up` : `exit code ${code ?? signal}`));
    });
    const read = (async () => {
        for await (const line of readline.createInterface({ input: child.stdout })) {
            const [kind, step, text] = line.split('\t');
            if (kind === 'VERSION') {
                result.version = step;
            } else if (kind === 'CUT') {
                proxy.cut(CUT_MILLIS);
                child.stdin.write('cut\n');
            } else if (kind === 'PASS' || kind === 'FAIL') {
                if (result.sent.length === 0) {
                    result.sent = proxy.takeNoted();
                }
                result.steps.set(step, { ok: kind === 'PASS', text });
                print(client, step, result.steps.get(step));
            }
        }
    })();
    const how = await exited;
    await read;
    clearTimeout(late);
    proxy.close();
    for (const step of client.ownSteps ?? steps) {
        if (!result.steps.has(step)) {
            result.steps.set(step, { ok: false, text: `not reached: ${how}` });
            print(client, step, result.steps.get(step));
        }
    }
    return result;
}

function print(client, step, { ok, text }) {
    const note = text ? (ok ? ` (${text})` : `: ${text}`) : '';
    console.log(`${client.name.padEnd(18)} ${step.padEnd(14)} ${ok ? 'ok' : 'FAILED'}${note}`);
}

function summary(results) {
    console.log('');
    for (const { client, version, steps: done, missing } of results) {
        const ok = [...done.values()].filter((step) => step.ok).length;
        const failed = [...done].filter(([, step]) => !step.ok).map(([name]) => name);
        const verdict = missing ? `left out: ${missing}` : `${ok} of ${done.size}${failed.length ? `, failed: ${failed.join(', ')}` : ''}`;
        console.log(`${client.name.padEnd(18)} ${version.padEnd(16)} ${verdict}`);
    }
}

async function main() {
    const { host, port, doc, server, only } = options(process.argv.slice(2));
    const chosen = only ? only.split(',').map((id) => clients.find((client) => client.id === id) ?? id) : clients;
    const unknown = chosen.filter((client) => typeof client === 'string');
    if (unknown.length > 0 || (doc && only)) {
        console.error(unknown.length ? `clients: no client ${unknown.join(', ')}; see --help` : 'clients: --write-doc is for all clients');
        return 2;
    }
    const logs = fs.mkdtempSync(path.join(os.tmpdir(), 'clients.'));
    console.log(`What the clients themselves print: ${logs}\n`);
    const results = [];
    for (const client of chosen) {
        results.push(await run(client, { host, port }, logs));
    }
    summary(results);
    if (doc) {
        fs.writeFileSync(doc, document(results, steps, server));
    }
    return results.every(({ missing, steps: done }) => missing || [...done.values()].every((step) => step.ok)) ? 0 : 1;
}

main().then((code) => process.exit(code), (e) => {
    console.error(e);
    process.exit(2);
});
