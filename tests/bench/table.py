#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints Google Benchmark's JSON report as a table of ratios against their targets left by paired.h.

Exit code 1 if an asserted ratio misses its target; goals are reported only.
"""

import json
import sys


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    missed = 0
    print(f"{'benchmark':44} {'median':>9} {'spread':>17} {'target':>10} {'pairs':>6}  result")
    for run in report["benchmarks"]:
        name = run["name"].removesuffix("/iterations:1")
        if run.get("error_occurred"):
            message = run.get("error_message", "failed")
            print(f"{name:44} {message}")
            missed += not message.startswith("skipped: ")  # this machine has not what is measured
            continue
        if "target" not in run:
            print(f"{name:44} {run['real_time']:9.3g} {run['time_unit']}")
            continue
        at_least = run["at_least"] != 0
        asserted = "ratio" in run
        figure = run["ratio"] if asserted else run["value"]
        holds = figure >= run["target"] if at_least else figure <= run["target"]
        spread = f"{run['low']:.3f} to {run['high']:.3f}" if asserted else run.get("label", "")
        target = f"{'>=' if at_least else '<='} {run['target']:g}"
        pairs = f"{run['pairs']:.0f}" if asserted else ""
        result = "ok" if holds else ("MISS" if asserted else "goal missed")
        missed += asserted and not holds
        print(f"{name:44} {figure:9.3f} {spread:>17} {target:>10} {pairs:>6}  {result}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
