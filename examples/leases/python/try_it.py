"""Twelve readers of one cold key, each with a connection of its own: one of them loads."""
import sys
import threading
import time
import uuid

import redis

import leases

HOST, PORT = sys.argv[1], int(sys.argv[2])
READERS = 12
KEY = f"leases:python:{uuid.uuid4()}"
loads = []
values = []


def load():
    loads.append(1)
    time.sleep(0.3)
    return b"a row"


def reader():
    with redis.Redis(host=HOST, port=PORT) as cache:
        values.append(leases.get(cache, KEY, load))


threads = [threading.Thread(target=reader) for _ in range(READERS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"python: {values.count(b'a row')} of {READERS} readers got the value, {len(loads)} load(s)")
sys.exit(0 if len(loads) == 1 and values == [b"a row"] * READERS else 1)
