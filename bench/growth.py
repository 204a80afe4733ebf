#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""From lines of <series> <size> <cost of one operation> to a table, growth.json and growth.svg.

usage: growth.py <file> <folder for the results> <unit> [<key>=<text>...]

Beside each series: by how much an operation is dearer at the largest size than at the smallest of at least 100, and by
how much the logarithm has grown. More than that, twice over, is said to be worse than n log n. (Nanoseconds grow where
what is worked on no longer fits into a cache; instructions don't.)
"""
import json
import math
import pathlib
import sys

import plot


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    source, target, unit = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    machine = dict(pair.split("=", 1) for pair in sys.argv[4:])
    series = {}
    for line in source.read_text().splitlines():
        name, size, cost = line.split()
        series.setdefault(name, []).append((int(size), float(cost)))
    if not series:
        sys.exit("growth.py: nothing was measured")
    print(f"\n{'':24} {'grew by':>8} {'log by':>8}")
    for name, points in series.items():
        large = [point for point in points if point[0] >= 100] or points
        grown = large[-1][1] / large[0][1]
        allowed = max(1.0, math.log2(large[-1][0]) / max(1.0, math.log2(large[0][0])))
        print(f"{name:24} {grown:8.2f} {allowed:8.2f}{'   worse than n log n' if grown > 2 * allowed else ''}")
    target.mkdir(parents=True, exist_ok=True)
    (target / "growth.json").write_text(json.dumps(
        {"unit": unit, "machine": machine,
         "series": [{"name": name, "points": points} for name, points in series.items()]}, indent=1) + "\n")
    (target / "growth.svg").write_text(plot.growth(list(series.items()), f"{unit} an operation", machine))


if __name__ == "__main__":
    main()
