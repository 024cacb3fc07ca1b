'use strict';
// docs/clients.md, out of a run's results.

const cell = (text) => String(text).replace(/\|/g, '\\|').replace(/[<>&]/g, (c) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;' })[c]);
const row = (cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

function mark(step) {
    return step ? (step.ok ? 'ok' : '**fails**') : '–';
}

/** The commands of the connections that a client opened, each sequence once, up to where it works with keys or, as the steps do, pings. */
function onConnect(sent) {
    const sequences = new Map();
    for (const commands of sent) {
        const data = commands.findIndex(([name]) => /^(get|set)$/i.test(name));
        const shown = commands
            .slice(0, data < 0 ? commands.length : data)
            .filter(([name], i, all) => !(i > 0 && i === all.length - 1 && /^ping$/i.test(name)))
            .map((words) => `\`${words.join(' ').slice(0, 110)}\``)
            .join(', ');
        if (shown !== '') {
            sequences.set(shown, (sequences.get(shown) ?? 0) + 1);
        }
    }
    return [...sequences].map(([shown, times]) => (times > 1 ? `several connections: ${shown}` : shown)).join('; ');
}

function document(results, steps, server) {
    const ran = results.filter((result) => !result.missing);
    const usual = ran.filter(({ client }) => !client.ownSteps);
    const all = ran.flatMap(({ client, version, steps: done }) => [...done].map(([name, step]) => ({ client, version, name, step })));
    const failed = all.filter(({ step }) => !step.ok);
    const extra = all.filter(({ client, name, step }) => !client.ownSteps && !steps.includes(name) && step.ok);
    const withOwn = ran.filter(({ client }) => client.ownSteps);

    const parts = [
        '# Clients',
        `Clients of the Redis protocol, run against ${server} with nothing set but host and port. This page is written by the run
itself:`,
        '```sh\n./tiercel sidecar --embedded &\ncache-sidecar/src/test/clients/run 127.0.0.1 6380 --write-doc\n```',
        'Each client is a process of its own and does the same steps; the replies are compared with what Redis would say.',
        table(['client', 'version', ...steps], usual.map(({ client, version, steps: done }) =>
            [client.name, cell(version), ...steps.map((step) => mark(done.get(step)))])),
        ...withOwn.map(({ client, version, steps: done }) =>
            `\`${client.name} -t get,set -n 2000 -q\` ${version}: ` +
            [...done].map(([name, step]) => `${name} ${mark(step)}`).join('; ') + '.'),
        ...extra.map(({ client, name }) => `${client.name}, also: ${name}, ok.`),
        failed.length === 0
            ? 'Nothing failed.'
            : '## What failed\n' + failed.map(({ client, name, step }) => `- ${client.name}, ${name}: ${cell(step.text)}`).join('\n'),
        `## The steps
- **pipeline**: 500 SETs, then 500 GETs, without waiting for a reply in between; **mget**: the 500 keys, which are in
  different slots of a cluster, and one that is missing.
- **multi**: SET, INCR and GET in MULTI/EXEC, of keys with one hash tag; **multi, slots**: of keys without.
- **ttl**: TTL and PTTL of a key that expires, of one that does not and of one that is missing. Redisson asks for PTTL only.
- **binary**: every byte there is, and CR LF and NUL at either end. **scan**: until the cursor is 0, all keys found.
- **reconnect**: a proxy between client and server drops all connections, and for 300 ms every new one. The client is not
  touched; a command has to succeed within 10 s. Commands that fail meanwhile count as the client's way to tell.`,
        `## What they send on connect
As the proxy saw it, on each of the connections (a semicolon between them), up to the first answered PING.`,
        table(['client', 'sends'], ran.map(({ client, sent }) => [client.name, cell(onConnect(sent)) || 'nothing'])),
    ];
    const missing = results.filter((result) => result.missing);
    if (missing.length > 0) {
        parts.push('## Left out\n' + missing.map(({ client, missing: why }) => `- ${client.name}: ${cell(why)}`).join('\n'));
    }
    return parts.join('\n\n') + '\n';
}

module.exports = { document };
