#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The workloads on CPython's asyncio and on uvloop.

usage: peers.py <asyncio|uvloop> <theme> [--quick]

Writes one line for each workload of that theme: its name and the operations a second, by processor time; for the
theme `memory` the bytes for each, by the growth of the process. uvloop's timers take no deadline in the past, so
it is not in the rows of timers.
"""
import asyncio
import gc
import os
import random
import sys
import threading
import time

try:
    import uvloop
except ImportError:  # Debian 12: python3-uvloop
    uvloop = None


def new_loop(which):
    return uvloop.new_event_loop() if which == "uvloop" else asyncio.new_event_loop()


def run_forever_after(loop, begin):
    loop.call_soon(begin)
    loop.run_forever()


def post_burst(loop, n):
    ran = 0

    def callback():
        nonlocal ran
        ran += 1

    for _ in range(n):
        loop.call_soon(callback)
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert ran == n


def post_chain(loop, n):
    left = n

    def link():
        nonlocal left
        left -= 1
        if left:
            loop.call_soon(link)
        else:
            loop.stop()

    run_forever_after(loop, link)


def spawn_join(loop, n):
    async def child(value):
        return value

    async def main():
        total = 0
        for _ in range(n // 1000):
            total += sum(await asyncio.gather(*[child(1) for _ in range(1000)]))
        assert total == n

    loop.run_until_complete(main())


def take_turns(loop, n):
    async def turns(count):
        for _ in range(count):
            await asyncio.sleep(0)

    async def main():
        await asyncio.gather(*[turns(n // 1000) for _ in range(1000)])

    loop.run_until_complete(main())


def await_ready_child(loop, n):
    async def child(value):
        return value

    async def main():
        total = 0
        for _ in range(n):
            total += await child(1)
        assert total == n

    loop.run_until_complete(main())


def await_chain(loop, n):
    depth = 10_000

    async def chain(below):
        return 1 if below == 0 else 1 + await chain(below - 1)

    async def main():
        for _ in range(n // depth):
            assert await chain(depth - 1) == depth

    loop.run_until_complete(main())


def set_timers(loop, n):
    numbers = random.Random(4)
    # In the past, as with Asio: it need not wait.
    start = loop.time() - 1.0
    fired = 0

    def fire():
        nonlocal fired
        fired += 1

    return [loop.call_at(start + numbers.random(), fire) for _ in range(n)], lambda: fired


def timers(loop, n):
    _, fired = set_timers(loop, n)
    loop.call_later(0.001, loop.stop)
    loop.run_forever()
    assert fired() == n


def timers_half_cancelled(loop, n):
    handles, fired = set_timers(loop, n)
    for each in handles[::2]:
        each.cancel()
    loop.call_later(0.001, loop.stop)
    loop.run_forever()
    assert fired() == n // 2


def timers_rearming(loop, n):
    numbers = random.Random(4)
    start = loop.time() - 1000.0
    to_set, to_fire = n - 1000, n

    def fire(deadline):
        nonlocal to_set, to_fire
        if to_set:
            to_set -= 1
            arm(deadline + 0.001 * numbers.random())
        to_fire -= 1
        if to_fire == 0:
            loop.stop()

    def arm(deadline):
        loop.call_at(deadline, fire, deadline)

    for _ in range(1000):
        arm(start + 0.001 * numbers.random())
    loop.run_forever()


def queue(loop, n):
    async def produce(items):
        for _ in range(n):
            await items.put(1)

    async def main():
        items = asyncio.Queue(64)
        producer = asyncio.ensure_future(produce(items))
        total = 0
        for _ in range(n):
            total += await items.get()
        await producer
        assert total == n

    loop.run_until_complete(main())


def future(loop, n):
    async def main():
        for _ in range(n):
            one = loop.create_future()
            loop.call_soon(one.set_result, 1)
            await one

    loop.run_until_complete(main())


def task(loop, n):
    async def one():
        return 1

    async def main():
        for _ in range(n):
            await asyncio.create_task(one())

    loop.run_until_complete(main())


def racy(rounds):
    def run(loop, n):
        async def add_each(shared):
            for _ in range(rounds):
                seen = shared[0]
                await asyncio.sleep(0)
                shared[0] = seen + 1
                await asyncio.sleep(0)

        async def main():
            shared = [0]
            await asyncio.gather(add_each(shared), add_each(shared), add_each(shared))

        for _ in range(n):
            loop.run_until_complete(main())

    return run


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def bytes_each(make, loop, n=50_000):
    gc.collect()
    before = resident()
    kept = [make() for _ in range(n)]
    loop.call_soon(loop.stop)
    loop.run_forever()
    each = (resident() - before) / n - 8  # the list's own
    for one in kept:
        one.cancel()
    loop.call_soon(loop.stop)
    loop.run_forever()
    return each


def memory(loop):
    async def wait_for(one):
        await one

    async def rest():
        await asyncio.sleep(3600)

    never = loop.create_future()
    # A first row in vain: what the interpreter asks for once.
    bytes_each(loop.create_future, loop, 1_000)
    yield "timer", bytes_each(lambda: loop.call_later(3600, loop.stop), loop)
    yield "pending_future", bytes_each(loop.create_future, loop)
    yield "parked_task", bytes_each(lambda: loop.create_task(wait_for(loop.create_future())), loop)
    yield "sleeping_task", bytes_each(lambda: loop.create_task(rest()), loop)
    never.cancel()


THEMES = {
    "post": [("post_burst", post_burst, 200_000), ("post_chain", post_chain, 100_000)],
    "tasks": [("spawn_join", spawn_join, 50_000), ("yield", take_turns, 200_000)],
    "awaits": [("await_ready_child", await_ready_child, 1_000_000), ("await_chain", await_chain, 500_000)],
    "timers": [
        ("timers", timers, 200_000),
        ("timers_half_cancelled", timers_half_cancelled, 200_000),
        ("timers_rearming", timers_rearming, 50_000),
    ],
    "primitives": [("future", future, 50_000), ("task", task, 50_000), ("queue", queue, 200_000)],
    "exploring": [("racy_9", racy(1), 3_000), ("racy_15", racy(2), 3_000)],
    "sockets": [],  # Boost.Asio's own: the workloads are of its sockets and timers
}


def measure(which, theme, quick):
    if theme == "memory":
        loop = new_loop(which)
        for name, each in memory(loop):
            print(name, f"{each:.1f}", flush=True)
        return
    for name, work, n in THEMES[theme]:
        if which == "uvloop" and name in ("timers", "timers_half_cancelled", "timers_rearming"):
            continue  # milliseconds from now on only
        if quick:
            n = max(n // 10, 1_000)
            n -= n % 1000 if name != "await_chain" else n % 10_000
        loop = new_loop(which)
        before = time.process_time()
        work(loop, n)
        taken = time.process_time() - before
        print(name, f"{n / taken:.1f}", flush=True)
        loop.close()


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("asyncio", "uvloop") or sys.argv[2] not in [*THEMES, "memory"]:
        sys.exit(__doc__)
    if sys.argv[1] == "uvloop" and uvloop is None:
        sys.exit("peers.py: uvloop is not there")
    # await_chain is 10,000 deep.
    sys.setrecursionlimit(100_000)
    threading.stack_size(512 * 1024 * 1024)
    done = []

    def work():
        measure(sys.argv[1], sys.argv[2], "--quick" in sys.argv[3:])
        done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if not done:
        sys.exit(1)


if __name__ == "__main__":
    main()
