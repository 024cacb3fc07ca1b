import time


def get(cache, key, load, ttl_ms=60_000):
    """The value of key; of all processes that miss it at once, one calls load()."""
    value = cache.get(key)  # L1, for what is read often
    if value is not None:
        return value
    while True:
        state, *rest = cache.execute_command("CACHE.LEASE", key)
        if state == b"HIT":
            return rest[0]
        if state == b"LEASE":
            token = rest[0]
            try:
                value = load()
            except BaseException:
                cache.execute_command("CACHE.RELEASE", key, token)
                raise
            cache.execute_command("CACHE.FILL", key, token, value, "PX", ttl_ms)
            return value
        wait_ms, stale = rest
        if stale is not None:
            return stale  # the last value, while somebody loads the next
        time.sleep(min(wait_ms, 25) / 1000)
