"""Runs the benchmarks: all of them, or those named on the command line (t1 ... t6, t9 ... t11, gemm, calls).

JSON lines go to stdout and behind results/<task>.jsonl, sentences for people to stderr. Peers that are not installed
are reported as absent.
"""

import argparse
import importlib
import os
import platform
import sys

import harness

TASKS = {
    "calls": "calls",
    "gemm": "gemm",
    "t1": "t1_epoch",
    "t2": "t2_hvp",
    "t3": "t3_top",
    "t4": "t4_trace",
    "t5": "t5_slq",
    "t6": "t6_plane",
    "t9": "t9_perceptron",
    "t10": "t10_flips",
    "t11": "t11_discrete",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", help="of " + ", ".join(TASKS) + "; none: all")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each contestant")
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a turn")
    given = parser.parse_args()
    for name in given.tasks:
        if name not in TASKS:
            parser.error(f"no task '{name}'; there are {', '.join(TASKS)}")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}", file=sys.stderr)
    for name in given.tasks or TASKS:
        if name.startswith("t"):
            harness.run_task(TASKS[name], ["--rounds", str(given.rounds), "--seconds", str(given.seconds)])
        else:
            importlib.import_module(TASKS[name]).main([])


if __name__ == "__main__":
    main()
