"""Alternating measurement: every contestant of a case is a child process pinned to the same core, and the harness lets
them work in turn, A B C A B C ..., so that drift of the machine hits all of them alike.

A task module declares

    TASK         short name, "t2"
    CASES        list of Case
    CONTESTANTS  {name: function(case) -> Work}; "swale" first

A contestant's function runs in its child: it imports its library, prepares everything that does not belong to the
task (compilation, fixed linearisations) and returns a Work. One `Work.run()` does the task `Work.units` times. A child
reports the times of several runs per turn, wall clock and CPU time of its process; the harness takes the median of a
turn, divides the turns of peer and Swale, and reports the median of these ratios with their range.

Ratios are peer / Swale: above 1 Swale is faster.
"""

import argparse
import importlib
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"


@dataclass
class Case:
    """One measured setting of a task."""

    name: str
    settings: dict = field(default_factory=dict)
    targets: dict = field(default_factory=dict)  # peer -> least ratio that the project asks for
    contestants: list | None = None  # None: all of the module
    threads: int = 1
    gflop: float | None = None  # arithmetic of one unit, for GFLOP/s


@dataclass
class Work:
    """What a contestant's child runs. `check()` gives numbers that should agree between contestants."""

    run: Callable[[], object]
    units: float = 1
    check: Callable[[], object] = lambda: None
    note: str = ""


class Absent(Exception):
    """The contestant's library is not installed, or does not offer what the case needs."""


def environment(threads: int) -> dict:
    """Environment of a child: the machine's own kernels, and one thread unless the case says otherwise."""
    env = dict(os.environ)
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        env.pop(name, None)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "SWALE_THREADS", "NPROC"):
        env[name] = str(threads)
    env["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
    env["JAX_PLATFORMS"] = "cpu"
    env["CUDA_VISIBLE_DEVICES"] = ""
    env["PYTHONWARNINGS"] = "ignore"
    return env


def cores(threads: int) -> list:
    """The cores that all contestants of a case share: the last ones this process may use."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[-threads:]


class Child:
    """One contestant in a process of its own, which works only when it is asked to."""

    def __init__(self, module: str, case: Case, contestant: str):
        self.name = contestant
        self.error = None
        affinity = ",".join(map(str, cores(case.threads)))
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "harness.py"), module, case.name, contestant, affinity],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=HERE,
            env=environment(case.threads),
        )
        self.hello = self._read()

    def _read(self) -> dict:
        line = self.process.stdout.readline()
        reply = json.loads(line) if line else {"error": f"ended with status {self.process.wait()}"}
        if "error" in reply or "absent" in reply:
            self.error = reply.get("error") or "absent: " + reply["absent"]
        return reply

    def turn(self, seconds: float) -> dict | None:
        """Median wall and CPU seconds per unit of one turn of about `seconds`; None when the child failed."""
        self.process.stdin.write(json.dumps({"seconds": seconds}) + "\n")
        self.process.stdin.flush()
        reply = self._read()
        return None if self.error else reply

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def measure_case(task: str, module: str, case: Case, names: list, rounds: int, seconds: float) -> list:
    """Runs one case; returns its result lines (dicts), one for each contestant."""
    children = [Child(module, case, name) for name in names]
    alive = [child for child in children if child.error is None]
    turns = {child.name: [] for child in alive}
    load = []
    for _ in range(rounds):
        for child in alive:
            load.append(os.getloadavg()[0])
            if child.error is None and (reply := child.turn(seconds)):
                turns[child.name].append(reply)
    for child in children:
        if child.error is None or child in alive:
            child.close()
    base = turns.get("swale") or []
    lines = []
    for child in children:
        line = {"task": task, "case": case.name, "contestant": child.name, "threads": case.threads}
        if child.error is not None:
            line["status"] = child.error
        elif turns[child.name]:
            own = turns[child.name]
            clock = "cpu" if case.threads == 1 else "wall"
            line |= {
                "status": "ok",
                "wall": statistics.median(t["wall"] for t in own),
                "cpu": statistics.median(t["cpu"] for t in own),
                "clock": clock,
                "spread": [min(t[clock] for t in own), max(t[clock] for t in own)],
                "runs": sum(t["runs"] for t in own),
                "check": child.hello.get("check"),
                "note": child.hello.get("note", ""),
            }
            if case.gflop:
                line["gflops"] = case.gflop / line[clock]
            if base and child.name != "swale":
                ratios = [a[clock] / b[clock] for a, b in zip(own, base)]
                line["ratio"] = statistics.median(ratios)
                line["ratio_range"] = [min(ratios), max(ratios)]
                line["ratio_wall"] = statistics.median(a["wall"] / b["wall"] for a, b in zip(own, base))
        if child.name in case.targets:
            line["target"] = case.targets[child.name]
        line |= {"rounds": rounds, "load": round(statistics.median(load or [0.0]), 2), "time": int(time.time())}
        lines.append(line)
    return lines


def show(line: dict, out=sys.stderr) -> None:
    """One line for people."""
    head = f"{line['task']:>5} {line['case']:<16} {line['contestant']:<14}"
    if line["status"] != "ok":
        print(f"{head} {line['status']}", file=out)
        return
    text = f"{head} {1e3 * line[line['clock']]:10.3f} ms {line['clock']}"
    if "gflops" in line:
        text += f" {line['gflops']:7.1f} GFLOP/s"
    if "ratio" in line:
        low, high = line["ratio_range"]
        text += f"  x{line['ratio']:.2f} [{low:.2f} {high:.2f}]"
    if "target" in line and "ratio" in line:
        text += f"  wanted x{line['target']:g} {'met' if line['ratio'] >= line['target'] else 'MISSED'}"
    if line.get("check") is not None:
        text += f"  check {line['check']}"
    if line.get("note"):
        text += f"  ({line['note']})"
    print(text, file=out)


def machine() -> str:
    """The processor's name."""
    try:
        names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        return f"{names[0].split(':')[1].strip()} x {len(names)}"
    except (OSError, IndexError):
        return platform.machine()


def emit(lines: list, file: str) -> None:
    """JSON lines to stdout and behind results/<file>.jsonl, words to stderr."""
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / f"{file}.jsonl").open("a") as out:
        for line in lines:
            text = json.dumps(line | {"machine": machine()})
            print(text, flush=True)
            out.write(text + "\n")
            if "contestant" in line:
                show(line)


def run_task(module: str, arguments: list | None = None) -> None:
    """Runs the cases of a task module; what every task file does when it is executed."""
    task = importlib.import_module(module)
    parser = argparse.ArgumentParser(description=task.__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="turns of each contestant")
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a turn")
    parser.add_argument("--cases", help="comma-separated names of cases")
    parser.add_argument("--contestants", help="comma-separated names of contestants")
    given = parser.parse_args(arguments)
    for case in task.CASES:
        if given.cases and case.name not in given.cases.split(","):
            continue
        names = case.contestants or list(task.CONTESTANTS)
        if given.contestants:
            names = [name for name in names if name in given.contestants.split(",")]
        emit(measure_case(task.TASK, module, case, names, given.rounds, given.seconds), task.TASK)


def serve(module: str, case_name: str, contestant: str, affinity: str) -> None:
    """The child's side: prepare, answer one line, then one turn for each line on stdin."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries that print must not disturb the replies

    def reply(content: dict) -> None:
        replies.write(json.dumps(content) + "\n")
        replies.flush()

    os.sched_setaffinity(0, {int(core) for core in affinity.split(",")})
    task = importlib.import_module(module)
    case = next(case for case in task.CASES if case.name == case_name)
    try:
        work = task.CONTESTANTS[contestant](case)
        work.run()
        reply({"ready": True, "check": work.check(), "note": work.note})
    except (ImportError, Absent) as missing:
        return reply({"absent": str(missing)})
    except Exception as failure:  # a peer that cannot run is a result, not the end of the benchmark
        return reply({"error": f"failed: {type(failure).__name__}: {failure}"[:300]})
    for request in sys.stdin:
        seconds = json.loads(request)["seconds"]
        wall, cpu = [], []
        begin = time.perf_counter()
        while len(wall) < 3 or (time.perf_counter() - begin < seconds and len(wall) < 10_000):
            if wall and time.perf_counter() - begin > 3 * max(seconds, 1):
                break
            c, t = time.process_time(), time.perf_counter()
            work.run()
            wall.append((time.perf_counter() - t) / work.units)
            cpu.append((time.process_time() - c) / work.units)
        reply({"wall": statistics.median(wall), "cpu": statistics.median(cpu), "runs": len(wall)})


if __name__ == "__main__":
    importlib.import_module("harness").serve(*sys.argv[1:])  # the module that tasks import, so that Absent is one class
