# SPDX-License-Identifier: MIT
"""Advances a scenario to the moment at which free memory is hard, and prints what each VM has and should have.

    python3 labs/clients/advance_to_hard.py labs/scenarios/demo.toml
"""
import sys

from overcommit_client import Engine, EngineError

MEBIBYTE_IN_PAGES = 256


def main():
    if len(sys.argv) != 2:
        print("usage: advance_to_hard.py SCENARIO", file=sys.stderr)
        return 2
    with Engine() as engine:
        try:
            engine.call("open", scenario=sys.argv[1])
        except EngineError as error:
            print(error, file=sys.stderr)
            return 2
        stopped = engine.advance({"state": "hard"})
        if stopped["reason"] != "state":
            print(f"free memory never became hard; the run ended at {stopped['time'] / 1e9:.3f} s")
            return 1
        print(f"free memory is hard at {stopped['time'] / 1e9:.3f} s: {stopped['event']['free_pages']} free pages")
        print(f"{'VM':<12}{'memory':>10}{'has':>10}{'target':>10}   MiB")
        for vm in engine.call("vms")["vms"]:
            columns = [vm["memory_pages"], vm.get("allocated_pages", 0), vm.get("target_pages", 0)]
            print(f"{vm['name']:<12}" + "".join(f"{pages / MEBIBYTE_IN_PAGES:>10.1f}" for pages in columns))
    return 0


if __name__ == "__main__":
    sys.exit(main())
