'use strict';
// Starts the loads, runs the command in their midst, and puts together what they counted.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const { spawn } = require('node:child_process');

const LATE_MILLIS = 30_000;

const work = process.env.CLIENTS_WORK;

function options(args) {
    const parsed = { host: args[0], port: args[1], after: 3, seconds: 10, workers: 4, clean: '', then: '' };
    for (let i = 2; i < args.length; i += 2) {
        parsed[args[i].slice(2)] = args[i + 1];
    }
    return parsed;
}

function loads({ host, port, seconds, workers }) {
    const node = (file, ...rest) => (prefix) =>
        [process.execPath, path.join(__dirname, 'load.js'), host, port, prefix, seconds, workers, file, ...rest];
    const classPath = [path.join(work, 'classes'), fs.readFileSync(path.join(work, 'classpath'), 'utf8').trim()];
    const java = process.env.JAVA_HOME ? path.join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
    const jvm = (name) => (prefix) =>
        [java, '-cp', classPath.join(path.delimiter), 'io.tiercel.clients.Load', host, port, prefix, seconds, workers, name];
    return {
        ioredis: node('ioredis.js'),
        'node-redis': node('node-redis.js', 'redis'),
        lettuce: jvm('lettuce'),
        jedis: jvm('jedis'),
    };
}

/** Starts one load: `ready` is when it has connected, `begin` has it begin, `counted` is what it counted, or null. */
function start(name, commandFor, seconds, logs) {
    const [program, ...args] = commandFor(`drain:${name}:${process.pid}:`).map(String);
    const child = spawn(program, args, {
        stdio: ['pipe', 'pipe', fs.openSync(path.join(logs, `${name}.log`), 'w')],
    });
    child.stdin.on('error', () => {});
    let connected;
    const ready = new Promise((resolve) => (connected = resolve));
    const late = setTimeout(() => child.kill('SIGKILL'), Number(seconds) * 1000 + LATE_MILLIS);
    const counted = (async () => {
        let count = null;
        for await (const line of readline.createInterface({ input: child.stdout })) {
            if (line === 'READY') {
                connected();
            } else if (line.startsWith('{')) {
                count = JSON.parse(line);
            }
        }
        clearTimeout(late);
        connected();
        return count;
    })();
    return { name, ready, begin: () => child.stdin.write('begin\n'), counted };
}

/** Runs the command in a shell of its own, which may leave processes behind; its output goes to a file. */
function exchange(command, logs) {
    const log = fs.openSync(path.join(logs, 'command.log'), 'w');
    const shell = spawn('bash', ['-c', command], { stdio: ['ignore', log, log], detached: true });
    shell.unref();
    const started = Date.now();
    return new Promise((resolve) => shell.on('exit', (code) => resolve({ code, millis: Date.now() - started })));
}

async function main() {
    const given = options(process.argv.slice(2));
    const clean = given.clean.split(',').filter((name) => name !== '');
    const kinds = loads(given);
    const unknown = clean.filter((name) => !kinds[name]);
    if (given.then === '' || unknown.length > 0) {
        console.error(given.then === '' ? 'drain: --then COMMAND is missing; see --help' : `drain: --clean: no client ${unknown.join(', ')}`);
        return 2;
    }
    const logs = fs.mkdtempSync(path.join(os.tmpdir(), 'drain.'));
    console.log(`What the clients and the command print: ${logs}\n`);
    const running = Object.entries(kinds).map(([name, commandFor]) => start(name, commandFor, given.seconds, logs));
    await Promise.all(running.map(({ ready }) => ready));
    running.forEach(({ begin }) => begin());
    await new Promise((resolve) => setTimeout(resolve, Number(given.after) * 1000));
    const exchanged = exchange(given.then, logs);

    let good = true;
    console.log(['client', 'version', 'sent', 'answered', 'failed', 'unanswered', 'wrong', 'longest']
        .map((head, i) => (i < 2 ? head.padEnd(14) : head.padStart(10))).join(' '));
    const errors = [];
    for (const { name, counted } of running) {
        const count = await counted;
        if (!count) {
            console.log(`${name.padEnd(14)} gave no count, see its log`);
            good = false;
            continue;
        }
        const numbers = [count.sent, count.ok, count.failed, count.unanswered, count.wrong, `${count.longest_ms} ms`];
        console.log([name.padEnd(14), count.version.padEnd(14), ...numbers.map((n) => String(n).padStart(10))].join(' '));
        Object.entries(count.errors).forEach(([text, times]) => errors.push(`${name}: ${times} x ${text}`));
        good &&= count.unanswered === 0 && count.wrong === 0 && count.ok > 0 && !(clean.includes(name) && count.failed > 0);
    }
    const { code, millis } = await Promise.race([
        exchanged,
        new Promise((resolve) => setTimeout(() => resolve({ code: 'none, it still runs', millis: 0 }), 1000)),
    ]);
    console.log(`\nThe command's exit code: ${code}${millis ? ` after ${millis} ms` : ''}`);
    console.log(errors.length ? `\nErrors:\n  ${errors.join('\n  ')}` : '\nNo errors.');
    return good ? 0 : 1;
}

main().then((code) => process.exit(code), (e) => {
    console.error(e);
    process.exit(2);
});
