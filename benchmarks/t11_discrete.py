"""T11: discrete solvers and exact counts at the sizes of the literature: focusing belief propagation, enumeration.

`committee`: focusing BP to a solution of a tree committee with 9 sign units of 1,111 weights, alpha = 0.4, f32: 9,999
weights, 3,999 patterns, 40 million messages; one instance from the random stream of `SEED`. `check` counts errors on
the patterns outside the library, and the sweeps. `enumeration`: all 2^25 configurations of a perceptron with 25
weights and 10 patterns, against a plain C loop in Gray-code order that keeps the 10 fields up to date; `check` is the
number of solutions. `messages`: one sweep of 1,001 x 500 messages in f64 and f32, and in `check` by how much the peak
memory of the process grew in a run, in bytes per message.
"""

import ctypes
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from harness import HERE, Case, Work, run_task

TASK = "t11"
SEED = 1
SWEEPS = 20  # of a case `messages`

CASES = [
    Case("committee", {"hidden": 9, "weights": 9999, "load": 0.4, "most_seconds": 60}, contestants=["swale"]),
    Case("enumeration", {"weights": 25, "patterns": 10, "most_seconds": 10}),
    Case("messages-f64", {"precision": "f64"}, contestants=["swale"]),
    Case("messages-f32", {"precision": "f32"}, contestants=["swale"]),
]


def _patterns(count: int, inputs: int):
    random = np.random.default_rng(SEED)
    return random.choice([-1.0, 1.0], (count, inputs)), random.choice([-1.0, 1.0], count)


def _landscape(kind: str, x, y, **settings):
    import engine

    landscape = engine.Landscape.__new__(engine.Landscape)
    landscape.arrays = x.astype(np.float32), y.astype(np.float32)  # a dataset does not copy
    data = engine.make(engine.lib.swale_dataset_from_arrays, *map(engine._array, landscape.arrays))
    bag = engine.options(**settings)
    landscape.handle = engine.make(engine.lib.swale_objective_create, kind.encode(), bag, 0, data)
    landscape.dimension = x.shape[1]
    return landscape


def _committee(case) -> Work:
    import engine

    hidden, weights = case.settings["hidden"], case.settings["weights"]
    x, y = _patterns(int(case.settings["load"] * weights), weights)
    landscape = _landscape("committee", x, y, hidden=hidden, architecture="tree", precision="f32")
    bag, run = engine.options(rate=0.01), engine.run(seed=SEED, history=False, final_evaluation=False)
    found = {}

    def work():
        found["w"] = np.ones(weights)
        found["sweeps"] = int(landscape.solve("focusing_bp", found["w"], bag, run).scalar("sweeps"))

    def check():
        fields = (x * np.sign(found["w"])).reshape(len(x), hidden, -1).sum(axis=2)
        return {"errors": int(np.sum(np.sign(fields).sum(axis=1) * y <= 0)), "sweeps": found["sweeps"]}

    return Work(work, check=check, note=f"wanted below {case.settings['most_seconds']} s")


def _enumeration(case) -> Work:
    import engine

    x, y = _patterns(case.settings["patterns"], case.settings["weights"])
    landscape = _landscape("perceptron", x, y, weights="binary", precision="f32")
    point, bag, found = np.ones(case.settings["weights"]), engine.options(), {}

    def work():
        found["count"] = landscape.measure("enumeration", point, bag, engine.run()).scalar("count")

    return Work(work, check=lambda: found["count"], note=f"wanted below {case.settings['most_seconds']} s")


def _resident(name: str) -> int:
    """Memory of this process in bytes: VmRSS now, VmHWM at most."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return 1024 * int(line.split()[1])
    raise OSError(f"no {name} in /proc/self/status")


def _growth(work) -> int:
    """Bytes by which the process grows at most while it works."""
    ctypes.CDLL(None).malloc_trim(0)  # what was freed before must not be used again unseen
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = _resident("VmRSS")
    work()
    return _resident("VmHWM") - before


def _messages(case) -> Work:
    import engine

    weights, patterns = 1001, 500
    landscape = _landscape("perceptron", *_patterns(patterns, weights), weights="binary", **case.settings)
    bag = engine.options(messages="gaussian", max_sweeps=SWEEPS, tolerance=0.0)
    run = engine.run(history=False, final_evaluation=False)

    def work():
        landscape.solve("belief_propagation", np.ones(weights), bag, run)

    def check():
        return f"{_growth(work) / (weights * patterns):.2f} bytes a message"

    return Work(work, units=SWEEPS, check=check)


def swale(case):
    return {"committee": _committee, "enumeration": _enumeration}.get(case.name, _messages)(case)


def plain(case):
    library = Path(tempfile.mkdtemp()) / "enumerate.so"
    subprocess.run(
        ["gcc", "-O3", "-march=native", "-fPIC", "-shared", str(HERE / "native" / "enumerate.c"), "-o", str(library)],
        check=True)
    enumerate_all = ctypes.CDLL(str(library)).plain_enumeration
    enumerate_all.restype = ctypes.c_int64
    x, y = _patterns(case.settings["patterns"], case.settings["weights"])
    columns = np.ascontiguousarray((x * y[:, None]).T, dtype=np.int16)
    found = {}

    def work():
        found["count"] = float(enumerate_all(
            ctypes.c_int(columns.shape[0]), ctypes.c_int(columns.shape[1]), columns.ctypes.data_as(ctypes.c_void_p)))

    return Work(work, check=lambda: found["count"])


CONTESTANTS = {"swale": swale, "plain": plain}

if __name__ == "__main__":
    run_task("t11_discrete")
