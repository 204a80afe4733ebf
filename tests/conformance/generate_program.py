# SPDX-License-Identifier: BSL-1.0
"""A program under construction: its objects, its slots, its bodies, and what is picked from them.

Bodies refer only to bodies made before them, so that none can run itself; numbers() then gives main, which is made
last, the number 0. Slots are on levels, as bodies are: a body awaits slots below its own level, but for a few that are
meant to go wrong, since tasks that await each other in a circle end in unbounded recursion when one is cancelled.
"""
import random

PROGRAM_KINDS = ["AppError", "IoError", "DataError"]
MESSAGES = ["m1", "m2", "stop", "late", "x"]
PALETTES = [[0, 1, 1, 2, 2, 3], [1, 2, 3, 4, 6], [0, 0, 1], [1, 1, 2], [0, 1, 2, 5, 10], [1, 10, 100, 1000],
            [0, 1, 2, 3, -1]]


class Dice:
    """Chance from random() alone: the only method of random.Random that every version of Python answers alike."""

    def __init__(self, seed):
        self.random = random.Random(seed).random

    def chance(self, probability):
        return self.random() < probability

    def below(self, n):
        return int(self.random() * n)

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def pick(self, items):
        return items[self.below(len(items))]

    def weighted(self, pairs):
        """One of the [(item, weight)]."""
        total = 0.0
        for _, weight in pairs:  # not sum(), which rounds otherwise since Python 3.12
            total += weight
        left = self.random() * total
        for item, weight in pairs:
            left -= weight
            if left < 0:
                return item
        return pairs[-1][0]

    def shuffled(self, items):
        items = list(items)
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items

    def some(self, items, low, high):
        return self.shuffled(items)[:self.between(min(low, len(items)), min(high, len(items)))]


class BodyRef:
    """A body that has no number yet."""

    def __init__(self, made):
        self.made = made


def count(ops):
    """How many operations: those of nested lists too, but not those of bodies that are referred to."""
    return sum(1 + sum(count(inner) for inner in nested(op)) for op in ops)


def nested(op):
    """The operation lists within an operation."""
    if op[0] == "try":
        return [op[1]] + [ops for _, ops in op[2]] + ([op[3]] if op[3] is not None else [])
    if op[0] in ("repeat", "timeout", "timeout_at", "task_group", "with", "call_soon", "call_later", "call_at"):
        return [op[-1]]
    return []


class Program:
    def __init__(self, dice, group):
        self.dice = dice
        self.group = group
        self.times = dice.pick(PALETTES)
        self.bodies = []
        self.levels = dice.between(1, 3)
        self.slots = [f"s{i}" for i in range(self.levels * dice.between(1, 3) + dice.below(2))]
        self.handles = [f"h{i}" for i in range(dice.between(1, 4))]
        self.groups = [f"g{i}" for i in range(dice.between(1, 2))]
        self.counters = ["v0", "v1"][:dice.between(1, 2)]
        self.labels = 0
        self.objects = self.make_objects()

    def make_objects(self):
        """Some of every kind. tidy() drops what no body uses."""
        dice = self.dice
        return {
            "locks": dice.between(1, 2), "events": dice.between(1, 2), "conds": 1,
            "sems": [dice.pick([0, 1, 1, 2, 3]) for _ in range(dice.between(1, 2))],
            "bsems": [dice.pick([1, 1, 2])],
            "bars": [dice.pick([1, 2, 2, 3, 3])],
            "queues": [[dice.pick(["fifo", "fifo", "lifo", "prio"]), dice.pick([0, 1, 1, 2])]
                       for _ in range(dice.between(1, 2))],
            "futures": dice.between(1, 3),
        }

    # Names.

    def names(self, kind):
        prefix = {"locks": "lock", "events": "event", "conds": "cond", "sems": "sem", "bsems": "bsem", "bars": "bar",
                  "queues": "q", "futures": "f"}[kind]
        have = self.objects[kind]
        return [f"{prefix}{i}" for i in range(have if isinstance(have, int) else len(have))]

    def name(self, kind):
        return self.dice.pick(self.names(kind))

    def lockable(self):
        return self.name(self.dice.weighted([("locks", 4), ("sems", 2), ("bsems", 2), ("conds", 1)]))

    def future(self):
        return self.name("futures")

    def slot_level(self, slot):
        return int(slot[1:]) % self.levels

    def slots_below(self, level):
        return [slot for slot in self.slots if self.slot_level(slot) < level]

    def slot_for(self, level):
        """Where a task of a body on this level belongs."""
        if self.dice.chance(0.05):
            return self.dice.pick(self.slots)
        fitting = [slot for slot in self.slots if self.slot_level(slot) == min(level, self.levels - 1)]
        return self.dice.pick(fitting or self.slots)

    def time(self):
        return self.dice.pick(self.times)

    def limit(self):
        """A timeout: rarely none at all, rarely past."""
        if self.dice.chance(0.12):
            return None
        return self.dice.pick([0, -1, 0]) if self.dice.chance(0.12) else self.time() + self.dice.below(2)

    def message(self):
        return self.dice.pick(MESSAGES) if self.dice.chance(0.6) else None

    def label(self, prefix):
        self.labels += 1
        return f"{prefix}{self.labels}"

    def value(self):
        return self.dice.below(10)

    def error(self):
        """A kind and a message, as `raise` and `set_exception` take them."""
        kind = self.dice.weighted([(kind, 4) for kind in PROGRAM_KINDS] + [
            ("ValueError", 1), ("RuntimeError", 1), ("TimeoutError", 1.5), ("CancelledError", 2.5)])
        return [kind, self.dice.pick(MESSAGES) if kind in PROGRAM_KINDS else self.message()]

    # Bodies.

    def new_body(self, ops):
        self.bodies.append(ops)
        return BodyRef(len(self.bodies) - 1)

    def some_body(self):
        return BodyRef(self.dice.below(len(self.bodies))) if self.bodies else self.new_body(
            [["sleep", self.time()], ["return", self.value()]])

    def size(self):
        return sum(count(ops) for ops in self.bodies)

    def finish(self, identity):
        """The program as JSON has it. The last body made is main."""
        bodies = [self.numbered(ops) for ops in reversed(self.bodies)]
        bodies, objects = tidy(bodies, self.objects)
        return {"id": identity, "group": self.group, "size": sum(map(count, bodies)), "objects": objects,
                "bodies": bodies}

    def numbered(self, item, position=None):
        if isinstance(item, BodyRef):
            number = len(self.bodies) - 1 - item.made
            return number if position in (("spawn", 2), ("tg_spawn", 3)) else f"b{number}"
        if isinstance(item, list):
            name = item[0] if item and isinstance(item[0], str) else None
            return [self.numbered(each, (name, i)) for i, each in enumerate(item)]
        return item


def body_numbers(op):
    """The bodies that an operation itself refers to, with repetitions."""
    if op[0] == "spawn":
        return [op[2]]
    if op[0] == "tg_spawn":
        return [op[3]]
    refs = op[1] if len(op) > 1 and op[0] in ("gather", "wait", "as_completed") else op[1:2]
    return [int(ref[1:]) for ref in refs if isinstance(ref, str) and ref[:1] == "b" and ref[1:].isdigit()]


def every_op(ops):
    for op in ops:
        yield op
        for inner in nested(op):
            yield from every_op(inner)


def tidy(bodies, objects):
    """Without the bodies that nothing runs and the objects that nothing uses."""
    used, todo = {0}, [0]
    while todo:
        for op in every_op(bodies[todo.pop()]):
            for number in body_numbers(op):
                if number not in used:
                    used.add(number)
                    todo.append(number)
    new = {old: i for i, old in enumerate(sorted(used))}
    bodies = [renumber(bodies[old], new) for old in sorted(used)]
    words = {word for ops in bodies for op in every_op(ops) for arg in op[1:]
             for word in (arg if isinstance(arg, list) else [arg]) if isinstance(word, str)}
    kept = {}
    for kind, prefix in (("locks", "lock"), ("events", "event"), ("conds", "cond"), ("sems", "sem"),
                         ("bsems", "bsem"), ("bars", "bar"), ("queues", "q"), ("futures", "f")):
        have = objects.get(kind, 0)
        length = have if isinstance(have, int) else len(have)
        needed = max([i + 1 for i in range(length) if f"{prefix}{i}" in words], default=0)
        if needed:
            kept[kind] = needed if isinstance(have, int) else have[:needed]
    return bodies, kept


def renumber(ops, new):
    return [renumbered(op, new) for op in ops]


def renumbered(op, new):
    def ref(word):
        return f"b{new[int(word[1:])]}" if isinstance(word, str) and word[:1] == "b" and word[1:].isdigit() else word

    op = list(op)
    if op[0] == "try":
        return ["try", renumber(op[1], new), [[pattern, renumber(ops, new)] for pattern, ops in op[2]],
                None if op[3] is None else renumber(op[3], new)]
    if nested(op):
        op[-1] = renumber(op[-1], new)
    elif op[0] in ("spawn", "tg_spawn"):
        op[-1] = new[op[-1]]
    elif op[0] in ("gather", "wait", "as_completed"):
        op[1] = [ref(word) for word in op[1]]
    elif op[0] in ("await", "shield", "wait_for"):
        op[1] = ref(op[1])
    return op


def most_lines(bodies):
    """An upper bound of the lines that the program's run may take."""
    known = {}

    def of_ops(ops):
        total = 0
        for op in ops:
            inner = sum(of_ops(each) for each in nested(op)) * (op[1] if op[0] == "repeat" else 1)
            total += 2 + inner + sum(of_body(number) + 2 for number in body_numbers(op))
        return total

    def of_body(number):
        if number not in known:
            known[number] = 2 + of_ops(bodies[number])
        return known[number]

    return of_body(0)
