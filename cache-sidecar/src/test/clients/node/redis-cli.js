'use strict';
// redis-cli, with the protocol given as the last argument: the program as people call it, in a terminal where there is one.
const { spawn, spawnSync } = require('node:child_process');
const assert = require('node:assert/strict');

let common = [];

/** Runs redis-cli without holding up this process, which may have to answer meanwhile. */
async function cli(args, input = '') {
    const child = spawn('redis-cli', [...common, ...args]);
    const out = [];
    const err = [];
    child.stdout.on('data', (chunk) => out.push(chunk));
    child.stderr.on('data', (chunk) => err.push(chunk));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const code = await new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('close', resolve);
    });
    if (code !== 0 || err.length > 0) {
        throw new Error(`redis-cli ${args.join(' ').slice(0, 60)}: exit code ${code}, ${Buffer.concat(err)}`);
    }
    return Buffer.concat(out);
}

const ESCAPES = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' };

/** A reply as redis-cli shows it to people: a quoted string, a number, nil, a status or an error. */
function parse(line) {
    const shown = line.replace(/^\s*\d+\) /, '');
    if (shown === '(nil)') {
        return null;
    }
    if (shown.startsWith('(integer) ')) {
        return Number(shown.slice(10));
    }
    if (shown.startsWith('(error)')) {
        throw new Error(shown);
    }
    if (!shown.startsWith('"')) {
        return shown;
    }
    const latin = shown.slice(1, -1).replace(/\\(x[0-9a-f]{2}|.)/g, (_, e) =>
        e.length === 3 ? String.fromCharCode(parseInt(e.slice(1), 16)) : (ESCAPES[e] ?? e));
    return Buffer.from(latin, 'latin1').toString();
}

async function replies(args, input) {
    return (await cli(['--no-raw', ...args], input)).toString().split('\n').filter((line) => line !== '').map(parse);
}

const reply = async (...args) => (await replies(args))[0];

async function pipe(commands) {
    const bytes = commands.map((words) =>
        `*${words.length}\r\n` + words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join(''));
    const report = (await cli(['--pipe'], bytes.join(''))).toString();
    assert.match(report, new RegExp(`errors: 0, replies: ${commands.length}\\b`));
}

/** One redis-cli that stays, so that it is this one which has to connect again. */
class Session {
    constructor() {
        this.child = spawn('redis-cli', [...common, '--no-raw']);
        this.waiting = [];
        let text = '';
        this.child.stdout.on('data', (chunk) => {
            text += chunk;
            for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
                const line = text.slice(0, end);
                text = text.slice(end + 1);
                if (line !== '') {
                    this.waiting.shift()?.(line);
                }
            }
        });
        this.child.stderr.on('data', (chunk) => this.waiting.shift()?.(`(error) ${chunk}`));
    }

    async ask(command) {
        const line = await new Promise((resolve) => {
            this.waiting.push(resolve);
            this.child.stdin.write(command + '\n');
        });
        return parse(line);
    }
}

/** What a terminal shows when, one after another, each awaited text is answered by its line. */
async function inTerminal(command, dialogue) {
    const env = { ...process.env, REDISCLI_HISTFILE: '/dev/null' };
    const child = spawn('script', ['-qec', command, '/dev/null'], { env });
    let shown = '';
    child.stdout.on('data', (chunk) => {
        shown += chunk;
        if (dialogue.length > 0 && dialogue[0].awaited.test(shown)) {
            child.stdin.write(dialogue.shift().typed + '\r');
        }
    });
    const late = setTimeout(() => child.kill(), 10_000);
    await new Promise((resolve) => child.on('close', resolve));
    clearTimeout(late);
    return shown;
}

module.exports = (host, port, protocol) => {
    common = ['-h', host, '-p', String(port), ...(protocol === '3' ? ['-3'] : [])];
    let session;
    const client = {
        async connect() {
            // In a terminal redis-cli asks for the documentation of the commands first. util-linux' script is such a terminal.
            const terminal = spawnSync('script', ['--version']).status === 0 && process.platform === 'linux';
            if (terminal) {
                // Told of no width, redis-cli would ask the terminal for it, which here does not answer.
                const command = ['stty cols 80; redis-cli', ...common].join(' ');
                // A prompt only, since keys that come while a command runs are thrown away.
                const dialogue = [
                    { awaited: /> /, typed: 'PING' },
                    { awaited: /PONG\s[^]*> /, typed: 'quit' },
                ];
                assert.match(await inTerminal(command, dialogue), /PONG/);
                assert.equal(dialogue.length, 0, 'redis-cli ended before the end of the dialogue');
            }
            assert.equal(await reply('PING'), 'PONG');
            session = new Session();
            return terminal ? '' : 'not in a terminal: no script(1)';
        },
        async setEx(key, value, seconds) {
            // A large value does not fit among a process' arguments everywhere.
            if (value.length > 1000) {
                await cli(['-x', 'SETEX', key, String(seconds)], value);
            } else {
                assert.equal(await reply('SET', key, value, 'EX', String(seconds)), 'OK');
            }
        },
        get: (key) => session.ask(`GET "${key}"`),
        pipelineSet: (keys, values) => pipe(keys.map((key, i) => ['SET', key, values[i]])),
        async pipelineGet(keys) {
            await pipe(keys.map((key) => ['GET', key]));
            return replies([], keys.map((key) => `GET ${key}\n`).join(''));
        },
        mget: (keys) => replies(['MGET', ...keys]),
        async multi(key, counter, value) {
            const all = await replies([], `MULTI\nSET ${key} ${value}\nINCR ${counter}\nGET ${key}\nEXEC\n`);
            assert.deepEqual(all.slice(0, 5), ['OK', 'QUEUED', 'QUEUED', 'QUEUED', 'OK']);
            return all.slice(5);
        },
        ttl: (key) => reply('TTL', key),
        pttl: (key) => reply('PTTL', key),
        incr: (key) => reply('INCR', key),
        setBytes: (key, value) => cli(['-x', 'SET', key], value),
        getBytes: async (key) => (await cli(['--raw', 'GET', key])).subarray(0, -1),
        scan: async (pattern) =>
            (await cli(['--scan', '--pattern', pattern])).toString().split('\n').filter((key) => key !== ''),
        del: (keys) => reply('DEL', ...keys),
        async close() {
            session.child.stdin.end();
            assert.equal(await reply('QUIT'), 'OK');
        },
    };
    return { version: spawnSync('redis-cli', ['--version']).stdout.toString().split(' ')[1].trim(), client };
};
