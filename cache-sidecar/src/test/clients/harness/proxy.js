'use strict';
// A wire between one client and the server that can be cut, and that notes what is sent.
const net = require('node:net');

const NOTED_PER_CONNECTION = 40;

/** Reads the commands out of a client's stream; one that is not of the array form ends the reading, not the stream. */
class Commands {
    constructor() {
        this.seen = [];
        this.rest = Buffer.alloc(0);
        this.on = true;
    }

    feed(chunk) {
        if (!this.on) {
            return;
        }
        this.rest = Buffer.concat([this.rest, chunk]);
        for (let command = this.next(); command; command = this.next()) {
            this.seen.push(command);
            if (this.seen.length === NOTED_PER_CONNECTION) {
                this.stop();
                return;
            }
        }
    }

    next() {
        const header = this.number(0, '*');
        if (!header) {
            return null;
        }
        const words = [];
        let at = header.end;
        for (let i = 0; i < header.value; i++) {
            const length = this.number(at, '$');
            if (!length || this.rest.length < length.end + length.value + 2) {
                return null;
            }
            words.push(this.rest.toString('latin1', length.end, length.end + length.value));
            at = length.end + length.value + 2;
        }
        this.rest = this.rest.subarray(at);
        return words;
    }

    number(at, type) {
        const end = this.rest.indexOf('\r\n', at);
        if (end < 0) {
            return null;
        }
        if (String.fromCharCode(this.rest[at]) !== type) {
            this.stop();
            return null;
        }
        return { value: Number(this.rest.toString('latin1', at + 1, end)), end: end + 2 };
    }

    stop() {
        this.on = false;
        this.rest = Buffer.alloc(0);
    }
}

class Proxy {
    constructor(host, port) {
        this.target = { host, port };
        this.pairs = new Set();
        this.noted = [];
        this.noting = true;
        this.cutUntil = 0;
        this.server = net.createServer({ noDelay: true }, (client) => this.accept(client));
    }

    /** Listens on a free port of the loopback interface, which is returned. */
    async listen() {
        await new Promise((resolve, reject) => {
            this.server.once('error', reject);
            this.server.listen(0, '127.0.0.1', resolve);
        });
        return this.server.address().port;
    }

    accept(client) {
        client.on('error', () => client.destroy());
        if (Date.now() < this.cutUntil) {
            client.destroy();
            return;
        }
        const server = net.connect({ ...this.target, noDelay: true });
        const pair = { client, server };
        this.pairs.add(pair);
        if (this.noting) {
            const commands = new Commands();
            this.noted.push(commands);
            client.on('data', (chunk) => this.noting && commands.feed(chunk));
        }
        const end = () => {
            client.destroy();
            server.destroy();
            this.pairs.delete(pair);
        };
        server.on('error', end);
        client.on('close', end);
        server.on('close', end);
        client.pipe(server);
        server.pipe(client);
    }

    /** Drops every connection, and those that come within the next milliseconds, as a server does that restarts. */
    cut(milliseconds) {
        this.cutUntil = Date.now() + milliseconds;
        for (const { client, server } of this.pairs) {
            client.destroy();
            server.destroy();
        }
    }

    /** What was sent so far, one list of commands a connection; nothing is noted from here on. */
    takeNoted() {
        this.noting = false;
        return this.noted.map((commands) => commands.seen);
    }

    close() {
        this.cut(60_000);
        this.server.close();
    }
}

module.exports = { Proxy };
