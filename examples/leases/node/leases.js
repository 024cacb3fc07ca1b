const { setTimeout: sleep } = require("node:timers/promises");

/** The value of key; of all processes that miss it at once, one calls load(). */
async function get(cache, key, load, ttlMs = 60_000) {
  for (;;) {
    const [state, first, stale] = await cache.sendCommand(["CACHE.LEASE", key]);
    if (state === "HIT") return first;
    if (state === "LEASE") {
      let value;
      try {
        value = await load();
      } catch (error) {
        await cache.sendCommand(["CACHE.RELEASE", key, first]);
        throw error;
      }
      await cache.sendCommand(["CACHE.FILL", key, first, value, "PX", String(ttlMs)]);
      return value;
    }
    if (stale !== null) return stale;
    await sleep(Math.min(first, 25));
  }
}

module.exports = { get };
