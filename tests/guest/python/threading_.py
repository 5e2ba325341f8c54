"""Threads: queues, locks, events, conditions, executors, a thread that spins, local data."""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

results: queue.Queue[int] = queue.Queue()
jobs: queue.Queue[int | None] = queue.Queue(maxsize=5)
local = threading.local()


def work() -> None:
    local.count = 0
    while (job := jobs.get()) is not None:
        local.count += 1
        results.put(job * job)
    results.put(-local.count)


threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for number in range(200):
    jobs.put(number)
for _ in threads:
    jobs.put(None)
for thread in threads:
    thread.join()
got = [results.get_nowait() for _ in range(results.qsize())]
print(sum(x for x in got if x > 0), -sum(x for x in got if x < 0), hasattr(local, "count"))

stop = threading.Event()
spins = [0]


def spin() -> None:
    while not stop.is_set():
        spins[0] += 1


spinner = threading.Thread(target=spin)
spinner.start()
turns = 0
for _ in range(10):
    time.sleep(0.005)
    turns += 1
stop.set()
spinner.join()
print(turns, spins[0] > 0)

lock = threading.Lock()
print(lock.acquire(), lock.acquire(timeout=0.02), lock.acquire(blocking=False))
lock.release()
condition = threading.Condition()
with condition:
    print(condition.wait(timeout=0.01))
barrier = threading.Barrier(4)
with ThreadPoolExecutor(4) as pool:
    print(sorted(pool.map(lambda _: barrier.wait(10), range(4))))
    futures = {pool.submit(pow, 3, n): n for n in range(20)}
    print(sum(future.result() for future in as_completed(futures)))
    failed = pool.submit(divmod, 1, 0)
    print(type(failed.exception()).__name__)
timer = threading.Timer(0.01, lambda: print("timer"))
timer.start()
timer.join()
print(threading.active_count(), threading.main_thread().name)
