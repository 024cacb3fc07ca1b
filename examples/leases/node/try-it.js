// Twelve readers of one cold key, each with a connection of its own: one of them loads.
const { randomUUID } = require("node:crypto");
const { setTimeout: sleep } = require("node:timers/promises");
const { createClient } = require("redis");
const leases = require("./leases.js");

const READERS = 12;

async function main(host, port) {
  const key = `leases:node:${randomUUID()}`;
  let loads = 0;
  const load = async () => {
    loads++;
    await sleep(300);
    return "a row";
  };
  const reader = async () => {
    const cache = createClient({ socket: { host, port: Number(port) } });
    cache.on("error", (error) => console.error(error.message));
    await cache.connect();
    try {
      return await leases.get(cache, key, load);
    } finally {
      await cache.close();
    }
  };
  const values = await Promise.all(Array.from({ length: READERS }, reader));
  const right = values.filter((value) => value === "a row").length;
  console.log(`node: ${right} of ${READERS} readers got the value, ${loads} load(s)`);
  process.exitCode = right === READERS && loads === 1 ? 0 : 1;
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
