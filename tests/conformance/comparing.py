# SPDX-License-Identifier: BSL-1.0
"""Runs programs through CPython and through the runner, and compares the traces."""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

from generate import generate

HERE = os.path.dirname(os.path.abspath(__file__))
ORACLE = os.path.join(HERE, "oracle.py")
CONTEXT = 5
SECONDS_TO_START, SECONDS_EACH = 20, 0.5
MOST_CRASHES = 10  # after that the runner is not tried on the rest of a chunk


def is_python_313(path):
    code = "import sys; print(sys.implementation.name, *sys.version_info[:2])"
    try:
        run = subprocess.run([path, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return run.stdout.split() == [b"cpython", b"3", b"13"]


def find_python(asked=None):
    """A CPython 3.13: the one asked for or none; else by environment, path, and pyenv. None if there is none."""
    if asked:
        return asked if is_python_313(asked) else None
    candidates = [os.environ.get("HEDDLE_PYTHON313"), shutil.which("python3.13")]
    candidates += sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.13*/bin/python3.13")))
    return next((path for path in candidates if path and is_python_313(path)), None)


def version_of(python):
    """Such as CPython 3.13.0, which the stored traces and the format's decisions refer to."""
    code = "import platform; print(platform.python_implementation(), platform.python_version())"
    version = subprocess.run([python, "-c", code], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    return version if version == "CPython 3.13.0" else version + " (the reference is 3.13.0)"


def as_lines(programs):
    return "".join(json.dumps(program, separators=(",", ":")) + "\n" for program in programs).encode()


def ask_oracle(python, programs):
    """An answer for each program: with its trace, or with why it is left out."""
    run = subprocess.run([python, ORACLE, "--vet"], input=as_lines(programs), stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def start_runner(command, programs, answers):
    """Runs the runner once. Adds answers; true if it came to the end, else how it ended."""
    limit = SECONDS_TO_START + SECONDS_EACH * len(programs)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            status = subprocess.run(command, input=as_lines(programs), stdout=out, stderr=err, timeout=limit).returncode
            ended = "ended early" if status == 0 else f"died of signal {-status}" if status < 0 else f"status {status}"
        except subprocess.TimeoutExpired:
            status, ended = None, "hangs"
        out.seek(0)
        for line in out.read().split(b"\n")[:-1]:
            try:
                answer = json.loads(line)
                valid = isinstance(answer["trace"], list)
            except (ValueError, KeyError, TypeError):
                valid = False
            if not valid or len(answers) >= len(programs):
                return "says what is no answer: " + line[:200].decode(errors="replace")
            answers.append(answer)
        err.seek(0)
        last = err.read().decode(errors="replace").strip().splitlines()[-3:]
    if len(answers) == len(programs) and status == 0:
        return True
    return ended + ("" if not last else ": " + " | ".join(last))


def ask_runner(command, programs):
    """An answer for each program: with its trace, or with how the runner crashed."""
    answers, crashes = [], 0
    while len(answers) < len(programs):
        rest, more = programs[len(answers):], []
        if crashes == MOST_CRASHES:
            why = f"not tried, after {crashes} crashes before it"
            return answers + [{"id": program["id"], "crash": why} for program in rest]
        ended = start_runner(command, rest, more)
        if ended is not True:
            crashed = min(len(more), len(rest) - 1)
            crashes += 1
            more = more[:crashed] + [{"id": rest[crashed]["id"], "crash": ended}]
        answers += more
    return answers


def first_difference(expected, got):
    """None if they are equal, else the index of the first line that differs."""
    if expected == got:
        return None
    return next((i for i, (a, b) in enumerate(zip(expected, got)) if a != b), min(len(expected), len(got)))


def is_equal(expected, answer):
    return answer.get("id") == expected["id"] and answer.get("trace") == expected["trace"]


def describe(program, expected, answer):
    """What differs, for a person."""
    lines = [f"program {program['id']} (group {program.get('group', '?')}, {program.get('size', '?')} operations)"]
    if "crash" in answer:
        return lines[0] + f"\n  the runner crashed on it: {answer['crash']}"
    if answer.get("id") != program["id"]:
        return lines[0] + f"\n  the runner answered for {answer.get('id')}"
    at = first_difference(expected["trace"], answer["trace"])
    lines.append(f"  line {at + 1} is the first that differs")
    for who, trace in (("CPython", expected["trace"]), ("runner", answer["trace"])):
        lines.append(f"  {who}:")
        for i in range(max(0, at - CONTEXT), min(len(trace), at + CONTEXT + 1)):
            lines.append(f"  {'>' if i == at else ' '} {i + 1:4} {trace[i]}")
        if at >= len(trace):
            lines.append(f"  > {at + 1:4} (end of the trace)")
    return "\n".join(lines)


def compare(programs, expected, command):
    """(number of equal ones, [(program, expected, answer)] of the others)"""
    different = [triple for triple in zip(programs, expected, ask_runner(command, programs))
                 if not is_equal(triple[1], triple[2])]
    return len(programs) - len(different), different


def compare_fresh(python, command, seed, indices, group, sizes):
    """compare(), and how many programs were left out, for programs of the seed."""
    sys.dont_write_bytecode = True
    programs = [generate(seed, index, group, sizes) for index in indices]
    answers = ask_oracle(python, programs)
    kept = [(program, answer) for program, answer in zip(programs, answers) if "trace" in answer]
    equal, different = compare([pair[0] for pair in kept], [pair[1] for pair in kept], command)
    return equal, different, len(programs) - len(kept)
