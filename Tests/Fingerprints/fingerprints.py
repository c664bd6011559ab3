#!/usr/bin/env python3
"""Fingerprints of every solver and metric: which numbers did a change of the library move?

Every registered solver and metric runs on small landscapes that it can work on, in f64 and f32, with a fixed seed. A
fingerprint is the hash of the bits of one recorded array; beside it stand its largest and mean magnitude, so that two
tables show by how much a number moved. Bits are the same on the same type of machine only: a table names its processor.

    fingerprints.py --library OLD.so --write old.json      record
    fingerprints.py --library NEW.so --compare old.json    run again and list what differs; exit 1 when something does

The committed table (table.json) is that of the last change that was meant to move numbers; CHANGELOG.md lists these.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("table.json")

# What depends on the clock or on words that may change.
VOLATILE = {"seconds", "message", "reason_text"}
# Solvers and metrics that need more than their defaults to do something small and typical.
OPTIONS: dict[str, dict[str, Any]] = {
    "sgd": {"learning_rate": 0.05, "momentum": 0.9, "batch_size": 16, "epochs": 4},
    "adam": {"learning_rate": 0.01, "batch_size": 16, "epochs": 4},
    "entropy_sgd": {"batch_size": 16, "epochs": 4},
    "replicated_sgd": {"batch_size": 16, "epochs": 4},
    "langevin": {"steps": 60},
    "metropolis": {"sweeps": 30},
    "simulated_annealing": {"sweeps": 60},
    "replicated_annealing": {"sweeps": 60},
    "hessian_top": {"k": 2},
    "hessian_spectrum": {"probes": 3, "steps": 12},
    "plane": {"resolution": 7},
    "linear_path": {"resolution": 9},
    "local_entropy": {"distances": [0.05, 0.1]},
}
# Theory has no landscape: a few quantities each.
THEORY: dict[str, list[dict[str, Any]]] = {
    "perceptron_replica": [
        {"quantity": "storage", "alpha": [0.2, 0.5]},
        {"quantity": "franz_parisi", "alpha": [0.4], "distances": [0.05, 0.01]},
        {"quantity": "wide_flat", "alpha": [0.4], "distances": [0.05]},
    ],
    "committee_replica": [{"quantity": "storage", "alpha": [0.5], "hidden": 3}],
}


def landscapes(swale: Any) -> dict[str, tuple[Any, Any]]:
    """Small landscapes of every kind, each with a starting point."""
    import numpy as np

    wave = np.sin(np.arange(48 * 5, dtype=np.float64) * 1.7).reshape(48, 5)
    labelled = swale.datasets.from_arrays(wave, (np.arange(48) % 3).astype(np.int64))
    patterns = swale.datasets.random_patterns(samples=9, features=21, seed=5)
    found: dict[str, Any] = {}
    for precision in ("f64", "f32"):
        model = swale.Sequential(5, [swale.layers.dense(6, activation="tanh"), swale.layers.dense(3)])
        found[f"network-{precision}"] = swale.objectives.network(model, labelled, precision=precision)
        found[f"perceptron-{precision}"] = swale.objectives.perceptron(patterns, precision=precision)
        found[f"spherical-{precision}"] = swale.objectives.perceptron(
            patterns, weights="spherical", loss="cross_entropy", precision=precision
        )
        found[f"committee-{precision}"] = swale.objectives.committee(
            patterns, hidden=3, loss="cross_entropy", precision=precision
        )
        found[f"rosenbrock-{precision}"] = swale.objectives.rosenbrock(dimension=6, precision=precision)
    found["parity-f64"] = swale.objectives.parity(patterns, hidden=3)
    found["quadratic-f64"] = swale.objectives.quadratic(diagonal=[-1.0, 0.0, 0.5, 2.0, 10.0])
    points = {}
    for name, objective in found.items():
        signs = name.startswith(("perceptron", "committee", "parity"))
        start = objective.initialize(initializer="binary" if signs else "gaussian", seed=3)
        points[name] = (objective, 0.1 * start if name.startswith("rosenbrock") else start)
    return points


def table(swale: Any) -> dict[str, dict[str, Any]]:
    """The fingerprints: "solver sgd on network-f64" to name to [hash, largest, mean]."""
    rows: dict[str, dict[str, Any]] = {}

    def record(case: str, call: Any, *arguments: Any, **options: Any) -> None:
        try:
            result = call(*arguments, **options)
        except swale.UnsupportedError:
            return
        except swale.SwaleError as error:
            rows[case] = {"refused": str(error)}
            return
        rows[case] = {name: fingerprint(result[name]) for name in result if name not in VOLATILE}

    places = landscapes(swale)
    for solver in swale.components("solver"):
        for place, (objective, start) in places.items():
            options = fitting(swale, "solver", solver)
            options["seed"], options["max_steps"] = 11, 60
            record(f"solver {solver} on {place}", swale.solve, solver, objective, start, **options)
    for metric in swale.components("metric"):
        described = swale.describe("metric", metric)
        if metric in THEORY:
            for options in THEORY[metric]:
                record(f"metric {metric} {options['quantity']}", swale.measure, metric, **options)
            continue
        for place, (objective, start) in places.items():
            points = [start, 0.7 * start[::-1].copy()][: 2 if described.points[0] > 1 else described.points[1] and 1]
            options = fitting(swale, "metric", metric)
            record(f"metric {metric} on {place}", swale.measure, metric, objective, *points, seed=11, **options)
    return rows


def fitting(swale: Any, kind: str, name: str) -> dict[str, Any]:
    """The options above that the component of this library has: an old one may lack some."""
    known = {option.name for option in swale.describe(kind, name).options}
    return {option: value for option, value in OPTIONS.get(name, {}).items() if option in known}


def fingerprint(value: Any) -> list[Any]:
    """Hash of the bits, largest and mean magnitude (NaN and infinities left out of these two)."""
    import numpy as np

    if isinstance(value, str):
        return [hashlib.sha256(value.encode()).hexdigest()[:16], 0, 0]
    array = np.ascontiguousarray(value)
    finite = np.abs(array[np.isfinite(array)].astype(np.float64)) if array.size else np.zeros(0)
    digest = hashlib.sha256(array.tobytes()).hexdigest()[:16]
    return [digest, float(finite.max(initial=0)), float(finite.mean()) if finite.size else 0]


def processor() -> str:
    """The kind of machine that the bits belong to."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    return "x86-64-v4" if "avx512f" in flags else "x86-64-v3" if "avx2" in flags else "other"


def differences(old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]) -> list[str]:
    """One line for every number that moved, came or went."""
    lines = []
    for case in sorted(old.keys() | new.keys()):
        before, after = old.get(case), new.get(case)
        if before is None or after is None:
            lines.append(f"{case}: {'new' if before is None else 'gone'}")
            continue
        for name in sorted(before.keys() | after.keys()):
            a, b = before.get(name), after.get(name)
            if a == b:
                continue
            if name == "refused" or a is None or b is None:
                lines.append(f"{case}: {name}: {a} -> {b}")
            else:
                lines.append(f"{case}: {name}: largest {a[1]:.17g} -> {b[1]:.17g}, mean {a[2]:.17g} -> {b[2]:.17g}")
    return lines


def main() -> int:
    """Write or compare, as the arguments say."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--library", type=Path, default=ROOT / ".build/release/libswale.so")
    parser.add_argument("--write", type=Path, nargs="?", const=TABLE, help="record into this file (table.json)")
    parser.add_argument("--compare", type=Path, nargs="?", const=TABLE, help="run and compare with this file")
    arguments = parser.parse_args()
    os.environ["SWALE_LIBRARY"] = str(arguments.library.resolve())
    sys.path.insert(0, str(ROOT / "bindings/python"))
    import swale

    rows = table(swale)
    if arguments.write:
        arguments.write.write_text(json.dumps({"processor": processor(), "cases": rows}, indent=0, sort_keys=True))
        print(f"{len(rows)} cases, {sum(map(len, rows.values()))} numbers and arrays")
    if arguments.compare:
        stored = json.loads(arguments.compare.read_text())
        if stored["processor"] != processor():
            print(f"the table is of {stored['processor']}, this machine is {processor()}: bits cannot be compared")
            return 2
        lines = differences(stored["cases"], rows)
        print("\n".join([*lines, f"{len(lines)} differences in {len(rows)} cases"]))
        return 1 if lines else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
