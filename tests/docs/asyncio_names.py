#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The public names of the asyncio of the Python that runs this, one a line: functions, classes, constants, and the
members of the classes. With CPython 3.13 on Linux it writes tests/docs/asyncio_names.txt:

    python3.13 tests/docs/asyncio_names.py > tests/docs/asyncio_names.txt

A member is named after the class that has it first: what BaseEventLoop has from AbstractEventLoop is named there only,
and what is inherited from a private class counts as the class's own.
"""
import asyncio
import asyncio.subprocess
import inspect

# With `async with`, `with`, `async for` and `await`.
PROTOCOLS = {"__aenter__", "__enter__", "__aiter__", "__await__"}

# What is set in constructors cannot be seen in a class.
ATTRIBUTES = [
    "AbstractEventLoop.slow_callback_duration",
    "IncompleteReadError.expected",
    "IncompleteReadError.partial",
    "LimitOverrunError.consumed",
    "subprocess.Process.pid",
    "subprocess.Process.stderr",
    "subprocess.Process.stdin",
    "subprocess.Process.stdout",
]


def is_asyncio(kind):
    return kind.__module__.split(".")[0] in ("asyncio", "_asyncio")


def members(kind):
    """What this class has and none of its public bases in asyncio."""
    bases = [each for each in kind.__mro__[1:] if is_asyncio(each)]
    public = [each for each in bases if not each.__name__.startswith("_")]
    own = [kind] + [each for each in bases if not any(issubclass(one, each) for one in public)]
    inherited = {name for each in bases if each not in own for name in vars(each)}
    found = {name for each in own for name in vars(each)}
    return {name for name in found if not name.startswith("_") or name in PROTOCOLS} - inherited


def names():
    found = set(ATTRIBUTES)
    public = {name: getattr(asyncio, name) for name in asyncio.__all__ if not name.startswith("_")}
    for name in ("DEVNULL", "PIPE", "STDOUT", "Process"):
        public["subprocess." + name] = getattr(asyncio.subprocess, name)
    for name, thing in public.items():
        found.add(name)
        if inspect.isclass(thing) and is_asyncio(thing):
            found |= {f"{name}.{member}" for member in members(thing)}
    return sorted(found)


if __name__ == "__main__":
    print("\n".join(names()))
