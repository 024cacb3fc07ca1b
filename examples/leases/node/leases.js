const { setTimeout: sleep } = require("node:timers/promises");

/** The value of key; of all processes that miss it at once, one calls load(). */
async function get(cache, key, load, ttlMs = 60_000) {
  const value = await cache.get(key); // L1, for what is read often
  if (value !== null) return value;
  for (;;) {
    const [state, first, stale] = await cache.sendCommand(["CACHE.LEASE", key]);
    if (state === "HIT") return first;
    if (state === "LEASE") {
      const loaded = await load().catch(async (error) => {
        await cache.sendCommand(["CACHE.RELEASE", key, first]);
        throw error;
      });
      await cache.sendCommand(["CACHE.FILL", key, first, loaded, "PX", String(ttlMs)]);
      return loaded;
    }
    if (stale !== null) return stale; // the last value, while somebody loads the next
    await sleep(Math.min(first, 25));
  }
}

module.exports = { get };
