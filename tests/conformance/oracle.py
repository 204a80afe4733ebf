#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What CPython 3.13's own asyncio does with programs of the conformance language.

    python3.13 oracle.py [--vet] [--jobs=N] [--any-version] < programs.jsonl > traces.jsonl

Reads a JSON program a line, writes {"id":...,"trace":[...]} a line, in the order of the programs, each flushed.
A program that the language does not cover (it never ends, or ends in an error that no trace can say, such as
RecursionError) is answered by {"id":...,"left_out":"<why>"}.

  --vet          also run each program on asyncio's tasks and futures written in Python, and leave out the programs that
                 behave otherwise there: the corners in which CPython disagrees with itself
  --jobs=N       so many processes (default 1)
  --any-version  run under another Python; the traces are then that Python's (3.11 or newer)
"""
import argparse
import concurrent.futures
import gc
import json
import sys
import warnings

sys.dont_write_bytecode = True


def refuse(why):
    print(f"oracle.py: {why}", file=sys.stderr)
    sys.exit(2)


def answer_to(program, vet):
    from oracle_interpreter import trace_of
    from oracle_loop import LeftOut, python_classes

    try:
        trace = trace_of(program)
        if vet:
            with python_classes():
                if trace_of(program) != trace:
                    raise LeftOut("CPython's tasks in C and in Python disagree")
        return {"id": program["id"], "trace": trace}
    except LeftOut as why:
        return {"id": program["id"], "left_out": str(why)}
    finally:
        # Coroutines that are still suspended are closed here, where no loop runs, and not in the next program.
        gc.collect()


def prepare():
    from oracle_loop import patch_sets

    patch_sets()
    # Closing what a program left suspended complains in many ways, and none of them is part of a trace.
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None
    gc.collect()
    gc.freeze()
    gc.disable()


def answer_lines(lines, vet):
    return [json.dumps(answer_to(json.loads(line), vet), separators=(",", ":")) for line in lines]


def chunks(lines, length):
    chunk = []
    for line in lines:
        if line.strip():
            chunk.append(line)
        if len(chunk) == length:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vet", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--jobs", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--any-version", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()

    here = "%s %d.%d" % ((sys.implementation.name,) + sys.version_info[:2])
    if sys.version_info < (3, 11):
        refuse(f"needs CPython 3.13, this is {here}")
    if here != "cpython 3.13" and not options.any_version:
        refuse(f"the traces are those of CPython 3.13, this is {here} (--any-version runs it all the same)")

    if options.jobs <= 1:
        prepare()
        for chunk in chunks(sys.stdin, 1):
            print(*answer_lines(chunk, options.vet), sep="\n", flush=True)
        return
    with concurrent.futures.ProcessPoolExecutor(options.jobs, initializer=prepare) as pool:
        todo = list(chunks(sys.stdin, 50))
        for answers in pool.map(answer_lines, todo, [options.vet] * len(todo)):
            print(*answers, sep="\n", flush=True)


if __name__ == "__main__":
    main()
