# SPDX-License-Identifier: BSL-1.0
"""Single operations, drawn by chance, and lists of them. What arises is mostly harmless; see generate_motifs.py."""
from generate_program import PROGRAM_KINDS, count

# Which operations each group of programs asks for more often than the others do.
FAMILIES = {
    "basic": {"log": 1, "raise": 2, "repeat": 2, "try": 6, "incr": 1, "sleep": 4, "spawn": 4, "await": 4, "return": 1},
    "callbacks": {"call_soon": 4, "call_later": 5, "call_at": 4, "cancel_handle": 3, "handle_cancelled": 2,
                  "watch": 2, "unwatch": 1},
    "future": {"set_result": 4, "set_exception": 3, "result": 2, "exception": 2, "state": 2, "watch": 4, "unwatch": 3,
               "await_future": 4, "cancel_future": 3},
    "cancel": {"cancel": 8, "uncancel": 3, "cancelling": 3, "cancel_self": 3, "try": 5, "await": 4, "sleep": 3},
    "gather": {"gather": 8, "cancel": 3, "spawn": 3},
    "wait": {"wait": 8, "cancel": 2, "spawn": 3},
    "as_completed": {"as_completed": 8, "cancel": 2, "spawn": 3},
    "wait_for": {"wait_for": 8, "cancel": 3, "spawn": 3},
    "timeout": {"timeout": 6, "timeout_at": 3, "reschedule": 4, "cancel": 2, "await": 2, "uncancel": 1},
    "shield": {"shield": 8, "cancel": 4, "spawn": 3},
    "task_group": {"task_group": 5, "tg_spawn": 8, "cancel": 3, "raise": 1},
    "lock": {"with_lock": 5, "acquire_lock": 4, "release_lock": 4, "locked_lock": 2, "cancel": 3},
    "semaphore": {"with_sem": 5, "acquire_sem": 4, "release_sem": 5, "locked_sem": 2, "cancel": 3},
    "event": {"event_wait": 6, "set": 4, "clear": 3, "is_set": 1, "cancel": 3},
    "condition": {"cond_wait": 4, "cond_wait_for": 3, "notify": 5, "notify_all": 2, "incr": 2, "with_cond": 4,
                  "cancel": 3},
    "barrier": {"bar_wait": 7, "bar_abort": 2, "bar_reset": 2, "bar_info": 3, "cancel": 3},
    "queue": {"put": 5, "get": 5, "join": 4, "put_nowait": 4, "get_nowait": 3, "task_done": 4, "qsize": 2, "cancel": 3},
}
EVERYWHERE = {"log": 1, "sleep": 6, "spawn": 2, "await": 2, "cancel": 2, "try": 2, "incr": 0.5, "repeat": 0.5,
              "raise": 0.5, "return": 0.2, "timeout": 0.7, "state": 0.4, "cancelling": 0.3, "self": 0.1}
NESTING = {"try", "repeat", "timeout", "timeout_at", "task_group", "with_lock", "with_sem", "with_cond"}
IN_CALLBACKS = ["log", "incr", "cancel", "spawn", "set_result", "set_exception", "result", "exception", "state",
                "watch", "unwatch", "call_soon", "call_later", "cancel_handle", "handle_cancelled", "release_lock",
                "release_sem", "set", "clear", "notify", "notify_all", "put_nowait", "get_nowait", "task_done",
                "bar_info", "locked_lock", "qsize", "tg_spawn", "cancel_future", "raise"]


class Place:
    """Where in a body an operation comes to stand, as far as it matters for what may stand there."""

    def __init__(self, level, depth=0, handling=False, may_return=True):
        self.level, self.depth, self.handling, self.may_return = level, depth, handling, may_return

    def inner(self, handling=None, may_return=None):
        return Place(self.level, self.depth + 1, self.handling if handling is None else handling,
                     self.may_return if may_return is None else may_return)


class Operations:
    """Draws operations for a program."""

    def __init__(self, program):
        self.program = program
        self.dice = program.dice
        weights = dict(EVERYWHERE)
        for family, more in FAMILIES.items():
            part = 1.5 if family == program.group else 0.12 if program.group == "mixed" else 0.02
            for name, weight in more.items():
                weights[name] = weights.get(name, 0) + weight * part
        self.weights = sorted(weights.items())

    def ops(self, wanted, place):
        """About so many operations."""
        made = []
        while wanted > 0:
            name = self.dice.weighted(self.weights)
            if name in NESTING and (place.depth >= 4 or wanted < 2):
                continue
            if name == "return" and not (place.may_return and wanted <= 1):
                continue
            op = self.draw(name, min(wanted - 1, 8) if name in NESTING else 0, place)
            made.append(op)
            wanted -= count([op])
        return made

    def draw(self, name, wanted, place):
        if name in NESTING:
            return getattr(self, "make_" + name)(self.dice.between(1, max(1, wanted)), place)
        return getattr(self, "make_" + name)(place)

    # References.

    def awaitable(self, place, bodies=True):
        """What may be awaited from here without closing a circle, mostly."""
        dice, program = self.dice, self.program
        choice = dice.random()
        slots = program.slots_below(place.level)
        if choice < 0.02:
            return dice.pick(["self", "main"] + program.slots)
        if choice < 0.2 or not slots and not bodies:
            return program.future()
        return dice.pick(slots) if slots and (choice < 0.7 or not bodies) else program.some_body()

    def anything(self):
        """What may be cancelled, watched, or looked at."""
        return self.dice.weighted([(self.dice.pick(self.program.slots), 8), (self.program.future(), 2), ("main", 0.5)])

    def several(self, place, high):
        refs = [self.awaitable(place) for _ in range(self.dice.between(1, high))]
        if self.dice.chance(0.2):
            refs.append(self.dice.pick(refs))
        return [] if self.dice.chance(0.02) else refs

    # Control.

    def make_log(self, _):
        return ["log", self.program.label("n")]

    def make_raise(self, _):
        return ["raise"] + self.program.error()

    def make_return(self, _):
        return ["return", self.program.value()]

    def make_incr(self, _):
        return ["incr", self.dice.pick(self.program.counters)]

    def make_repeat(self, wanted, place):
        return ["repeat", self.dice.between(1, 3) if self.dice.chance(0.95) else 0, self.ops(wanted, place.inner())]

    def make_try(self, wanted, place):
        dice = self.dice
        inner = self.ops(wanted, place.inner())
        patterns = dice.some(["CancelledError", "CancelledError", "Exception", "Any", "TimeoutError", "RuntimeError",
                              "ExceptionGroup", "ValueError", "BrokenBarrierError"] + PROGRAM_KINDS, 0, 2)
        if dice.chance(0.5):
            patterns.append("Any")
        return ["try", inner, [[pattern, self.handler(place)] for pattern in dict.fromkeys(patterns)],
                self.ops(dice.between(0, 2), place.inner(may_return=False)) if dice.chance(0.35) else None]

    def handler(self, place):
        ops = self.ops(self.dice.below(3), place.inner(handling=True))
        if not self.dice.chance(0.25):
            return ops
        return ([op for op in ops if op[0] != "return"] +
                self.dice.pick([[["reraise"]], [["cancelling"], ["reraise"]], [["uncancel"]],
                                [["try", [["reraise"]], [["CancelledError", []]], []]]]))

    # Tasks.

    def make_sleep(self, _):
        return ["sleep", self.program.time()]

    def make_spawn(self, place):
        return ["spawn", self.program.slot_for(place.level - 1), self.program.some_body()]

    def make_await(self, place):
        return ["await", self.awaitable(place)]

    def make_await_future(self, _):
        return ["await", self.program.future()]

    def make_self(self, _):
        return self.dice.pick([["await", "self"], ["wait_for", "self", self.program.limit()], ["result", "self"],
                               ["watch", "self", self.program.label("w"), "fetch"], ["state", "self"],
                               ["wait", ["self"], 1, "ALL"], ["shield", "main"], ["exception", "main"]])

    def make_cancel(self, _):
        return ["cancel", self.anything(), self.program.message()]

    def make_cancel_future(self, _):
        return ["cancel", self.program.future(), self.program.message()]

    def make_cancel_self(self, _):
        return ["cancel", "self", self.program.message()]

    def make_uncancel(self, _):
        return ["uncancel"]

    def make_cancelling(self, _):
        return ["cancelling"]

    def make_gather(self, place):
        return ["gather", self.several(place, 4), self.dice.chance(0.5)]

    def make_wait(self, place):
        return ["wait", self.several(place, 4), self.program.limit(), self.dice.pick(["ALL", "FIRST", "EXC"])]

    def make_wait_for(self, place):
        return ["wait_for", self.awaitable(place), self.program.limit()]

    def make_shield(self, place):
        return ["shield", self.awaitable(place)]

    def make_as_completed(self, place):
        return ["as_completed", self.several(place, 4), self.program.limit(), self.dice.chance(0.6)]

    # Futures and callbacks.

    def make_set_result(self, _):
        return ["set_result", self.program.future(), self.program.value()]

    def make_set_exception(self, _):
        return ["set_exception", self.program.future()] + self.program.error()

    def make_result(self, _):
        return ["result", self.anything()]

    def make_exception(self, _):
        return ["exception", self.anything()]

    def make_state(self, _):
        return ["state", self.anything()]

    def make_watch(self, _):
        return ["watch", self.anything(), f"w{self.dice.below(4)}", self.dice.pick(["state", "fetch", "fetch"])]

    def make_unwatch(self, _):
        return ["unwatch", self.anything(), f"w{self.dice.below(4)}"]

    def callback_ops(self, place):
        names = [pair for pair in self.weights if pair[0] in IN_CALLBACKS]
        return [self.draw(self.dice.weighted(names), 0, Place(place.level, place.depth + 2))
                for _ in range(self.dice.weighted([(0, 1), (1, 3), (2, 2), (3, 1)]))] if place.depth < 4 else []

    def make_call_soon(self, place):
        return ["call_soon", self.dice.pick(self.program.handles), self.program.label("L"), self.callback_ops(place)]

    def make_call_later(self, place):
        return ["call_later", self.dice.pick(self.program.handles), self.program.time(), self.program.label("L"),
                self.callback_ops(place)]

    def make_call_at(self, place):
        return ["call_at", self.dice.pick(self.program.handles), self.program.time() + self.dice.below(4),
                self.program.label("L"), self.callback_ops(place)]

    def make_cancel_handle(self, _):
        return ["cancel_handle", self.dice.pick(self.program.handles)]

    def make_handle_cancelled(self, _):
        return ["handle_cancelled", self.dice.pick(self.program.handles)]

    # Timeouts and task groups.

    def make_timeout(self, wanted, place):
        return ["timeout", self.program.limit(), self.ops(wanted, place.inner())]

    def make_timeout_at(self, wanted, place):
        limit = self.program.limit()
        return ["timeout_at", limit if limit is None else limit + self.dice.below(6), self.ops(wanted, place.inner())]

    def make_reschedule(self, _):
        return ["reschedule", self.program.limit()]

    def make_task_group(self, wanted, place):
        group = self.dice.pick(self.program.groups)
        children = [["tg_spawn", group, self.program.slot_for(place.level - 1), self.program.some_body()]
                    for _ in range(self.dice.below(3))]
        return ["task_group", group, children + self.ops(wanted, place.inner())]

    def make_tg_spawn(self, place):
        return ["tg_spawn", self.dice.pick(self.program.groups), self.program.slot_for(place.level - 1),
                self.program.some_body()]

    # Synchronisation.

    def sem(self):
        return self.program.name(self.dice.pick(["sems", "bsems"]))

    def make_with_lock(self, wanted, place):
        return ["with", self.program.name("locks"), self.ops(wanted, place.inner())]

    def make_with_sem(self, wanted, place):
        return ["with", self.sem(), self.ops(wanted, place.inner())]

    def make_with_cond(self, wanted, place):
        name = self.program.name("conds")
        inner = self.ops(wanted, place.inner())
        inner.insert(self.dice.below(len(inner) + 1), self.dice.pick([
            ["cond_wait", name], ["cond_wait", name], ["notify", name, self.dice.between(1, 2)], ["notify_all", name],
            ["cond_wait_for", name, self.dice.pick(self.program.counters), self.dice.between(0, 3)]]))
        return ["with", name, inner]

    def make_acquire_lock(self, _):
        return ["acquire", self.program.lockable()]

    def make_release_lock(self, _):
        return ["release", self.program.lockable()]

    def make_locked_lock(self, _):
        return ["locked", self.program.lockable()]

    def make_acquire_sem(self, _):
        return ["acquire", self.sem()]

    def make_release_sem(self, _):
        return ["release", self.sem()]

    def make_locked_sem(self, _):
        return ["locked", self.sem()]

    def make_event_wait(self, _):
        return ["event_wait", self.program.name("events")]

    def make_set(self, _):
        return ["set", self.program.name("events")]

    def make_clear(self, _):
        return ["clear", self.program.name("events")]

    def make_is_set(self, _):
        return ["is_set", self.program.name("events")]

    def make_cond_wait(self, place):
        name = self.program.name("conds")
        return ["cond_wait", name] if self.dice.chance(0.3) else ["with", name, [["cond_wait", name]]]

    def make_cond_wait_for(self, place):
        name = self.program.name("conds")
        wait = ["cond_wait_for", name, self.dice.pick(self.program.counters), self.dice.between(0, 3)]
        return wait if self.dice.chance(0.2) else ["with", name, [wait]]

    def make_notify(self, _):
        return ["notify", self.program.name("conds"), self.dice.pick([0, 1, 1, 1, 2, 3])]

    def make_notify_all(self, _):
        return ["notify_all", self.program.name("conds")]

    def make_bar_wait(self, _):
        return ["bar_wait", self.program.name("bars")]

    def make_bar_abort(self, _):
        return ["bar_abort", self.program.name("bars")]

    def make_bar_reset(self, _):
        return ["bar_reset", self.program.name("bars")]

    def make_bar_info(self, _):
        return ["bar_info", self.program.name("bars")]

    def make_put(self, _):
        return ["put", self.program.name("queues"), self.program.value()]

    def make_get(self, _):
        return ["get", self.program.name("queues")]

    def make_join(self, _):
        return ["join", self.program.name("queues")]

    def make_put_nowait(self, _):
        return ["put_nowait", self.program.name("queues"), self.program.value()]

    def make_get_nowait(self, _):
        return ["get_nowait", self.program.name("queues")]

    def make_task_done(self, _):
        return ["task_done", self.program.name("queues")]

    def make_qsize(self, _):
        return ["qsize", self.program.name("queues")]
