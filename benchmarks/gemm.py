"""Matrix products: built-in kernels against oneDNN and OpenBLAS called directly from C, and against the FMA peak."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import HERE, cores, emit, environment

KERNELS = HERE.parent / "Sources" / "CSwaleKernels"
OF_ONEDNN = 0.75  # f32, every size from 64 to 1024
OF_PEAK = 0.85  # f64, size 256


def compiler() -> str:
    """Swift's clang, which compiles the kernels of the library, else gcc."""
    swift = shutil.which("swift")
    beside = Path(swift).resolve().parent / "clang" if swift else None
    return str(beside) if beside and beside.exists() else shutil.which("clang") or "gcc"


def build(folder: Path) -> tuple:
    """The benchmark and the kernels as a shared object, with the flags of a release build."""
    kernels = folder / "kernels.so"
    sources = [str(path) for path in sorted(KERNELS.glob("*.c"))]
    subprocess.run(
        [compiler(), "-O2", "-fPIC", "-shared", "-I", str(KERNELS / "include"), *sources, "-lm", "-o", str(kernels)],
        check=True)
    program = folder / "gemm"
    subprocess.run(["gcc", "-O2", "-w", str(HERE / "native" / "gemm.c"), "-ldl", "-o", str(program)], check=True)
    return program, kernels


def main(arguments: list | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        program, kernels = build(Path(folder))
        core = cores(1)[0]
        out = subprocess.run(
            [str(program), str(kernels), str(given.rounds)], env=environment(1), stdout=subprocess.PIPE, text=True,
            check=True, preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    lines = [json.loads(line) for line in out.stdout.splitlines()]
    for line in lines:
        size = line["case"].split("-")
        if size[0] == "f32" and "of_onednn" in line:
            line |= {"target": OF_ONEDNN, "met": line["of_onednn"] >= OF_ONEDNN}
        elif size[0] == "f64" and size[1] == "256":
            line |= {"target": OF_PEAK, "met": line["of_peak"] >= OF_PEAK}
        rest = " ".join(f"{key} {value}" for key, value in line.items() if key not in ("task", "case"))
        print(f" gemm {line['case']:<12} {rest}", file=sys.stderr)
    emit(lines, "gemm")


if __name__ == "__main__":
    main()
