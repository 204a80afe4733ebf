#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Programs of the conformance language, drawn by chance.

    generate.py [--seed=K] [--count=N] [--first=I] [--group=NAME] [--size=LOW[-HIGH]] [--coverage=TRACES]

Writes a JSON program a line. Program I of a seed is the same on every Python from 3.9 on, whatever --count and --first
are; --group and --size change it. Some of the programs are none of the language's (tasks that await each other in a
circle, and are cancelled): the oracle says which, and they are to be left out.

  --seed=K           default 0
  --count=N          default 1
  --first=I          start at program I of the seed (default 0)
  --group=NAME       only this group; `generate.py --group=help` lists them
  --size=LOW[-HIGH]  operations, about (default: 5 to 300, small ones more often)
  --coverage=FILE    write no programs, but how often each operation and outcome occurs in the traces in FILE
                     ('-': standard input)
"""
import argparse
import json
import sys

sys.dont_write_bytecode = True

from generate_motifs import Motifs  # noqa: E402
from generate_operations import FAMILIES, Operations, Place  # noqa: E402
from generate_program import Dice, Program, count, most_lines  # noqa: E402

GROUPS = sorted(FAMILIES) + ["mixed"]
OFTEN = ["mixed", "mixed", "cancel", "task_group", "task_group", "timeout", "barrier", "condition", "queue"]
MOST_LINES = 700
SMALLEST, LARGEST = 5, 300
SIZES = [1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 130, 200, 300, 500, 1000]  # as likely between any two neighbours


def rescue(program):
    """A callback, late, that sets going what may have come to rest."""
    dice = program.dice
    deeds = [["set", name] for name in program.names("events")]
    deeds += [["set_result", name, program.value()] for name in program.names("futures")]
    deeds += [["release", name] for name in program.names("locks") + program.names("sems")]
    deeds += [["put_nowait", name, program.value()] for name in program.names("queues")]
    deeds += [["get_nowait", name] for name in program.names("queues")]
    deeds += [["cancel", slot, program.message()] for slot in program.slots]
    return ["call_later", "h9", dice.between(6, 15), program.label("L"), dice.some(deeds, 1, 5)]


def make_main(program, operations, motifs, wanted):
    """Main's operations: generic ones, and motifs, until there are about so many in the whole program."""
    dice = program.dice
    place = Place(program.levels)
    chunks = []
    motif_share = dice.pick([0.4, 0.7, 0.9])
    total = program.size()
    while total < wanted:
        room = wanted - total
        before = program.size()
        if dice.chance(motif_share) and room >= 8:
            ops = motifs.draw()
            if dice.chance(0.15):
                ops = [["spawn", program.slot_for(1), program.new_body(ops)], ["sleep", program.time()]]
        else:
            ops = operations.ops(dice.between(1, min(8, room)), place)
        # Main is seldom to end early, and seldom to wait for ever: after a deadlock there is no more to see.
        if dice.chance(0.55):
            ops = [["timeout", dice.between(3, 12), ops]]
        if dice.chance(0.75):
            ops = [["try", ops, [["Any", []]], None]]
        chunks.append(ops)
        total += count(ops) + program.size() - before
    return [op for chunk in chunks for op in chunk]


def make_program(dice, group, wanted, identity):
    program = Program(dice, group)
    operations = Operations(program)
    motifs = Motifs(program, operations)
    generic = dice.between(0, max(1, wanted // 16))
    for i in range(generic):
        level = i * program.levels // generic
        ops = operations.ops(dice.between(1, 1 + min(14, wanted // 3)), Place(level))
        program.new_body(motifs.temper(ops) if dice.chance(0.3) else ops)
    prologue = [["spawn", program.slot_for(i * program.levels // generic), program.some_body()]
                for i in range(generic) if dice.chance(0.7)]
    if wanted > 15 and dice.chance(0.75):
        prologue.insert(0, rescue(program))
        if dice.chance(0.5):
            prologue.insert(0, rescue(program))
    main = prologue + make_main(program, operations, motifs, wanted - count(prologue))
    if prologue and dice.chance(0.5):
        main += motifs.collect(program.slots[:4])
    if dice.chance(0.3):
        main.append(["return", program.value()])
    program.new_body(main)
    return program.finish(identity)


def draw_size(dice, low, high):
    steps = [pair for pair in zip(SIZES, SIZES[1:]) if pair[1] > low and pair[0] < high]
    at_least, below = dice.pick(steps)
    return dice.between(max(low, at_least), min(high, below - 1 if below < high else high))


def generate(seed, index, group=None, sizes=None):
    """Program `index` of the seed."""
    low, high = sizes or (SMALLEST, LARGEST)
    attempt = 0
    while True:
        dice = Dice(f"{seed}:{index}:{attempt}")
        drawn = dice.pick(GROUPS + OFTEN)
        program = make_program(dice, group or drawn, draw_size(dice, low, high), f"k{seed}_{index}")
        if low <= program["size"] <= high and most_lines(program["bodies"]) <= MOST_LINES:
            return program
        attempt += 1


def parse_sizes(text):
    low, _, high = text.partition("-")
    sizes = int(low), int(high or low)
    if not 1 <= sizes[0] <= sizes[1] <= 1000:
        raise argparse.ArgumentTypeError("want LOW or LOW-HIGH, from 1 to 1000")
    if sizes[0] == sizes[1]:
        return max(1, sizes[0] * 4 // 5), sizes[1] * 5 // 4 + 1
    return sizes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", default="0", help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--group", choices=GROUPS, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=parse_sizes, help=argparse.SUPPRESS)
    parser.add_argument("--coverage", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.coverage:
        from coverage import report
        report(sys.stdin if options.coverage == "-" else open(options.coverage))
        return
    for index in range(options.first, options.first + options.count):
        print(json.dumps(generate(options.seed, index, options.group, options.size), separators=(",", ":")))


if __name__ == "__main__":
    main()
