# SPDX-License-Identifier: BSL-1.0
"""How often each operation and each kind of outcome occurs in traces: what the programs are worth as a test.

For each operation: in how many programs it occurs, how many lines it has, and how its outcomes are spread. A blocking
operation that `stayed` was still waiting at the end of the trace. Then how many programs show each of the situations
that are hard to get right, and how the programs end.
"""
import collections
import json
import re

HEADS = re.compile(r"^(\S+)")
OUTCOME = re.compile(r" (?:= (?P<value>.*)|! (?P<error>[A-Za-z]+).*|\? (?P<unset>unset))$")
BLOCKING = {"sleep", "await", "gather", "wait", "wait_for", "shield", "as_completed", "next", "acquire", "with",
            "event_wait", "cond_wait", "cond_wait_for", "bar_wait", "bar_abort", "bar_reset", "put", "get", "join",
            "timeout", "timeout_at", "task_group", "enter"}
SYNCHRONISING = {"acquire", "with", "event_wait", "cond_wait", "cond_wait_for", "bar_wait", "put", "get", "join"}
EVERY = BLOCKING | set("""
    log raise caught finally exit incr spawn cancel uncancel cancelling set_result set_exception result exception state
    watch unwatch call_soon call_later call_at cancel_handle handle_cancelled run cb reschedule leave tg_spawn release
    locked unwith set clear is_set notify notify_all bar_info put_nowait get_nowait task_done qsize""".split())
ENDINGS = ("MAIN", "DEADLOCK", "SHUTDOWN", "UNRETRIEVED", "PENDING", "handler", "STATE")


def situations(trace):
    """The situations in a trace: names of what is hard to get right."""
    found = set()
    cancelled_at = {}  # a task's name: when it was last cancelled
    for line in trace:
        time, name, text = line.split(" ", 2)
        head = text.split(" ", 1)[0]
        error = OUTCOME.search(text)
        error = error.group("error") if error else None
        if error == "CancelledError" and head in SYNCHRONISING:
            found.add(f"cancelled in {head}")
        if error == "CancelledError" and head in ("gather", "wait", "shield", "as_completed", "wait_for", "leave"):
            found.add(f"cancelled in {head}")
        if "CancelledError(" in text:
            found.add("a cancel message arrives")
        if head in ("timeout", "timeout_at") and "expired=True" in text:
            kind = error or "None"
            found.add(f"timeout expired, comes out as {kind}")
        if head == "wait_for" and error == "TimeoutError":
            found.add("wait_for timed out")
        if head == "cancelling" and text[-1] not in "01":
            found.add("cancelling >= 2")
        if head == "uncancel" and text[-1] != "0":
            found.add("uncancel leaves some")
        if head == "cancel" and text.endswith("= True"):
            key = (time, text.split(" ")[1])
            found.add("cancelled twice at one time" if key in cancelled_at else "cancelled")
            cancelled_at[key] = True
        if head == "task_group" and error:
            found.add(f"task_group ! {error}")
        if head == "tg_spawn" and error:
            found.add("tg_spawn refused")
        if head == "unwith" and error:
            found.add("unwith fails")
        if head == "reschedule" and error:
            found.add("reschedule while expiring")
        if "ExceptionGroup[" in text and "ExceptionGroup[" in text.split("ExceptionGroup[", 1)[1]:
            found.add("nested exception groups")
        if head == "DEADLOCK":
            found.add("deadlock")
        if head == "bar_wait" and error == "BrokenBarrierError":
            found.add("barrier broken")
    if sum(" DEADLOCK" in line for line in trace) and trace[-1].split(" ", 1)[0] == "0":
        found.add("deadlock at time 0")
    return found


def count_lines(trace, operations, endings):
    """Adds a trace's lines to operations[head][outcome] and endings[text]; answers the heads seen."""
    seen = set()
    for line in trace:
        text = line.split(" ", 2)[2]
        head = HEADS.match(text).group(1)
        seen.add(head)
        if head in ENDINGS:
            outcome = OUTCOME.search(text)
            kind = head
            if head in ("MAIN", "STATE"):
                kind += f" ! {outcome.group('error')}" if outcome and outcome.group("error") else (
                    " = ..." if outcome else " " + text.rsplit(" ", 1)[1])
            elif head == "PENDING":
                kind += " none" if text.endswith("none") else " some"
            elif head in ("SHUTDOWN", "UNRETRIEVED", "handler"):
                kind += " " + re.split(r"[(\[]", text.rsplit(" ", 1)[1])[0]
            endings[kind] += 1
            continue
        outcome = OUTCOME.search(text)
        operations[head]["lines"] += 1
        if not outcome:
            operations[head]["starts" if head in BLOCKING else "="] += 1
        elif outcome.group("unset"):
            operations[head]["?"] += 1
        elif outcome.group("error"):
            operations[head]["! " + outcome.group("error")] += 1
        else:
            operations[head]["="] += 1
    return seen


def report(lines):
    operations = collections.defaultdict(collections.Counter)
    endings, within, shown = collections.Counter(), collections.Counter(), collections.Counter()
    lengths, left_out = [], collections.Counter()
    for line in lines:
        answer = json.loads(line)
        if "left_out" in answer:
            left_out[answer["left_out"]] += 1
            continue
        trace = answer["trace"]
        lengths.append(len(trace))
        within.update(count_lines(trace, operations, endings))
        shown.update(situations(trace))
    if not lengths:
        print("no traces")
        return
    lengths.sort()
    programs = len(lengths)
    print(f"{programs} programs, {sum(lengths)} lines; a trace has {lengths[0]} to {lengths[-1]}, "
          f"half of them {lengths[programs // 2]} or more")
    print("\noperation            programs    lines  outcomes")
    for head in sorted(operations):
        outcomes = operations[head]
        total = outcomes.pop("lines")
        starts = outcomes.pop("starts", 0)
        stayed = starts - sum(n for outcome, n in outcomes.items() if outcome != "?")
        shares = ", ".join(f"{outcome} {n}" for outcome, n in outcomes.most_common())
        print(f"{head:20} {within[head]:8} {total:8}  {shares}" +
              (f", stayed {stayed}" if stayed and head in BLOCKING - {"enter", "timeout", "timeout_at"} else ""))
    print("\nnever: " + (", ".join(sorted(EVERY - set(operations))) or "none"))
    for title, table in (("situation", shown), ("ending (lines)", endings), ("left out", left_out)):
        print(f"\n{title}")
        for what, n in sorted(table.items()):
            print(f"  {what:50} {n:8}" + (f"  {100 * n / programs:5.1f}% of programs" if table is shown else ""))
