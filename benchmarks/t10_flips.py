"""T10: single-spin flips of a binary perceptron, N = 1001, P = 500 random patterns: Metropolis at one temperature.

One unit is a million proposals. Swale looks at P / 64 words for a proposal that counts errors and at P numbers for one
of the cross-entropy, and updates stabilities when a flip is made; the plain C loop goes over P stabilities every time.
`check` is the mean energy at that temperature, which must agree to its sampling error.
"""

import ctypes
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from harness import HERE, Case, Work, run_task

TASK = "t10"
N, P = 1001, 500
SWEEPS = 1000  # about a million proposals

CASES = [
    Case("errors-T1", {"loss": "error_count", "temperature": 1.0}, {"plain": 1.0}),
    Case("errors-T0.5", {"loss": "error_count", "temperature": 0.5}, {"plain": 1.0}),
    Case("cross-entropy-T0.1", {"loss": "cross_entropy", "temperature": 0.1}, {"plain": 1.0}),
]


def _patterns():
    random = np.random.default_rng(1)
    return random.choice([-1.0, 1.0], (P, N)), random.choice([-1.0, 1.0], P)


def _energies() -> np.ndarray:
    """Cross-entropy at gamma = 1 of the stabilities -N ... N."""
    stability = np.arange(-N, N + 1) / np.sqrt(N)
    return np.logaddexp(0, -2 * stability) / 2


def swale(case):
    import engine

    x, y = (part.astype(np.float32) for part in _patterns())
    data = engine.make(engine.lib.swale_dataset_from_arrays, engine._array(x), engine._array(y))
    landscape = engine.Landscape.__new__(engine.Landscape)
    bag = engine.options(loss=case.settings["loss"], precision="f32")
    landscape.handle = engine.make(engine.lib.swale_objective_create, b"perceptron", bag, 0, data)
    landscape.dimension = N
    bag = engine.options(temperature=case.settings["temperature"], sweeps=SWEEPS, burn_in=0)
    spins, means, seed = np.ones(N), [], [0]

    def work():
        seed[0] += 1
        run = engine.run(seed=seed[0], history=False, final_evaluation=False)
        means.append(landscape.solve("metropolis", spins, bag, run).scalar("mean_energy"))

    def check():
        for _ in range(4):
            work()
        return float(f"{np.mean(means[-4:]):.4g}")

    return Work(work, units=SWEEPS * N / 1e6, check=check)


def plain(case):
    folder = tempfile.mkdtemp()
    library = Path(folder) / "flips.so"
    subprocess.run(
        ["gcc", "-O3", "-march=native", "-fPIC", "-shared", str(HERE / "native" / "flips.c"), "-o", str(library),
         "-lm"], check=True)
    metropolis = ctypes.CDLL(str(library)).plain_metropolis
    metropolis.restype = ctypes.c_double
    x, y = _patterns()
    columns = np.ascontiguousarray((x * y[:, None]).T, dtype=np.int16)
    spins = np.ones(N, dtype=np.int8)
    energies = _energies() if case.settings["loss"] == "cross_entropy" else None
    table = None if energies is None else energies.ctypes.data_as(ctypes.c_void_p)
    means, seed = [], [0]

    def work():
        seed[0] += 1
        means.append(metropolis(
            ctypes.c_int64(N), ctypes.c_int64(P), columns.ctypes.data_as(ctypes.c_void_p),
            spins.ctypes.data_as(ctypes.c_void_p), table,
            ctypes.c_double(case.settings["temperature"]), ctypes.c_int64(SWEEPS), ctypes.c_uint64(seed[0])))

    def check():
        for _ in range(4):
            work()
        return float(f"{np.mean(means[-4:]):.4g}")

    return Work(work, units=SWEEPS * N / 1e6, check=check)


CONTESTANTS = {"swale": swale, "plain": plain}

if __name__ == "__main__":
    run_task("t10_flips")
