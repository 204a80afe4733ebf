# SPDX-License-Identifier: BSL-1.0
"""CPython's own event loop under a virtual clock, and asyncio's sets in insertion order.

What is CPython's stays CPython's: BaseEventLoop, Task, Future and the library on top of them are used as they are.
Changed are, and only are:

* the clock: an integer number of microseconds that moves in select() alone, with a resolution of one;
* timers: equal deadlines run in the order in which they were created (heapq leaves that open);
* the sets that TaskGroup, wait() and as_completed() keep their tasks in, whose order depends on addresses.

Nothing ready and no timer raises Deadlock out of run_until_complete(). A program that goes on for too long raises
LeftOut, as does everything else that a trace cannot say.
"""
import asyncio
import contextlib
import heapq
from asyncio import base_events, events, futures, taskgroups, tasks

MOST_ITERATIONS = 20_000
MOST_READY = 5_000


class Deadlock(SystemExit):
    """Nothing is ready, there is no timer, and the loop was not told to stop."""


class LeftOut(SystemExit):
    """The program is none of the language's. SystemExit, because a task hands that on to the loop's caller at once.

    A task group waits for its children all the same, and may wait for ever: the first one raised is kept.
    """

    first = None

    def __init__(self, why):
        super().__init__(why)
        LeftOut.first = LeftOut.first or self


class StableTimerHandle(events.TimerHandle):
    """A timer that is ordered by its deadline, then by its creation."""

    __slots__ = ["sequence"]

    def __lt__(self, other):
        return (self._when, self.sequence) < (other._when, other.sequence)


class VirtualLoop(asyncio.BaseEventLoop):
    """A loop whose time is an integer, starts at 0, and jumps to the next deadline when there is nothing else to do."""

    def __init__(self):
        super().__init__()
        self._clock_resolution = 1
        self._selector = self
        self.now = 0
        self.timers_made = 0
        self.iterations = 0

    def time(self):
        return self.now

    def call_at(self, when, callback, *args, context=None):
        self._check_closed()
        timer = StableTimerHandle(when, callback, args, self, context)
        timer.sequence = self.timers_made
        self.timers_made += 1
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer

    def select(self, timeout):
        """The selector's part: how long to wait for events, which never come. None is for ever."""
        self.iterations += 1
        if self.iterations > MOST_ITERATIONS or len(self._ready) > MOST_READY:
            raise LeftOut("too long")
        if timeout is None:
            raise Deadlock
        self.now += timeout
        return ()

    def _process_events(self, event_list):
        pass

    def _write_to_self(self):
        pass


class InsertionSet:
    """As much of a set as asyncio asks of one. Iterates in the order of insertion."""

    def __init__(self, items=()):
        self.items = dict.fromkeys(items)
        self.add = self.items.setdefault
        self.clear = self.items.clear

    def __iter__(self):
        return iter(self.items)

    def __len__(self):
        return len(self.items)

    def __contains__(self, item):
        return item in self.items

    def discard(self, item):
        self.items.pop(item, None)

    def remove(self, item):
        del self.items[item]


class InsertionAsCompleted(tasks._AsCompletedIterator if hasattr(tasks, "_AsCompletedIterator") else object):
    """as_completed() whose callbacks are added in the order of its arguments. CPython's __init__ otherwise."""

    def __init__(self, aws, timeout):
        self._done = asyncio.Queue()
        self._timeout_handle = None
        loop = asyncio.get_running_loop()
        todo = InsertionSet(asyncio.ensure_future(aw, loop=loop) for aw in InsertionSet(aws))
        for f in todo:
            f.add_done_callback(self._handle_completion)
        if todo and timeout is not None:
            self._timeout_handle = loop.call_later(timeout, self._handle_timeout)
        self._todo = todo
        self._todo_left = len(todo)


def patch_sets():
    """From here on asyncio's sets of tasks iterate in the order of insertion. For the whole process."""
    tasks.set = InsertionSet  # wait(): set(fs), and the two sets that it returns
    taskgroups.set = InsertionSet  # the children
    tasks._AsCompletedIterator = InsertionAsCompleted
    base_events.MAXIMUM_SELECT_TIMEOUT = 1 << 62  # a day, in seconds; time is in microseconds here


@contextlib.contextmanager
def python_classes():
    """Within, tasks and futures are those written in Python, in place of those written in C."""
    kept = tasks.Task, futures.Future
    tasks.Task, futures.Future = tasks._PyTask, futures._PyFuture
    try:
        yield
    finally:
        tasks.Task, futures.Future = kept
