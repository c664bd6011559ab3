"""Footprint: cost of a C call and of a plugin's step, allocations per step, import time, library size, peak memory."""

import argparse
import ctypes
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import problems
from harness import HERE, cores, emit, environment

LIMITS = {  # case -> (key, most allowed)
    "swale_options_destroy(0)": ("ns", 150),
    "plugin-step": ("ns", 200),
    "import": ("ms", 80),
    "library": ("mb", 12),
    "hvp-memory": ("of_activations", 3),
}


def native() -> list:
    """native/calls.c against the library, on one core."""
    import engine

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "libswale.so.0").symlink_to(engine.library_path().resolve())
        program = Path(folder) / "calls"
        subprocess.run(
            ["gcc", "-O2", "-I", str(HERE.parent / "include"), str(HERE / "native" / "calls.c"), "-L", folder,
             "-l:libswale.so.0", f"-Wl,-rpath,{folder}", "-o", str(program)], check=True)
        core = cores(1)[0]
        out = subprocess.run([str(program)], env=environment(1), stdout=subprocess.PIPE, text=True, check=True,
                             preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    return [json.loads(line) for line in out.stdout.splitlines()]


IMPORT = """
import sys, time
import numpy
sys.path.insert(0, {path!r})
w, c = time.perf_counter(), time.process_time()
import swale
swale.solve
print(time.perf_counter() - w, time.process_time() - c)
"""


def import_time(repeats: int = 11) -> dict:
    """Seconds of `import swale` where NumPy is loaded already; the first, cold import is left out."""
    code = IMPORT.format(path=str(HERE.parent / "bindings" / "python"))
    wall, cpu = [], []
    for turn in range(repeats + 1):
        out = subprocess.run([sys.executable, "-c", code], env=environment(1), capture_output=True, text=True)
        if out.returncode:
            return {"task": "calls", "case": "import", "status": out.stderr.strip().splitlines()[-1]}
        if turn:
            w, c = map(float, out.stdout.split())
            wall.append(1e3 * w)
            cpu.append(1e3 * c)
    return {"task": "calls", "case": "import", "ms": round(statistics.median(cpu), 2),
            "ms_wall": round(statistics.median(wall), 2)}


def memory() -> list:
    """Peak memory of a product against the activations of all layers (outputs, f32), and of Lanczos against m x d."""
    import engine

    def used() -> tuple:
        now, peak = ctypes.c_int64(), ctypes.c_int64()
        engine.lib.swale_memory_used(ctypes.byref(now), ctypes.byref(peak))
        return now.value, peak.value

    problem = problems.load("big")
    landscape = engine.Landscape(problem)
    before = used()[0]
    v, out = np.ones(problem.dimension), np.empty(problem.dimension)
    landscape.hvp(problem.w, v, out)
    activations = 4 * len(problem.x) * sum(problem.sizes[1:])
    peak, parameters = used()[1] - before, 4 * problem.dimension
    # x, v and the product in the objective's precision are there whatever the number of samples.
    lines = [{"task": "calls", "case": "hvp-memory", "mb": round(peak / 1e6, 2),
              "activations_mb": round(activations / 1e6, 2), "parameters_mb": round(parameters / 1e6, 2),
              "of_activations": round((peak - 3 * parameters) / activations, 2),
              "with_parameters": round(peak / activations, 2)}]
    landscape = engine.Landscape(problem)
    before, steps = used()[0], 60
    landscape.measure("hessian_spectrum", problem.w, engine.options(probes=1, steps=steps), engine.run(seed=1))
    peak = used()[1]
    vectors = 4 * steps * problem.dimension
    lines.append({"task": "calls", "case": "lanczos-memory", "mb": round((peak - before) / 1e6, 2),
                  "m_x_d_mb": round(vectors / 1e6, 2), "of_m_x_d": round((peak - before) / vectors, 2)})
    return lines


def main(arguments: list | None = None) -> None:
    import engine

    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    path = engine.library_path().resolve()
    lines = native() + [
        {"task": "calls", "case": "library", "mb": round(path.stat().st_size / 1e6, 2)}, import_time(), *memory()]
    for line in lines:
        key, most = LIMITS.get(line["case"], ("per_step" if "per_step" in line else None, 0))
        if key in line:
            line |= {"limit": most, "met": line[key] <= most}
        rest = " ".join(f"{name} {value}" for name, value in line.items() if name not in ("task", "case"))
        print(f"calls {line['case']:<26} {rest}", file=sys.stderr)
    emit(lines, "calls")


if __name__ == "__main__":
    main()
