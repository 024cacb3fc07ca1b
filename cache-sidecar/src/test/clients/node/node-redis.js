'use strict';
// node-redis, of the version that is installed under the name given as the last argument.
const installed = require('./installed.js');

module.exports = (host, port, name) => {
    const library = installed(name);
    const { version } = installed(`${name}/package.json`);
    const old = version.startsWith('4.');
    let client;
    let binary;
    const steps = {
        async connect() {
            client = library.createClient({ url: `redis://${host}:${port}` });
            client.on('error', (e) => console.error(e.message));
            await client.connect();
            await client.ping();
            binary = old ? null : client.withTypeMapping({ [library.RESP_TYPES.BLOB_STRING]: Buffer });
        },
        setEx: (key, value, seconds) => client.set(key, value, { EX: seconds }),
        get: (key) => client.get(key),
        // Commands of one turn of the event loop go out together: that is how this client pipelines.
        pipelineSet: (keys, all) => Promise.all(keys.map((key, i) => client.set(key, all[i]))),
        pipelineGet: (keys) => Promise.all(keys.map((key) => client.get(key))),
        mget: (keys) => client.mGet(keys),
        multi: async (key, counter, value) =>
            (await client.multi().set(key, value).incr(counter).get(key).exec()).slice(1),
        ttl: (key) => client.ttl(key),
        pttl: (key) => client.pTTL(key),
        incr: (key) => client.incr(key),
        setBytes: (key, value) => client.set(key, value),
        getBytes: (key) =>
            old ? client.get(library.commandOptions({ returnBuffers: true }), key) : binary.get(key),
        async scan(pattern) {
            const found = [];
            for await (const keys of client.scanIterator({ MATCH: pattern })) {
                found.push(...[keys].flat());
            }
            return found;
        },
        del: (keys) => client.del(keys),
        close: () => (old ? client.quit() : client.close()),
    };
    return { version, client: steps };
};
