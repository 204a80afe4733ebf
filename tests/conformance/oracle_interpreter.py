# SPDX-License-Identifier: BSL-1.0
"""Runs one program of the conformance language on asyncio, and keeps its trace.

The interpreter adds no task and no hop of its own: all that a trace shows is asyncio's doing.
"""
import asyncio
import signal

from oracle_loop import Deadlock, LeftOut, VirtualLoop
from oracle_operations import SILENT, TaskOperations, Unset
from oracle_sync import SyncOperations
from oracle_text import ERRORS, error_text, text

MOST_LINES = 1_500
MOST_SECONDS = 5
QUEUES = {"fifo": asyncio.Queue, "lifo": asyncio.LifoQueue, "prio": asyncio.PriorityQueue}


class Frame:
    """One run of a body: the timeouts entered in it, the errors that its handlers are handling, what it returns."""

    def __init__(self):
        self.timeouts = []
        self.handling = []
        self.value = None


class Interpreter(TaskOperations, SyncOperations):
    def __init__(self, program):
        self.bodies = program["bodies"]
        self.trace = []
        self.over = False
        self.loop = VirtualLoop()
        self.loop.set_exception_handler(self.handle_error)
        self.tasks = []  # main, t1, t2, ...
        self.futures = {}  # f0, f1, ...
        self.slots = {}
        self.handles = {}
        self.groups = {}
        self.counters = {}
        self.objects = {}
        self.make_objects(program.get("objects", {}))

    def make_objects(self, asked):
        def number(prefix, made):
            self.objects.update((f"{prefix}{i}", each) for i, each in enumerate(made))

        number("lock", [asyncio.Lock() for _ in range(asked.get("locks", 0))])
        number("event", [asyncio.Event() for _ in range(asked.get("events", 0))])
        number("cond", [asyncio.Condition() for _ in range(asked.get("conds", 0))])
        number("sem", [asyncio.Semaphore(v) for v in asked.get("sems", [])])
        number("bsem", [asyncio.BoundedSemaphore(v) for v in asked.get("bsems", [])])
        number("bar", [asyncio.Barrier(n) for n in asked.get("bars", [])])
        number("q", [QUEUES[kind](maxsize) for kind, maxsize in asked.get("queues", [])])
        self.futures = {f"f{i}": self.loop.create_future() for i in range(asked.get("futures", 0))}

    # The trace.

    def emit(self, line):
        if self.over or len(self.trace) >= MOST_LINES:
            raise LeftOut("too many lines")
        running = asyncio._get_running_loop() is not None
        task = asyncio.current_task(self.loop) if running else None
        name = "-" if task is None else task.get_name()
        self.trace.append(f"{self.loop.now} {name} {line}")

    def handle_error(self, _, context):
        if "handle" in context and "exception" in context:
            self.emit(f"handler {error_text(context['exception'])}")

    # References.

    def look_up(self, table, key):
        if key not in table:
            raise Unset
        return table[key]

    def find(self, ref):
        """The task or future that a reference other than bN names."""
        if ref == "self":
            return asyncio.current_task()
        if ref == "main":
            return self.tasks[0]
        return self.look_up(self.futures if ref[0] == "f" else self.slots, ref)

    def is_unset(self, refs):
        try:
            for ref in refs:
                if not ref.startswith("b"):
                    self.find(ref)
        except Unset:
            return True
        return False

    def spawn(self, number, create_task):
        coroutine = self.run_body(number)
        task = create_task(coroutine, name=f"t{len(self.tasks)}")
        self.tasks.append(task)
        return task

    def awaitable(self, ref):
        """As find(); a body becomes a new task."""
        return self.spawn(int(ref[1:]), self.loop.create_task) if ref.startswith("b") else self.find(ref)

    # Bodies.

    async def run_body(self, number):
        frame = Frame()
        self.emit(f"enter b{number}")
        try:
            await self.run(self.bodies[number], frame)
        except ERRORS as error:
            self.emit(f"exit b{number} ! {error_text(error)}")
            raise
        self.emit(f"exit b{number} = {text(frame.value)}")
        return frame.value

    async def run(self, ops, frame):
        """True: the body has returned."""
        for op in ops:
            do = getattr(self, "do_" + op[0], None)
            if do is None:
                self.run_plain(op, frame)
            elif await do(frame, *op[1:]):
                return True
        return False

    def run_plain(self, op, frame):
        head, act = getattr(self, "plain_" + op[0])(frame, *op[1:])
        try:
            value = act()
        except Unset:
            self.emit(f"{head} ? unset")
        except ERRORS as error:
            self.emit(f"{head} ! {error_text(error)}")
        else:
            self.emit(head if value is SILENT else f"{head} = {text(value)}")

    async def blocking(self, head, make, show=text):
        self.emit(head)
        try:
            value = await make()
        except ERRORS as error:
            self.emit(f"{head} ! {error_text(error)}")
            raise
        self.emit(f"{head} = {show(value)}")

    async def blocking_on(self, refs, head, make, show=text):
        if self.is_unset(refs):
            self.emit(f"{head} ? unset")
        else:
            await self.blocking(head, make, show)

    # The whole run.

    def run_program(self):
        """The trace. Raises LeftOut."""
        try:
            if self.run_main():
                self.report_unretrieved()
            self.report_states()
        finally:
            self.over = True
            self.loop.close()
        return self.trace

    def run_main(self):
        """False: the loop came to a deadlock."""
        main = self.loop.create_task(self.run_body(0), name="main")
        self.tasks.append(main)
        deadlock = False
        try:
            self.emit(f"MAIN = {text(self.loop.run_until_complete(main))}")
        except ERRORS as error:
            self.emit(f"MAIN ! {error_text(error)}")
        except Deadlock:
            self.emit("DEADLOCK")
            deadlock = True
        pending = [task for task in self.tasks if not task.done()]
        self.emit("PENDING " + (" ".join(task.get_name() for task in pending) or "none"))
        if deadlock or not pending:
            return not deadlock
        return self.shut_down(pending)

    def shut_down(self, pending):
        """False: the loop came to a deadlock."""
        for task in pending:
            task.cancel()
        try:
            self.loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        except Deadlock:
            self.emit("DEADLOCK")
            return False
        for task in pending:
            if not task.cancelled() and task.exception() is not None:
                self.emit(f"SHUTDOWN {task.get_name()} {error_text(task.exception())}")
        return True

    def named(self):
        return [(task.get_name(), task) for task in self.tasks] + list(self.futures.items())

    def report_unretrieved(self):
        for name, future in self.named():
            if future._log_traceback:
                self.emit(f"UNRETRIEVED {name} {error_text(future._exception)}")

    def report_states(self):
        for name, future in self.named():
            if not future.done():
                outcome = " pending"
            elif future.cancelled():
                outcome = " cancelled"
            elif future._exception is not None:
                outcome = f" ! {error_text(future._exception)}"
            else:
                outcome = f" = {text(future._result)}"
            self.emit(f"STATE {name}{outcome}")


def trace_of(program):
    """The trace of a program: a list of lines. Raises LeftOut."""
    def too_slow(*_):
        raise LeftOut("too slow")

    LeftOut.first = None
    signal.signal(signal.SIGVTALRM, too_slow)
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS, 1)
    try:
        trace = Interpreter(program).run_program()
    except RecursionError:
        raise LeftOut("error RecursionError") from None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    if LeftOut.first:
        raise LeftOut.first
    return trace
