# SPDX-License-Identifier: BSL-1.0
"""Makes a program smaller while CPython and the runner still disagree on it."""
import copy

from comparing import ask_oracle, ask_runner, is_equal
from generate_program import count, nested, tidy

MOST_ROUNDS = 60
AT_ONCE = 40  # candidates that are tried by one start of the oracle and of the runner


def lists_in(program):
    """Every list of operations of the program, outermost first."""
    def within(ops):
        yield ops
        for op in ops:
            for inner in nested(op):
                yield from within(inner)

    for body in program["bodies"]:
        yield from within(body)


def removals(program):
    """The program without some neighbouring operations: long runs of them first."""
    runs = []
    for number, ops in enumerate(lists_in(program)):
        length = len(ops)
        while length:
            runs += [(length, number, start) for start in range(0, len(ops), length)]
            length //= 2
    for length, number, start in sorted(runs, key=lambda run: -run[0]):
        smaller = copy.deepcopy(program)
        del list(lists_in(smaller))[number][start:start + length]
        yield smaller


def simplifications(program):
    """The program with one operation made simpler: its inside in its place, once in place of often, no task."""
    for number, ops in enumerate(lists_in(program)):
        for i, op in enumerate(ops):
            for change in changes(op, program["bodies"]):
                smaller = copy.deepcopy(program)
                list(lists_in(smaller))[number][i:i + 1] = copy.deepcopy(change)
                yield smaller


def changes(op, bodies):
    """What may stand in the place of an operation: lists of operations."""
    if op[0] == "spawn":
        yield [["await", f"b{op[2]}"]]
    if op[0] == "await" and op[1].startswith("b"):
        yield bodies[int(op[1][1:])]
    if op[0] in ("repeat", "timeout", "timeout_at", "task_group", "with"):
        yield op[-1]
    if op[0] == "repeat" and op[1] > 1:
        yield [["repeat", 1, op[2]]]
    if op[0] == "try":
        yield op[1]
        if op[3] is not None:
            yield [["try", op[1], op[2], None]]
        for i in range(len(op[2])):
            yield [["try", op[1], op[2][:i] + op[2][i + 1:], op[3]]]
    if op[0] in ("gather", "wait", "as_completed") and len(op[1]) > 1:
        for i in range(len(op[1])):
            yield [[op[0], op[1][:i] + op[1][i + 1:]] + op[2:]]


def batches(candidates):
    batch = []
    for candidate in candidates:
        candidate["bodies"], candidate["objects"] = tidy(candidate["bodies"], candidate.get("objects", {}))
        candidate["size"] = sum(map(count, candidate["bodies"]))
        batch.append(candidate)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def smaller_one(candidates, python, command, crash):
    """The first candidate that the two still disagree on, in the same way; None if there is none."""
    for batch in batches(candidates):
        answers = ask_oracle(python, batch)
        known = [(program, answer) for program, answer in zip(batch, answers) if "trace" in answer]
        for (program, expected), got in zip(known, ask_runner(command, [program for program, _ in known])):
            if not is_equal(expected, got) and ("crash" in got) == crash:
                return program, expected, got
    return None


def minimise(program, expected, got, python, command):
    """(program, expected answer, the runner's answer), of the smallest program found."""
    crash = "crash" in got
    for _ in range(MOST_ROUNDS):
        found = smaller_one(removals(program), python, command, crash) or smaller_one(
            simplifications(program), python, command, crash)
        if not found:
            break
        program, expected, got = found
    return program, expected, got
