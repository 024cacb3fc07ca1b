"""redis-py: the same steps as node/steps.js, step by step."""
import sys
import time

import redis

HOST, PORT, PREFIX = sys.argv[1], int(sys.argv[2]), sys.argv[3]
KEYS = 500
RECONNECT_SECONDS = 10


def say(kind, step, text=""):
    print(kind, step, " ".join(str(text).split()), sep="\t", flush=True)


def check(expected, actual):
    if expected != actual:
        raise AssertionError(f"expected {str(expected)[:100]}, got {str(actual)[:100]}")


def step(name, body):
    try:
        say("PASS", name, body() or "")
    except Exception as e:
        say("FAIL", name, f"{type(e).__name__}: {e}")


client = redis.Redis(HOST, PORT)
many = [f"{PREFIX}many:{i}" for i in range(KEYS)]
values = [f"value {i}".encode() for i in range(KEYS)]
text, counter, binary, large = (PREFIX + name for name in ("text", "counter", "bytes", "large"))
same_slot = ["{%st}a" % PREFIX, "{%st}n" % PREFIX]
other_slots = [PREFIX + "other-a", PREFIX + "other-n"]
missing = PREFIX + "missing"
written = [*many, text, counter, binary, large, *other_slots]


def get():
    check("grüße".encode(), client.get(text))
    check(None, client.get(missing))


def pipeline():
    with client.pipeline(transaction=False) as pipe:
        for key, value in zip(many, values):
            pipe.set(key, value)
        pipe.execute()
        for key in many:
            pipe.get(key)
        check(values, pipe.execute())


def multi(key, number):
    with client.pipeline() as pipe:
        check([True, 1, b"v"], pipe.set(key, "v").incr(number).get(key).execute())


def ttl():
    seconds, millis = client.ttl(text), client.pttl(text)
    check((True, True), (50 < seconds <= 100, 50_000 < millis <= 100_000))
    check((-1, -2), (client.ttl(many[0]), client.pttl(missing)))


def incr():
    check([1, 2, b"2"], [client.incr(counter), client.incr(counter), client.get(counter)])


def every_byte():
    value = b"\r\n\0$5\r\n" + bytes(range(256)) + b"\0\r\n"
    client.set(binary, value)
    check(value, client.get(binary))


def hundred_kilobytes():
    value = b"abcdefghij" * 10_240
    client.set(large, value, ex=100)
    check(value, client.get(large))


def delete():
    names = [*written, *same_slot]
    check(len(names), client.delete(*names, missing))
    check([None] * 4, [client.get(text), *client.mget(many[:3])])


def reconnect():
    key = PREFIX + "reconnect"
    client.set(key, "before", ex=100)
    print("CUT", flush=True)
    sys.stdin.readline()
    started, errors = time.monotonic(), 0
    while True:
        try:
            check(b"before", client.get(key))
            break
        except redis.RedisError as e:
            errors += 1
            if time.monotonic() - started > RECONNECT_SECONDS:
                raise AssertionError(f"no answer for {RECONNECT_SECONDS} s after the cut: {e}") from e
            time.sleep(0.05)
    check(1, client.delete(key))
    return f"after {int((time.monotonic() - started) * 1000)} ms, {errors} failed"


say("VERSION", redis.__version__)
step("connect", lambda: check(True, client.ping()))
step("set ex", lambda: check(True, client.set(text, "grüße", ex=100)))
step("get", get)
step("pipeline", pipeline)
step("mget", lambda: check([*values, None], client.mget([*many, missing])))
step("multi", lambda: multi(*same_slot))
step("multi, slots", lambda: multi(*other_slots))
step("ttl", ttl)
step("incr", incr)
step("binary", every_byte)
step("100 KB", hundred_kilobytes)
step("scan", lambda: check(sorted(written), sorted({key.decode() for key in client.scan_iter(PREFIX + "*")})))
step("del", delete)
step("reconnect", reconnect)
step("close", client.close)
