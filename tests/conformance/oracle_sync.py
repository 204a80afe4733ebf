# SPDX-License-Identifier: BSL-1.0
"""The operations on timeouts, task groups, and what tasks synchronise by. See oracle_operations.py."""
import asyncio

from oracle_operations import SILENT, Unset, micros
from oracle_text import ERRORS, error_text


class SyncOperations:
    # Timeouts and task groups.

    async def do_timeout(self, frame, ms, ops):
        return await self.within_timeout(frame, f"timeout {ms}", ops, lambda: asyncio.timeout(micros(ms)))

    async def do_timeout_at(self, frame, ms, ops):
        return await self.within_timeout(frame, f"timeout_at {ms}", ops, lambda: asyncio.timeout_at(micros(ms)))

    async def within_timeout(self, frame, head, ops, make):
        self.emit(head)
        timeout = make()
        try:
            async with timeout:
                frame.timeouts.append(timeout)
                try:
                    left = await self.run(ops, frame)
                finally:
                    frame.timeouts.pop()
        except ERRORS as error:
            self.emit(f"{head} expired={timeout.expired()} ! {error_text(error)}")
            raise
        self.emit(f"{head} expired={timeout.expired()} = None")
        return left

    def plain_reschedule(self, frame, ms):
        def act():
            if not frame.timeouts:
                raise Unset
            frame.timeouts[-1].reschedule(None if ms is None else self.loop.time() + micros(ms))
        return f"reschedule {ms}", act

    async def do_task_group(self, frame, slot, ops):
        self.emit(f"task_group {slot}")
        try:
            async with asyncio.TaskGroup() as group:
                self.groups[slot] = group
                try:
                    left = await self.run(ops, frame)
                except ERRORS as error:
                    self.emit(f"leave {slot} ! {error_text(error)}")
                    raise
                self.emit(f"leave {slot} = None")
        except ERRORS as error:
            self.emit(f"task_group {slot} ! {error_text(error)}")
            raise
        self.emit(f"task_group {slot} = None")
        return left

    def plain_tg_spawn(self, _, group, slot, body):
        def act():
            self.slots[slot] = self.spawn(body, self.look_up(self.groups, group).create_task)
            return self.slots[slot].get_name()
        return f"tg_spawn {group} {slot} b{body}", act

    # Synchronisation.

    async def do_acquire(self, _, name):
        await self.blocking(f"acquire {name}", self.objects[name].acquire)

    def plain_release(self, _, name):
        return f"release {name}", lambda: self.objects[name].release()

    def plain_locked(self, _, name):
        return f"locked {name}", lambda: self.objects[name].locked()

    async def do_with(self, frame, name, ops):
        entered = self.objects[name]
        await self.blocking(f"with {name}", entered.__aenter__)
        try:
            return await self.run(ops, frame)
        finally:
            try:
                await entered.__aexit__(None, None, None)
            except ERRORS as error:
                self.emit(f"unwith {name} ! {error_text(error)}")
                raise
            self.emit(f"unwith {name} = None")

    async def do_event_wait(self, _, name):
        await self.blocking(f"event_wait {name}", self.objects[name].wait)

    def silently(self, act):
        act()
        return SILENT

    def plain_set(self, _, name):
        return f"set {name}", lambda: self.silently(self.objects[name].set)

    def plain_clear(self, _, name):
        return f"clear {name}", lambda: self.silently(self.objects[name].clear)

    def plain_is_set(self, _, name):
        return f"is_set {name}", self.objects[name].is_set

    async def do_cond_wait(self, _, name):
        await self.blocking(f"cond_wait {name}", self.objects[name].wait)

    async def do_cond_wait_for(self, _, name, counter, least):
        def reached():
            return self.counters.get(counter, 0) >= least
        await self.blocking(f"cond_wait_for {name} {counter} {least}", lambda: self.objects[name].wait_for(reached))

    def plain_notify(self, _, name, count):
        return f"notify {name} {count}", lambda: self.objects[name].notify(count)

    def plain_notify_all(self, _, name):
        return f"notify_all {name}", lambda: self.objects[name].notify_all()

    async def do_bar_wait(self, _, name):
        await self.blocking(f"bar_wait {name}", self.objects[name].wait)

    async def do_bar_abort(self, _, name):
        await self.blocking(f"bar_abort {name}", self.objects[name].abort)

    async def do_bar_reset(self, _, name):
        await self.blocking(f"bar_reset {name}", self.objects[name].reset)

    def plain_bar_info(self, _, name):
        barrier = self.objects[name]
        return f"bar_info {name}", lambda: f"{barrier.n_waiting} {barrier.broken}"

    async def do_put(self, _, name, value):
        await self.blocking(f"put {name} {value}", lambda: self.objects[name].put(value))

    async def do_get(self, _, name):
        await self.blocking(f"get {name}", self.objects[name].get)

    async def do_join(self, _, name):
        await self.blocking(f"join {name}", self.objects[name].join)

    def plain_put_nowait(self, _, name, value):
        return f"put_nowait {name} {value}", lambda: self.objects[name].put_nowait(value)

    def plain_get_nowait(self, _, name):
        return f"get_nowait {name}", lambda: self.objects[name].get_nowait()

    def plain_task_done(self, _, name):
        return f"task_done {name}", lambda: self.objects[name].task_done()

    def plain_qsize(self, _, name):
        queue = self.objects[name]
        return f"qsize {name}", lambda: f"{queue.qsize()} {queue.empty()} {queue.full()}"
