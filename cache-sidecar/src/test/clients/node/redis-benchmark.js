'use strict';
// redis-benchmark: whether it runs to its end and complains of nothing; how fast is another question.
const { spawn, spawnSync } = require('node:child_process');

const [host, port] = process.argv.slice(2);

const RUNS = { 'P=1': [], 'P=16': ['-P', '16'], 'RESP3, P=16': ['-3', '-P', '16'] };

async function main() {
    const version = spawnSync('redis-benchmark', ['--version']).stdout.toString().split(' ')[1].trim();
    process.stdout.write(`VERSION\t${version}\t\n`);
    for (const [name, args] of Object.entries(RUNS)) {
        const child = spawn('redis-benchmark',
            ['-h', host, '-p', port, '-t', 'get,set', '-n', '2000', '-q', ...args]);
        let shown = '';
        child.stdout.on('data', (chunk) => (shown += chunk));
        child.stderr.on('data', (chunk) => (shown += chunk));
        const code = await new Promise((resolve) => child.on('close', resolve));
        // Its progress lines end in CR, its results in LF.
        const lines = shown.split(/[\r\n]/).filter((line) => line !== '' && !/rps=|^\s*$/.test(line));
        const results = lines.filter((line) => /^(SET|GET): [\d.]+ requests per second/.test(line));
        const ok = code === 0 && results.length === 2 && lines.length === 2;
        const complaint = lines.filter((line) => !results.includes(line)).join(' ').replace(/\s+/g, ' ');
        process.stdout.write(ok ? `PASS\t${name}\t\n` : `FAIL\t${name}\texit code ${code}: ${complaint}\n`);
    }
    process.stdin.destroy();
}

main();
