# SPDX-License-Identifier: BSL-1.0
"""The operations on the run of a body, on tasks, futures and callbacks.

Operations are methods. `do_<name>` is a coroutine and may suspend; it answers whether the body is to be left
(`return`). `plain_<name>` answers the head of its line and what to do, which is done before the line is emitted.
What they call is the interpreter's (oracle_interpreter.py).
"""
import asyncio

from oracle_text import ERRORS, error_text, make_error, matches, refs_text, text

SILENT = object()  # the outcome of an operation that has none
HOW = {"ALL": asyncio.ALL_COMPLETED, "FIRST": asyncio.FIRST_COMPLETED, "EXC": asyncio.FIRST_EXCEPTION}


class Unset(Exception):
    """A slot that was never assigned."""


def micros(ms):
    return None if ms is None else ms * 1000


class Watch:
    """A done callback. Equal to all those with its label, so that remove_done_callback() finds them."""

    def __init__(self, interpreter, label, mode):
        self.interpreter, self.label, self.mode = interpreter, label, mode

    def __eq__(self, other):
        return isinstance(other, Watch) and other.label == self.label

    def __hash__(self):
        return hash(self.label)

    def __call__(self, future):
        self.interpreter.emit(f"cb {self.label}" + self.outcome(future))

    def outcome(self, future):
        if future.cancelled():
            return " cancelled"
        if self.mode == "state":
            return " done"
        error = future.exception()
        return f" = {text(future.result())}" if error is None else f" ! {error_text(error)}"


class TaskOperations:
    # Control.

    def plain_log(self, _, words):
        return f"log {words}", lambda: SILENT

    async def do_raise(self, _, kind, message):
        self.raise_error(kind, message)

    def raise_error(self, kind, message):
        error = make_error(kind, message)
        self.emit(f"raise {error_text(error)}")
        raise error

    async def do_return(self, frame, value):
        frame.value = value
        return True

    async def do_repeat(self, frame, times, ops):
        for _ in range(times):
            if await self.run(ops, frame):
                return True
        return False

    async def do_try(self, frame, ops, handlers, fin):
        try:
            try:
                return await self.run(ops, frame)
            except ERRORS as error:
                chosen = next((ops for pattern, ops in handlers if matches(pattern, error)), None)
                if chosen is None:
                    raise
                self.emit(f"caught {error_text(error)}")
                frame.handling.append(error)
                try:
                    return await self.run(chosen, frame)
                finally:
                    frame.handling.pop()
        finally:
            if fin is not None:
                self.emit("finally")
                await self.run(fin, frame)

    async def do_reraise(self, frame):
        raise frame.handling[-1]

    def plain_incr(self, _, counter):
        def act():
            self.counters[counter] = self.counters.get(counter, 0) + 1
            return self.counters[counter]
        return f"incr {counter}", act

    # Tasks and awaiting.

    async def do_sleep(self, _, ms):
        await self.blocking(f"sleep {ms}", lambda: asyncio.sleep(micros(ms)))

    def plain_spawn(self, _, slot, body):
        def act():
            self.slots[slot] = self.spawn(body, self.loop.create_task)
            return self.slots[slot].get_name()
        return f"spawn {slot} b{body}", act

    async def do_await(self, _, ref):
        def make():
            return self.run_body(int(ref[1:])) if ref.startswith("b") else self.find(ref)
        await self.blocking_on([ref], f"await {ref}", make)

    def plain_cancel(self, _, ref, message):
        if message is None:
            return f"cancel {ref}", lambda: self.find(ref).cancel()
        return f"cancel {ref} {message}", lambda: self.find(ref).cancel(message)

    def plain_uncancel(self, _):
        return "uncancel", lambda: asyncio.current_task().uncancel()

    def plain_cancelling(self, _):
        return "cancelling", lambda: asyncio.current_task().cancelling()

    async def do_gather(self, _, refs, return_exceptions):
        def make():
            return asyncio.gather(*map(self.awaitable, refs), return_exceptions=return_exceptions)
        await self.blocking_on(refs, f"gather {refs_text(refs)} {return_exceptions}", make)

    async def do_wait(self, _, refs, ms, how):
        waited = []

        def make():
            waited.extend(map(self.awaitable, refs))
            return asyncio.wait(waited, timeout=micros(ms), return_when=HOW[how])

        def show(answer):
            index = {each: i for i, each in enumerate(dict.fromkeys(waited))}
            done, pending = ([index[each] for each in part] for part in answer)
            return f"done{text(done).replace(' ', '')} pending{text(pending)}"

        await self.blocking_on(refs, f"wait {refs_text(refs)} {ms} {how}", make, show)

    async def do_wait_for(self, _, ref, ms):
        def make():
            waited = self.run_body(int(ref[1:])) if ref.startswith("b") else self.find(ref)
            return asyncio.wait_for(waited, micros(ms))
        await self.blocking_on([ref], f"wait_for {ref} {ms}", make)

    async def do_shield(self, _, ref):
        await self.blocking_on([ref], f"shield {ref}", lambda: asyncio.shield(self.awaitable(ref)))

    async def do_as_completed(self, _, refs, ms, go_on):
        async def steps():
            waited = [self.awaitable(ref) for ref in refs]
            for i, each in enumerate(asyncio.as_completed(waited, timeout=micros(ms))):
                try:
                    await self.blocking(f"next {i}", lambda: each)
                except Exception:
                    if not go_on:
                        raise
        await self.blocking_on(refs, f"as_completed {refs_text(refs)} {ms} {go_on}", steps)

    # Futures and callbacks.

    def plain_set_result(self, _, future, value):
        return f"set_result {future} {text(value)}", lambda: self.find(future).set_result(value)

    def plain_set_exception(self, _, future, kind, message):
        error = make_error(kind, message)
        return f"set_exception {future} {error_text(error)}", lambda: self.find(future).set_exception(error)

    def plain_result(self, _, ref):
        return f"result {ref}", lambda: self.find(ref).result()

    def plain_exception(self, _, ref):
        return f"exception {ref}", lambda: self.find(ref).exception()

    def plain_state(self, _, ref):
        def act():
            future = self.find(ref)
            return "cancelled" if future.cancelled() else "done" if future.done() else "pending"
        return f"state {ref}", act

    def plain_watch(self, _, ref, label, mode):
        return f"watch {ref} {label}", lambda: self.find(ref).add_done_callback(Watch(self, label, mode))

    def plain_unwatch(self, _, ref, label):
        return f"unwatch {ref} {label}", lambda: self.find(ref).remove_done_callback(Watch(self, label, None))

    def callback(self, label, ops):
        def run():
            self.emit(f"run {label}")
            for op in ops:
                if op[0] == "raise":
                    self.raise_error(*op[1:])
                self.run_plain(op, None)
        return run

    def keep_handle(self, slot, handle):
        self.handles[slot] = handle
        return SILENT

    def plain_call_soon(self, _, slot, label, ops):
        return (f"call_soon {slot} {label}",
                lambda: self.keep_handle(slot, self.loop.call_soon(self.callback(label, ops))))

    def plain_call_later(self, _, slot, ms, label, ops):
        return (f"call_later {slot} {ms} {label}",
                lambda: self.keep_handle(slot, self.loop.call_later(micros(ms), self.callback(label, ops))))

    def plain_call_at(self, _, slot, ms, label, ops):
        return (f"call_at {slot} {ms} {label}",
                lambda: self.keep_handle(slot, self.loop.call_at(micros(ms), self.callback(label, ops))))

    def plain_cancel_handle(self, _, slot):
        return f"cancel_handle {slot}", lambda: self.look_up(self.handles, slot).cancel()

    def plain_handle_cancelled(self, _, slot):
        return f"handle_cancelled {slot}", lambda: self.look_up(self.handles, slot).cancelled()
