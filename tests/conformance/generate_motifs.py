# SPDX-License-Identifier: BSL-1.0
"""Situations in which the order of things matters, each with chance in its details.

A motif adds bodies to the program and answers operations that drive them, for some body's list. It lets the tasks come
to rest at something, and then, often within one step, does several things to them in a drawn order: wakes one up,
cancels one, times one out, lets a newcomer in.
"""
from generate_operations import Place


class Motifs:
    def __init__(self, program, operations):
        self.program, self.operations, self.dice = program, operations, program.dice

    # What the motifs are made of.

    def temper(self, ops):
        """What a task does when it is cancelled or fails at these operations."""
        dice, p = self.dice, self.program
        pause = [["sleep", dice.pick([0, 0, 1, p.time()])]]
        return dice.weighted([
            (ops, 8),
            ([["try", ops, [], pause]], 2),
            ([["try", ops, [["CancelledError", pause]], None]], 2),
            ([["try", ops, [["CancelledError", [["cancelling"], ["uncancel"]] + pause]], None]], 1.5),
            ([["try", ops, [["CancelledError", pause + [["reraise"]]]], None]], 1),
            ([["try", ops, [["CancelledError", [["raise"] + p.error()]]], None]], 1.2),
            ([["try", ops, [["Any", [["cancelling"]]]], [["log", p.label("n")]]]], 1),
            ([["try", ops, [["CancelledError", ops[:1]]], None]], 0.7),
            ([["try", ops, [["CancelledError", [["return", p.value()]]]], pause]], 0.7),
        ])

    def timed(self, ops):
        """The operations, perhaps under a timeout that ends at about the same time as something else does."""
        dice, p = self.dice, self.program
        if not dice.chance(0.3):
            return ops
        limit = p.limit()
        name = dice.pick(["timeout", "timeout", "timeout_at"])
        inner = [[name, limit, ops]]
        if dice.chance(0.25):
            inner = [[dice.pick(["timeout", "timeout_at"]), dice.pick([limit, p.limit()]), inner]]
        return [["try", inner, [["TimeoutError", dice.pick([[], [["cancelling"]], [["sleep", 0]]])]], None]] if (
            dice.chance(0.7)) else inner

    def worker(self, ops, level=1):
        ops = self.temper(self.timed(ops))
        return self.program.new_body(ops + ([["return", self.program.value()]] if self.dice.chance(0.5) else []))

    def short(self):
        """A body that ends soon: with a value, with an error, or not quite as it is told to."""
        dice, p = self.dice, self.program
        ops = [["sleep", p.time()]] if dice.chance(0.85) else []
        ops += [["raise"] + p.error()] if dice.chance(0.35) else [["return", p.value()]]
        return p.new_body(self.temper(ops))

    def start(self, bodies, group=None):
        """Spawns each body; answers the operations and the slots."""
        p = self.program
        free = self.dice.shuffled(p.slots)
        slots = [free[i % len(free)] for i in range(len(bodies))]
        if group:
            return [["tg_spawn", group, slot, body] for slot, body in zip(slots, bodies)], slots
        return [["spawn", slot, body] for slot, body in zip(slots, bodies)], slots

    def settle(self):
        return [["sleep", self.dice.pick([0, 0, 1, self.program.time()])]]

    def muddle(self, actions, low=2, high=5, slots=()):
        """Some of the actions in any order, cancels among them, with a hop here and there."""
        dice = self.dice
        chosen = [dice.pick(actions) for _ in range(dice.between(low, high))]
        for slot in slots:
            if dice.chance(0.5):
                chosen.insert(dice.below(len(chosen) + 1), ["cancel", slot, self.program.message()])
        made = []
        for action in chosen:
            made.append(action)
            if dice.chance(0.25):
                made += self.settle()
        return made

    def collect(self, slots):
        """Waits for the tasks, in one of the ways that there are."""
        dice, p = self.dice, self.program
        slots = list(dict.fromkeys(slots))
        return self.safely(dice.weighted([
            ([["wait", slots, dice.pick([None, p.time() + 3]), dice.pick(["ALL", "FIRST", "EXC"])]], 3),
            ([["gather", slots, True]], 3), ([["gather", slots, False]], 1.5),
            ([["as_completed", slots, dice.pick([None, p.time() + 3]), dice.chance(0.7)]], 1.5),
            ([["await", slot] for slot in slots], 1.5), ([["state", slot] for slot in slots], 1.5),
            ([["result", slot] for slot in slots], 0.7), ([["shield", slots[0]]], 0.7),
            ([["wait_for", slots[0], p.limit()]], 1), ([], 1)]))

    def safely(self, ops):
        if not ops or self.dice.chance(0.2):
            return ops
        if self.dice.chance(0.4):
            ops = [["timeout", self.program.time() + 2, ops]]
        return [["try", ops, [["Any", []]], None]]

    # Locks and semaphores: hand-over, with cancels before, between and after.

    def lock_handover(self, name=None):
        dice, p = self.dice, self.program
        name = name or p.lockable()
        inner = dice.pick([[["sleep", p.time()]], [["sleep", 0]], [["log", p.label("n")]], [["cancelling"]],
                           [["raise"] + p.error()]])
        bodies = [self.worker(dice.pick([[["with", name, inner]], [["acquire", name]] + inner + [["release", name]]]))
                  for _ in range(dice.between(1, 2))]
        spawns, slots = self.start([dice.pick(bodies) for _ in range(dice.between(2, 4))])
        actions = [["release", name], ["release", name], ["locked", name], ["spawn", dice.pick(p.slots), bodies[0]]]
        held = [["acquire", name]] if not name.startswith("sem") or dice.chance(0.5) else []
        again = self.safely([["acquire", name], ["release", name]]) if dice.chance(0.3) else []
        return (self.safely(held) + spawns + self.settle() +
                self.muddle(actions, 2, 5, slots) + again + [["release", name]] + self.collect(slots))

    def semaphore(self):
        return self.lock_handover(self.program.name(self.dice.pick(["sems", "bsems"])))

    def event(self):
        dice, p = self.dice, self.program
        name = p.name("events")
        body = self.worker([["event_wait", name]] + dice.pick([[], [["sleep", 0]], [["is_set", name]],
                                                               [["clear", name], ["event_wait", name]]]))
        spawns, slots = self.start([body] * dice.between(1, 3))
        actions = [["set", name], ["set", name], ["clear", name], ["is_set", name],
                   ["call_soon", dice.pick(p.handles), p.label("L"), [["set", name]]]]
        return spawns + self.settle() + self.muddle(actions, 2, 4, slots) + [["set", name]] + self.collect(slots)

    def condition(self):
        dice, p = self.dice, self.program
        name, counter = p.name("conds"), dice.pick(p.counters)
        waits = [["cond_wait", name], ["cond_wait", name], ["cond_wait_for", name, counter, dice.between(1, 2)]]
        bodies = [self.worker([["with", name, [dice.pick(waits)] + dice.pick([[], [["sleep", p.time()]],
                                                                            [["notify", name, 1]]])]])
                  for _ in range(dice.between(1, 2))]
        spawns, slots = self.start([dice.pick(bodies) for _ in range(dice.between(2, 4))])
        inside = [["notify", name, 1], ["notify", name, 1], ["notify", name, 2], ["notify_all", name],
                  ["incr", counter]]
        held = ["with", name, self.muddle(inside, 1, 4, slots)]
        after = self.muddle([["sleep", 0], ["locked", name], held], 1, 3, slots)
        return (spawns + self.settle() + self.safely([held] + after) +
                self.safely([["with", name, [["incr", counter], ["notify_all", name]]]]) + self.collect(slots))

    def barrier(self):
        dice, p = self.dice, self.program
        index = dice.below(len(p.objects["bars"]))
        name, parties = f"bar{index}", p.objects["bars"][index]
        wait = [["bar_wait", name]]
        body = self.worker(dice.pick([wait, wait, [["repeat", 2, wait]], [["sleep", p.time()]] + wait]))
        spawns, slots = self.start([body] * max(1, parties + dice.between(-1, 1)))
        actions = [["bar_info", name], ["bar_reset", name], ["sleep", 0], ["sleep", 0],
                   ["spawn", dice.pick(p.slots), body], ["spawn", dice.pick(p.slots), body]]
        if dice.chance(0.4):
            actions.append(["bar_abort", name])
        mine = self.safely([["timeout", p.time() + 1, wait]]) if dice.chance(0.4) else []
        ending = [["bar_reset", name], ["bar_info", name]] if dice.chance(0.3) else [["bar_info", name]]
        return spawns + self.settle() + self.muddle(actions, 2, 5, slots) + mine + ending + self.collect(slots)

    # Queues.

    def queue_getters(self):
        dice, p = self.dice, self.program
        name = p.name("queues")
        body = self.worker(dice.pick([[["get", name]], [["get", name], ["task_done", name]],
                                      [["repeat", 2, [["get", name], ["sleep", p.time()], ["task_done", name]]]]]))
        spawns, slots = self.start([body] * dice.between(1, 3))
        actions = [["put_nowait", name, p.value()], ["put_nowait", name, p.value()], ["get_nowait", name],
                   ["qsize", name], ["spawn", dice.pick(p.slots), body]]
        mine = [["timeout", p.time() + 1, [dice.pick([["join", name], ["put", name, p.value()], ["get", name]])]]]
        return (spawns + self.settle() + self.muddle(actions, 2, 5, slots) +
                (self.safely(mine) if dice.chance(0.5) else []) + self.collect(slots))

    def queue_putters(self):
        dice, p = self.dice, self.program
        bounded = [q for q, (_, size) in zip(p.names("queues"), p.objects["queues"]) if size]
        name = dice.pick(bounded or p.names("queues"))
        body = self.worker([["put", name, p.value()], ["put", name, p.value()]] if dice.chance(0.4) else
                           [["put", name, p.value()]])
        spawns, slots = self.start([body] * dice.between(1, 3))
        actions = [["get_nowait", name], ["get_nowait", name], ["put_nowait", name, p.value()], ["task_done", name],
                   ["qsize", name]]
        drain = ["try", [["repeat", dice.between(1, 4), [["timeout", 1, [["get", name]]], ["task_done", name]]]],
                 [["TimeoutError", []]], None]
        return (self.safely([["put", name, p.value()]]) + spawns + self.settle() + self.muddle(actions, 2, 5, slots) +
                [drain] + (self.safely([["timeout", 2, [["join", name]]]]) if dice.chance(0.5) else []) +
                self.collect(slots))

    # Timeouts, cancels.

    def timeout_race(self):
        """A deadline, and what is waited for at that very time; in either order of creation."""
        dice, p = self.dice, self.program
        at = max(1, p.time())
        future = p.future()
        tasks, slots = self.start([self.short()])
        waits = [["sleep", at], ["await", future], ["await", slots[0]], ["wait_for", self.short(), at],
                 ["wait_for", future, at], ["shield", slots[0]], ["wait", [slots[0]], at, "ALL"],
                 ["event_wait", p.name("events")], ["acquire", p.lockable()], ["get", p.name("queues")]]
        wait = dice.pick(waits)
        deed = dice.pick([["set_result", future, p.value()], ["cancel", dice.pick(["main", slots[0], future]),
                                                              p.message()],
                          ["set", p.name("events")], ["put_nowait", p.name("queues"), p.value()]])
        timer = [["call_later", dice.pick(p.handles), at, p.label("L"), [deed]]]
        inner = [wait] + dice.pick([[], [], [["sleep", 0]], [["cancelling"], ["sleep", 1]]])
        if dice.chance(0.25):
            inner.insert(dice.below(len(inner) + 1), ["reschedule", dice.pick([at, 0, None, -1, p.time()])])
        block = ["timeout", at, inner]
        if dice.chance(0.4):
            block = ["timeout", dice.pick([at, at, p.limit()]), dice.pick([[block], timer + [block]])]
        handlers = dice.pick([[["TimeoutError", [["cancelling"]]]], [["Any", []]],
                              [["TimeoutError", []], ["CancelledError", [["uncancel"]]]]])
        racing = self.dice.shuffled([tasks, timer]) if dice.chance(0.6) else [tasks]
        ops = [op for part in racing for op in part] + [["try", [block], handlers, None], ["cancelling"]]
        if dice.chance(0.4):
            slot = p.slot_for(1)
            return [["spawn", slot, p.new_body(ops)], ["sleep", at], ["cancel", slot, p.message()]] + self.collect(
                [slot])
        return ops

    def nested_timeouts(self):
        """A task in several timeouts, cancelled from outside, from inside, and by the clock."""
        dice, p = self.dice, self.program
        ops = [dice.pick([["sleep", p.time() + 1], ["await", p.future()], ["event_wait", p.name("events")]])]
        for _ in range(dice.between(1, 3)):
            extra = dice.pick([[], [], [["cancel", "self", p.message()]], [["reschedule", p.limit()]],
                               [["uncancel"]]])
            ops = [["timeout", p.limit(), extra + ops]]
            ops = dice.pick([ops, ops, [["try", ops, [["TimeoutError", [["cancelling"]]]], None]],
                             [["try", ops, [["CancelledError", [["uncancel"], ["sleep", 1]]]], None]],
                             [["try", ops, [["CancelledError", [["sleep", 0]]]], [["reschedule", p.limit()]]]]])
        slot = p.slot_for(1)
        return ([["spawn", slot, p.new_body(ops)], ["sleep", p.time()]] +
                self.muddle([["cancel", slot, p.message()], ["sleep", p.time()]], 1, 3) + self.collect([slot]))

    def must_cancel(self):
        """A task that cancels itself, then comes to wait, or does not."""
        dice, p = self.dice, self.program
        slot = p.slot_for(1)
        start = [["spawn", slot, self.short()]]
        blocks = [["sleep", 0], ["sleep", p.time()], ["await", slot], ["await", p.future()], ["shield", slot],
                  ["gather", [slot, self.short()], dice.chance(0.5)], ["gather", [], False], ["wait_for", slot, 2],
                  ["wait", [slot], p.limit(), "ALL"], ["wait_for", slot, 0], ["acquire", p.lockable()],
                  ["put", p.name("queues"), 1], ["get", p.name("queues")], ["event_wait", p.name("events")],
                  ["as_completed", [slot], p.limit(), True], ["bar_wait", p.name("bars")],
                  ["with", p.name("conds"), [["cond_wait", p.name("conds")]]],
                  ["task_group", p.groups[0], [["tg_spawn", p.groups[0], slot, self.short()]]],
                  ["timeout", p.limit(), [["sleep", 0]]], ["return", p.value()]]
        middle = dice.pick([[], [], [], [["cancel", "self", p.message()]], [["uncancel"]], [["cancelling"]]])
        ops = start + [["cancel", "self", p.message()]] + middle + [dice.pick(blocks)]
        if dice.chance(0.5):
            ops += [dice.pick(blocks)]
        ops = self.temper(self.timed(ops))
        if dice.chance(0.5):
            return [["try", [["await", p.new_body(ops)]], [["Any", []]], None], ["cancelling"]]
        other = p.slot_for(1)
        return [["spawn", other, p.new_body(ops)]] + self.settle() + self.collect([other])

    def messages(self):
        """Who gets the message of a cancelled task, and who a bare error."""
        dice, p = self.dice, self.program
        slot, others = p.slot_for(0), p.slots
        body = p.new_body(self.temper([dice.pick([["sleep", 5], ["await", p.future()]])]))
        looks = [["await", slot], ["gather", [slot], True], ["gather", [slot, slot], False], ["shield", slot],
                 ["wait_for", slot, p.limit()], ["as_completed", [slot], 1, True], ["wait", [slot], 1, "EXC"]]
        plain = [["result", slot], ["exception", slot], ["watch", slot, p.label("w"), "fetch"], ["state", slot],
                 ["cancel", slot, p.message()]]
        waiters = [["spawn", dice.pick(others), p.new_body([["try", [dice.pick(looks)], [["Any", []]], None]])]
                   for _ in range(dice.below(3))]
        seen = [["try", [dice.pick(looks)], [["Any", []]], None] if dice.chance(0.5) else dice.pick(plain)
                for _ in range(dice.between(1, 4))]
        return ([["spawn", slot, body]] + waiters + self.settle() +
                [["cancel", slot, p.message()]] * dice.between(1, 2) + dice.pick([[], self.settle()]) + seen)

    # Several tasks at once.

    def gather_like(self, kind):
        dice, p = self.dice, self.program
        bodies = [self.short() for _ in range(dice.between(1, 4))]
        spawns, slots = self.start(bodies[:2])
        refs = dice.some(slots + bodies[2:] + bodies[:1], 1, 4)
        refs += [dice.pick(refs)] if dice.chance(0.25) else []
        refs += [p.future()] if dice.chance(0.25) else []
        refs += [dice.pick(["self", "main"])] if dice.chance(0.03) and kind != "gather" else []
        op = {"gather": lambda: ["gather", refs, dice.chance(0.5)],
              "wait": lambda: ["wait", refs, p.limit(), dice.pick(["ALL", "FIRST", "EXC"])],
              "as_completed": lambda: ["as_completed", refs, p.limit(), dice.chance(0.6)],
              "shield": lambda: ["shield", refs[0]],
              "wait_for": lambda: ["wait_for", refs[0], p.limit()]}[kind]()
        caller = p.new_body(self.temper(self.timed([op] + ([["sleep", 0]] if dice.chance(0.2) else []))))
        slot = dice.pick([slot for slot in p.slots if slot not in slots] or p.slots)
        actions = [["cancel", slot, p.message()], ["cancel", dice.pick(slots), p.message()],
                   ["set_result", p.future(), p.value()], ["sleep", p.time()], ["sleep", 0],
                   ["set_exception", p.future()] + p.error()]
        if dice.chance(0.25):
            return spawns + dice.pick([[], self.settle()]) + self.safely([["await", caller]])
        return (spawns + [["spawn", slot, caller]] + self.settle() + self.muddle(actions, 1, 4) +
                self.collect([slot] + slots))

    def gather(self):
        return self.gather_like("gather")

    def wait(self):
        return self.gather_like("wait")

    def as_completed(self):
        return self.gather_like("as_completed")

    def shield(self):
        return self.gather_like("shield")

    def wait_for(self):
        return self.gather_like("wait_for")

    def task_group(self):
        """Children that fail, resist, or join late; a parent that is cancelled at the same time."""
        dice, p = self.dice, self.program
        group = dice.pick(p.groups)
        children = [self.short() for _ in range(dice.between(1, 3))]
        if dice.chance(0.4):
            late = ["tg_spawn", group, dice.pick(p.slots), children[0]]
            children.append(p.new_body(dice.pick([
                [["sleep", p.time()], late], [["try", [["sleep", 5]], [], [late]]],
                [["try", [["sleep", 5]], [["CancelledError", [late, ["sleep", 1]]]], None]]])))
        spawns, slots = self.start(children, group)
        inside = dice.pick([[], [["sleep", p.time()]], [["sleep", p.time()]], [["raise"] + p.error()],
                            [["return", p.value()]], [["cancel", "self", p.message()]],
                            [["try", [["sleep", 5]], [["CancelledError", [["cancelling"]]]], None]]])
        block = [["task_group", group, spawns + inside]]
        if dice.chance(0.3):
            outer = dice.pick(["g7", "g8"])
            sibling = [["tg_spawn", outer, dice.pick(p.slots), self.short()]]
            block = [["task_group", outer, sibling + block]]
        parent = p.new_body(self.temper(self.timed(block)) +
                            dice.pick([[], [["cancelling"]], [["sleep", 0]], [["cancelling"], ["sleep", 1]]]))
        if dice.chance(0.2):
            return self.safely([["await", parent]])
        slot = dice.pick(p.slots)
        actions = [["cancel", slot, p.message()], ["cancel", slot, p.message()], ["sleep", 0], ["sleep", p.time()],
                   ["tg_spawn", group, dice.pick(p.slots), children[0]], ["cancel", dice.pick(slots), p.message()]]
        return [["spawn", slot, parent]] + self.settle() + self.muddle(actions, 1, 5) + self.collect([slot])

    # Futures and callbacks.

    def callbacks(self):
        """Timers of one deadline and callbacks of one future, some of them taken back in time."""
        dice, p = self.dice, self.program
        at, future = p.time(), p.future()
        place = Place(1, 1)
        deeds = [["set_result", future, p.value()], ["cancel", future, p.message()], ["cancel_handle", "h0"],
                 ["set_exception", future] + p.error(), ["raise"] + p.error(), ["unwatch", future, "w0"],
                 ["watch", future, "w1", "fetch"], ["cancel", dice.pick(p.slots), p.message()]]
        starts = [["call_later", handle, dice.pick([at, at, p.time()]), p.label("L"),
                   [dice.pick(deeds)] if dice.chance(0.7) else self.operations.callback_ops(place)]
                  for handle in p.handles]
        extra = [["watch", future, "w0", "fetch"], ["watch", future, "w0", "state"],
                 ["call_soon", "h0", p.label("L"), [dice.pick(deeds), dice.pick(deeds)]],
                 ["call_at", "h0", at, p.label("L"), [dice.pick(deeds)]],
                 ["spawn", p.slot_for(1), self.worker([["await", future]])]]
        first = dice.shuffled(starts + dice.some(extra, 1, 4))
        then = self.muddle(deeds[:3] + [["sleep", at], ["unwatch", future, "w0"], ["handle_cancelled", "h0"],
                                        ["watch", future, "w2", "fetch"], ["state", future], ["exception", future]],
                           1, 4)
        then = [["try", [op], [["Any", []]], None] if op[0] == "raise" else op for op in then]
        return first + then + ([["sleep", at]] if dice.chance(0.7) else [])

    BY_GROUP = {
        "basic": ["must_cancel", "messages", "gather"], "callbacks": ["callbacks"],
        "future": ["callbacks", "messages", "timeout_race"],
        "cancel": ["messages", "must_cancel", "must_cancel", "nested_timeouts", "gather", "lock_handover"],
        "gather": ["gather"], "wait": ["wait"], "as_completed": ["as_completed"], "wait_for": ["wait_for"],
        "timeout": ["timeout_race", "nested_timeouts"], "shield": ["shield"], "task_group": ["task_group"],
        "lock": ["lock_handover"], "semaphore": ["semaphore"], "event": ["event"], "condition": ["condition"],
        "barrier": ["barrier"], "queue": ["queue_getters", "queue_putters"],
    }

    def draw(self):
        """The operations that drive a motif of the program's group, or at times of another."""
        group = self.program.group
        if group == "mixed" or self.dice.chance(0.15):
            group = self.dice.pick(sorted(self.BY_GROUP))
        return getattr(self, self.dice.pick(self.BY_GROUP[group]))()
