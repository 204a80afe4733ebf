#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What bench/run has measured, as a table, as bench/results/latest.json, and as a picture.

usage: report.py <folder with what was measured> <folder for the results> [<key>=<text>...]

In the first: <theme>.<round>.json of Google Benchmark, and <theme>.<round>.<peer>.txt of peers.py. The figures are
medians of the rounds. Needs nothing but Python.
"""
import collections
import json
import pathlib
import statistics
import sys

import plot

ORDER = """post_burst post_chain spawn_join yield await_ready_child await_chain timers timers_half_cancelled
timers_rearming tickers queue racy_9 racy_15 racy_15_full explore_walk explore explore_steps_walk explore_steps future
task gather lock timeout wait_for""".split()
MEMORY = "parked_task parked_at_event sleeping_task pending_future timer recorded_step traced_step step_in_a_tape_file".split()
OWN = ("heddle", "ideal", "ideal_with_hops")
NAMES = {"asio": "Boost.Asio", "libuv": "libuv", "asyncio": "asyncio", "uvloop": "uvloop",
         "heddle_on_asio": "heddle on Asio"}


def read(folder):
    """{(kind, workload, side): [figure of each round]} and what Google Benchmark says of the machine."""
    figures = collections.defaultdict(list)
    context = {}
    for path in sorted(folder.glob("*.json")):
        measured = json.loads(path.read_text())
        context = measured["context"]
        for one in measured["benchmarks"]:
            if one.get("run_type") == "aggregate":
                continue
            if one.get("error_occurred"):
                sys.exit(f"report.py: {one['name']}: {one.get('error_message')}")
            workload, side = one["name"].split("/")[:2]
            for key, kind in (("items_per_second", "rate"), ("allocations", "allocations"), ("bytes", "bytes"),
                              ("late_median_us", "late"), ("late_max_us", "latest")):
                if key in one:
                    figures[kind, workload, side].append(one[key])
    for path in sorted(folder.glob("*.txt")):
        theme, _, side, _ = path.name.split(".")
        for line in path.read_text().splitlines():
            workload, figure = line.split()
            figures["bytes" if theme == "memory" else "rate", workload, side].append(float(figure))
    return {key: statistics.median(values) for key, values in figures.items()}, context


def rows_of(figures, kind, order, unit, less_is_better):
    workloads = {workload for found, workload, _ in figures if found == kind}
    rows = []
    for workload in sorted(workloads, key=lambda w: (order.index(w) if w in order else len(order), w)):
        of_side = {side: value for (found, w, side), value in figures.items() if (found, w) == (kind, workload)}
        row = {"workload": workload, "unit": unit, **{side: of_side.get(side) for side in OWN}}
        own, bound = row["heddle"], row["ideal_with_hops"]
        row["ratio_to_ideal"] = None
        if own and bound:
            row["ratio_to_ideal"] = bound / own if less_is_better else own / bound
        if "heddle_on_asio" in of_side:
            row["heddle_on_asio"] = of_side["heddle_on_asio"]
        for side in ("heddle", "asio"):
            if ("allocations", workload, side) in figures:
                row.setdefault("allocations", {})[side] = figures["allocations", workload, side]
        row["peers"] = {side: value for side, value in sorted(of_side.items())
                        if side not in OWN and side != "heddle_on_asio"}
        rows.append(row)
    return rows


def figure(value, unit):
    if value is None:
        return "-"
    if unit == "bytes":
        return f"{value:,.0f}"
    for size, letter in ((1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def table(rows):
    peers = [side for side in NAMES if any(side in row["peers"] for row in rows)]
    head = ["", "heddle", "ideal, hops", "ratio", "ideal", "on Asio", *[NAMES[side] for side in peers], "new, each"]
    lines = [head]
    for row in rows:
        ratio = row["ratio_to_ideal"]
        new = row.get("allocations", {}).get("heddle")
        lines.append([
            row["workload"], figure(row["heddle"], row["unit"]), figure(row["ideal_with_hops"], row["unit"]),
            "-" if ratio is None else f"{ratio:.2f}", figure(row["ideal"], row["unit"]),
            figure(row.get("heddle_on_asio"), row["unit"]),
            *[figure(row["peers"].get(side), row["unit"]) for side in peers],
            "-" if new is None else "0" if new < 0.001 else f"{new:.3g}"])
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(line, widths))).rstrip())
    print()


def picture(rows, machine):
    """Each side's figure over that of the ideal with hops, to the right the faster or smaller."""
    marks = []
    for row in rows:
        bound = row["ideal_with_hops"]
        if not bound:
            continue
        sides = {"heddle": row["heddle"], "ideal": row["ideal"], **row["peers"]}
        marks.append((row["workload"], {
            NAMES.get(side, side): (bound / value if row["unit"] == "bytes" else value / bound)
            for side, value in sides.items() if value}))
    return plot.ratios(marks, "speed (memory: smallness) over that of the ideal with hops", 0.5, machine)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    machine = dict(pair.split("=", 1) for pair in sys.argv[3:])
    figures, context = read(source)
    if not figures:
        sys.exit("report.py: nothing was measured")
    machine.setdefault("compiler", context.get("compiler", "?"))
    machine.setdefault("boost", context.get("boost", "?").replace("_", "."))
    rates = rows_of(figures, "rate", ORDER, "operations a second", False)
    sizes = rows_of(figures, "bytes", MEMORY, "bytes", True)
    late = [{"workload": "lateness", "side": side, "median_us": figures["late", "lateness", side],
             "most_us": figures["latest", "lateness", side]}
            for side in ("heddle_on_asio", "asio") if ("late", "lateness", side) in figures]

    print()
    for key, text in machine.items():
        print(f"{key}: {text}")
    print("\noperations a second, by processor time (M million, k thousand); ratio: to the ideal with hops\n")
    table(rates)
    if sizes:
        print("bytes for each; ratio: the ideal's bytes over heddle's\n")
        table(sizes)
    if late:
        print("100 sleeps of up to 100 ms in real time: microseconds late (median, most)\n")
        for one in late:
            print(f"{NAMES[one['side']]:22} {one['median_us']:9.1f} {one['most_us']:9.1f}")
        print()
    target.mkdir(parents=True, exist_ok=True)
    (target / "latest.json").write_text(json.dumps(
        {"machine": machine, "rows": rates + sizes, "lateness": late}, indent=1) + "\n")
    (target / "latest.svg").write_text(picture(rates + sizes, machine))


if __name__ == "__main__":
    main()
