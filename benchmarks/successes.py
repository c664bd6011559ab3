"""Successes and flatness of the discrete solvers, beside published-style reference numbers of small samples.

    python benchmarks/successes.py [--quick] [--rows sbpi,tree] [--list]

Every row is one experiment: a solver with its settings on several random instances, and what is counted or measured on
its solutions (solved instances, local error E(d) after flipping a fraction d of the weights, local entropy S(d) by
belief propagation). The reference numbers come from an independent implementation (table 3.5 of the project's study of
wide flat minima) with as few runs as stated, so that a row is called *worse* only where the difference is beyond both
sampling errors: one-sided Fisher test at 5 % for successes, two standard errors for means.

Writes a JSON line per number to benchmarks/results/successes.jsonl and the table to docs/wide_flat_minima_results.md
(--quick and --rows print only). One core, about 20 minutes; --quick takes two runs of each.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import statistics
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import swale

HERE = Path(__file__).parent
JSON_LINES = HERE / "results" / "successes.jsonl"
TABLE = HERE.parent / "docs" / "wide_flat_minima_results.md"
DRAWS = 100
NONE: Mapping[Any, Any] = MappingProxyType({})


class Machine(NamedTuple):
    """A device and its load: `weights` of one hidden unit, patterns = alpha times all weights."""

    weights: int
    alpha: float
    hidden: int = 1
    architecture: str = "tree"
    kind: str = "committee"

    def instance(self, seed: int) -> swale.datasets.Dataset:
        """Random patterns with random labels."""
        inputs = self.weights * (self.hidden if self.architecture == "tree" else 1)
        samples = int(self.alpha * self.weights * self.hidden)
        return swale.datasets.random_patterns(samples=samples, features=inputs, seed=seed)

    def objective(self, data: swale.datasets.Dataset, **loss: Any) -> swale.objectives.Objective:
        """The landscape of the device."""
        if self.hidden == 1:
            return swale.objectives.perceptron(data, **loss)
        shape: dict[str, Any] = {"hidden": self.hidden, "architecture": self.architecture}
        return swale.objectives.create(self.kind, data=data, **shape, **loss)


class Experiment(NamedTuple):
    """A solver on instances of a machine, and the reference: solved / runs, E(d) and S(d) by distance."""

    row: str
    text: str
    machine: Machine
    solver: str
    options: dict[str, Any]
    runs: int
    solved: tuple[int, int] | None = None
    errors: Mapping[float, float] = NONE
    entropies: Mapping[float, float] = NONE
    loss: Mapping[str, Any] = NONE
    #: x: the solver's point; center: that of the replicas.
    point: str = "x"
    start: str = "binary"


def perceptron(n: int, alpha: float) -> Machine:
    return Machine(n, alpha)


def cross_entropy(gamma: float) -> dict[str, Any]:
    return {"loss": "cross_entropy", "gamma": gamma}


REPLICATED = {
    "sweeps": 2000, "start_temperature": 1.0, "end_temperature": 0.1, "gamma_start": 0.1, "gamma_end": 1.0,
    "replicas": 5, "readout": "best",
}  # fmt: skip
SLOW = {"learning_rate": 0.02, "batch_size": 50, "epochs": 1000, "gamma_start": 0.5, "gamma_end": 5.0}
FAST = {"learning_rate": 0.02, "batch_size": 50, "epochs": 1000}
TREE = Machine(201, 0.4, hidden=5)
FULL = Machine(321, 0.3, hidden=5, architecture="full")
LONG = {"reinforcement": 0.005}
FOCUS = {"rate": 0.005}


def experiments() -> Iterator[Experiment]:
    """All rows, in the order of the table."""
    for alpha, step, good in (
        (0.60, 0.005, (10, 10)), (0.65, 0.005, (10, 10)), (0.70, 0.005, (10, 10)), (0.74, 0.005, (0, 10)),
        (0.72, 0.002, (9, 10)), (0.74, 0.002, (3, 10)),
    ):  # fmt: skip
        yield Experiment(
            "rbp", f"reinforced BP, N=1001, step {step:g}, alpha {alpha:g}", perceptron(1001, alpha),
            "belief_propagation", {"reinforcement": step}, 10, good,
        )  # fmt: skip
    for alpha, step, good in (
        (0.65, 0.005, (10, 10)), (0.70, 0.005, (10, 10)), (0.74, 0.005, (5, 10)), (0.76, 0.005, (2, 10)),
        (0.72, 0.002, (9, 10)), (0.74, 0.002, (4, 10)),
    ):  # fmt: skip
        yield Experiment(
            "fbp", f"focusing BP, N=1001, step {step:g}, alpha {alpha:g}", perceptron(1001, alpha), "focusing_bp",
            {"rate": step}, 10, good,
        )  # fmt: skip
    for alpha, chance, runs, good in (
        (0.5, 0.3, 10, (10, 10)), (0.6, 0.3, 10, (10, 10)), (0.65, 0.3, 20, (19, 20)), (0.68, 0.3, 20, (19, 20)),
        (0.70, 0.3, 20, (17, 20)), (0.72, 0.3, 20, (14, 20)), (0.70, 0.4, 20, (4, 20)), (0.70, 0.2, 20, (3, 20)),
        (0.2, 0.0, 20, (20, 20)), (0.5, 0.0, 10, (0, 20)),
    ):  # fmt: skip
        yield Experiment(
            "sbpi", f"SBPI, N=1001, p_s {chance:g}, alpha {alpha:g}", perceptron(1001, alpha), "sbpi",
            {"probability": chance}, runs, good,
        )  # fmt: skip
    yield Experiment("sbpi", "SBPI, N=10001, p_s 0.3, alpha 0.5", perceptron(10001, 0.5), "sbpi", {}, 2, (2, 2))
    for n, alpha, rate, good in (
        (501, 0.3, 0.001, (5, 5)), (501, 0.5, 0.001, (4, 5)), (1001, 0.6, 0.0005, (1, 5)), (1001, 0.65, 0.0005, (0, 5)),
    ):  # fmt: skip
        yield Experiment(
            "max_sum", f"reinforced max-sum, N={n}, r {rate:g}, alpha {alpha:g}", perceptron(n, alpha), "max_sum",
            {"rate": rate}, 5, good,
        )  # fmt: skip
    for alpha, sweeps, good, local in (
        (0.3, 2000, (3, 5), {}), (0.3, 20000, (5, 5), {0.05: 0.147}), (0.4, 20000, (0, 5), {}),
    ):  # fmt: skip
        yield Experiment(
            "annealing", f"annealing of errors, N=501, {sweeps} sweeps, alpha {alpha:g}", perceptron(501, alpha),
            "simulated_annealing", {"sweeps": sweeps}, 10, good, local,
        )  # fmt: skip
    for gamma, alpha, good, local in (
        (1, 0.3, (5, 5), {0.05: 0.072}), (1, 0.4, (5, 5), {}), (1, 0.5, (5, 5), {}), (1, 0.6, (2, 5), {}),
        (2, 0.5, (5, 5), {}), (2, 0.6, (5, 5), {}), (4, 0.5, (5, 5), {}), (4, 0.6, (5, 5), {}), (0.5, 0.5, (0, 5), {}),
    ):  # fmt: skip
        yield Experiment(
            "annealing", f"annealing of cross-entropy, gamma {gamma:g}, N=501, alpha {alpha:g}",
            perceptron(501, alpha), "simulated_annealing", {}, 10, good, local, loss=cross_entropy(gamma),
        )  # fmt: skip
    for alpha, good, local in ((0.3, (5, 5), {0.05: 0.125}), (0.4, (4, 5), {})):
        yield Experiment(
            "replicated", f"replicated annealing of errors, y=5, N=501, alpha {alpha:g}", perceptron(501, alpha),
            "replicated_annealing", REPLICATED, 10, good, local,
        )  # fmt: skip
    yield from flat_perceptrons()
    yield from committees()


def flat_perceptrons() -> Iterator[Experiment]:
    """Local errors and entropies of solutions at N = 1001."""
    end = {**FOCUS, "rho_end": 0.95, "stop": "end"}
    for alpha, rows in (
        (
            0.4,
            (
                (
                    "focusing BP to rho 0.95", "focusing_bp", end, 0.041,
                    {0.0463: 0.1666, 0.0690: 0.2173, 0.0940: 0.2621}, {},
                ),
                ("focusing BP, first solution", "focusing_bp", FOCUS, 0.050, {}, {}),
                ("SBPI", "sbpi", {}, 0.066, {}, {}),
                ("annealing of cross-entropy, gamma 1", "simulated_annealing", {}, 0.063, {}, cross_entropy(1)),
                ("annealing of cross-entropy, gamma 2", "simulated_annealing", {}, 0.091, {}, cross_entropy(2)),
                (
                    "annealing of cross-entropy, gamma 4", "simulated_annealing", {}, 0.123,
                    {0.0522: 0.1413, 0.0867: 0.2030}, cross_entropy(4),
                ),
            ),
        ),
        (
            0.6,
            (
                ("focusing BP, first solution", "focusing_bp", FOCUS, 0.097, {}, {}),
                ("SBPI", "sbpi", {}, 0.111, {}, {}),
                ("annealing of cross-entropy, gamma 2", "simulated_annealing", {}, 0.105, {}, cross_entropy(2)),
                ("annealing of cross-entropy, gamma 4", "simulated_annealing", {}, 0.131, {}, cross_entropy(4)),
            ),
        ),
    ):  # fmt: skip
        for name, solver, options, local, entropies, loss in rows:
            yield Experiment(
                "flatness", f"{name}, N=1001, alpha {alpha:g}", perceptron(1001, alpha), solver, options, 5, None,
                {0.05: local}, entropies, loss,
            )  # fmt: skip
    for name, options, gamma, good, local in (
        ("slow gamma 0.5 to 5", SLOW, 0.5, (4, 4), 0.053), ("fast gamma 5", FAST, 5, (4, 4), 0.065),
        ("gamma 20, batch 10", {**FAST, "batch_size": 10}, 20, None, 0.068),
    ):  # fmt: skip
        yield Experiment(
            "gradient", f"straight-through SGD, {name}, N=1001, alpha 0.4", perceptron(1001, 0.4), "sgd",
            {**options, "stop_when_solved": True}, 4, good, {0.05: local}, {}, cross_entropy(gamma), start="hidden",
        )  # fmt: skip
    yield Experiment(
        "gradient", "straight-through SGD, slow gamma 0.5 to 5, N=1001, alpha 0.5", perceptron(1001, 0.5), "sgd",
        {**SLOW, "stop_when_solved": True}, 4, (0, 4), {}, {}, cross_entropy(0.5), start="hidden",
    )  # fmt: skip


def committees() -> Iterator[Experiment]:
    """Committees and parity machines."""
    far = {**FOCUS, "rho_end": 0.97, "stop": "end"}
    slow, wait, first = {**far, "sweeps": 10}, {"wait_center": True, "stop": "first"}, {"stop": "first"}
    for name, solver, options, point, local in (
        ("least action", "least_action", {}, "x", (0.0164, 0.0464, 0.1007)),
        ("entropic least action, centre", "entropic_least_action", wait, "center", (0.0097, 0.0353, 0.0823)),
        ("reinforced BP", "belief_propagation", LONG, "x", (0.0053, 0.0249, 0.0699)),
        ("focusing BP", "focusing_bp", FOCUS, "x", (0.0041, 0.0222, 0.0677)),
        ("focusing BP to rho 0.97", "focusing_bp", far, "x", (0.0007, 0.0158, 0.0651)),
        ("focusing BP to rho 0.97, 10 sweeps a step", "focusing_bp", slow, "x", (0.0007, 0.0158, 0.0651)),
    ):  # fmt: skip
        yield Experiment(
            "tree", f"{name}, tree n=201 K=5, alpha 0.4", TREE, solver, options, 5, (5, 5),
            dict(zip((0.005, 0.02, 0.05), local)), point=point,
        )  # fmt: skip
    hard = TREE._replace(alpha=0.6)
    yield Experiment("tree", "focusing BP, step 0.002, tree n=201 K=5, alpha 0.6", hard, "focusing_bp",
                     {"rate": 0.002}, 3, (3, 3))  # fmt: skip
    yield Experiment("tree", "entropic least action, tree n=201 K=5, alpha 0.6", hard, "entropic_least_action", first,
                     3, (3, 3))  # fmt: skip
    yield Experiment("tree", "focusing BP, step 0.002, tree n=333 K=3, alpha 0.6", Machine(333, 0.6, hidden=3),
                     "focusing_bp", {"rate": 0.002}, 3, (3, 3))  # fmt: skip
    spread = {"damping": 0.5, "spread": 0.1}
    for solver, name, key in (
        ("focusing_bp", "focusing BP", "rate"), ("belief_propagation", "reinforced BP", "reinforcement"),
    ):  # fmt: skip
        for step, good in ((0.002, (3, 3)), (0.01, (1, 3) if key == "rate" else (0, 3))):
            yield Experiment("full", f"{name}, step {step:g}, full n=321 K=5, alpha 0.3", FULL, solver,
                             {key: step, **spread}, 3, good)  # fmt: skip
    yield Experiment("full", "least action, full n=321 K=5, alpha 0.3, 2000 epochs", FULL, "least_action",
                     {"epochs": 2000}, 5, (2, 3))  # fmt: skip
    yield Experiment("full", "entropic least action, full n=321 K=5, alpha 0.3", FULL, "entropic_least_action", first,
                     5, (5, 5))  # fmt: skip
    yield Experiment("full", "entropic least action, full n=321 K=5, alpha 0.5", FULL._replace(alpha=0.5),
                     "entropic_least_action", first, 3, (3, 3))  # fmt: skip
    for alpha, kind, replicas, good in (
        (0.3, "committee", 1, (3, 3)), (0.3, "parity", 1, (0, 3)), (0.3, "committee", 5, (3, 3)),
        (0.3, "parity", 5, (0, 3)), (0.4, "committee", 1, (2, 3)), (0.4, "parity", 1, (0, 3)),
    ):  # fmt: skip
        solver, options = ("simulated_annealing", {"sweeps": 20000})
        if replicas > 1:
            solver, options = ("replicated_annealing", REPLICATED)
        yield Experiment(
            "parity", f"annealing of errors, y={replicas}, tree n=167 K=3 {kind}, alpha {alpha:g}",
            Machine(167, alpha, hidden=3, kind=kind), solver, options, 5, good,
        )  # fmt: skip
    yield Experiment(
        "parity", "annealing of errors, y=1, tree n=101 K=5 parity, alpha 0.3",
        Machine(101, 0.3, hidden=5, kind="parity"), "simulated_annealing", {"sweeps": 20000}, 5, (0, 3),
    )  # fmt: skip


class Number(NamedTuple):
    """One number of a row: ours against the reference."""

    row: str
    text: str
    quantity: str
    reference: float
    ours: float
    #: Standard error of ours over the instances; NaN for successes.
    error: float
    of: int
    reference_of: int
    seconds: float
    steps: float
    verdict: str


def worse_by_chance(good: int, runs: int, reference: int, reference_runs: int) -> float:
    """Probability of as few successes or fewer, if both had the same rate and as many successes in all (Fisher)."""
    total, both = runs + reference_runs, good + reference
    ways = sum(math.comb(runs, k) * math.comb(reference_runs, both - k) for k in range(good + 1) if both - k >= 0)
    return ways / math.comb(total, both)


def run_experiment(experiment: Experiment, runs: int) -> list[Number]:
    """Solve the instances, measure at the solutions."""
    machine = experiment.machine
    solved, seconds, steps = 0, [], []
    errors: dict[float, list[float]] = {d: [] for d in experiment.errors}
    entropies: dict[float, list[float]] = {d: [] for d in experiment.entropies}
    for seed in range(1, runs + 1):
        data = machine.instance(seed)
        loss = {"reduction": "sum", **experiment.loss} if experiment.loss else {}
        landscape = machine.objective(data, **loss)
        x0 = landscape.initialize(initializer="binary", seed=seed)
        if experiment.start == "hidden":
            x0 = 0.1 * np.random.default_rng(seed).standard_normal(len(x0))
        started = time.perf_counter()
        result = swale.solve(experiment.solver, landscape, x0, seed=seed, **experiment.options)
        seconds.append(time.perf_counter() - started)
        count = machine.objective(data)
        w = np.where(np.asarray(result[experiment.point]) < 0, -1.0, 1.0)
        if count.evaluate(w).error > 0:
            continue
        solved += 1
        steps.append(float(result["steps"]))
        if errors:
            flips = swale.measure("local_energy", count, w, noise="flips", distances=list(errors), draws=DRAWS, seed=1)
            for d, value in zip(errors, flips["error_at_distance"]):
                errors[d].append(float(value))
        if entropies:
            around = swale.measure("local_entropy", count, w, distances=sorted(entropies, reverse=True), tolerance=1e-5)
            for d, value in zip(sorted(entropies, reverse=True), around["entropies"]):
                if np.isfinite(value):
                    entropies[d].append(float(value))
    mean = statistics.fmean(seconds)
    epochs = statistics.median(steps) if steps else math.nan
    return list(numbers(experiment, runs, solved, errors, entropies, mean, epochs))


def numbers(
    experiment: Experiment,
    runs: int,
    solved: int,
    errors: dict[float, list[float]],
    entropies: dict[float, list[float]],
    seconds: float,
    steps: float,
) -> Iterator[Number]:
    """The numbers of an experiment with their verdicts."""
    row, text = experiment.row, experiment.text
    if experiment.solved is not None:
        good, of = experiment.solved
        chance = worse_by_chance(solved, runs, good, of)
        better = worse_by_chance(good, of, solved, runs)
        verdict = "worse" if chance < 0.05 else "better" if better < 0.05 else "agrees"
        yield Number(row, text, "solved", good, solved, math.nan, runs, of, seconds, steps, verdict)
    measured = (("E", experiment.errors, errors, 1), ("S", experiment.entropies, entropies, -1))
    for name, reference, found, sign in measured:
        for d, expected in reference.items():
            values, quantity = found[d], f"{name}({d:g})"
            if len(values) < 2:
                yield Number(row, text, quantity, expected, math.nan, math.nan, len(values), 0, seconds, steps, "-")
                continue
            ours, error = statistics.fmean(values), statistics.stdev(values) / math.sqrt(len(values))
            # The reference is a mean of as few instances, and rounded.
            bar, excess = 2 * math.sqrt(2) * error + 0.001, sign * (ours - expected)
            verdict = "worse" if excess > bar else "better" if -excess > bar else "agrees"
            yield Number(row, text, quantity, expected, ours, error, len(values), 0, seconds, steps, verdict)


def _finite(number: Number) -> dict[str, Any]:
    """The fields as JSON knows them: no NaN."""
    return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in number._asdict().items()}


def cells(number: Number) -> list[str]:
    """A line of the table."""
    if number.quantity == "solved":
        reference, ours = f"{number.reference:g}/{number.reference_of}", f"{number.ours:g}/{number.of}"
    else:
        reference, ours = f"{number.reference:.4f}", f"{number.ours:.4f} ± {number.error:.4f}"
    steps = "-" if math.isnan(number.steps) else f"{number.steps:g}"
    return [number.text, number.quantity, reference, ours, number.verdict, steps, f"{number.seconds:.2f}"]


HEADER = ["experiment", "quantity", "reference", "ours", "verdict", "steps", "seconds"]
PREAMBLE = """# Solvers of wide flat minima: successes and flatness

Written by `benchmarks/successes.py`. Random patterns, binary weights; *solved* counts runs without errors, E(d) is the
mean fraction of wrong patterns after flipping a fraction d of the weights of a solution, S(d) the entropy per weight of
the solutions at distance d from it, by belief propagation. *Reference*: an independent implementation on other
instances, of as many runs as stated (E and S: a few instances). *Ours*: mean and standard error over instances.
*Verdict*: worse or better only beyond both sampling errors (one-sided Fisher test at 5 %; two standard errors of the
difference), so that about one row in twenty deviates by chance. *Steps*: median sweeps or epochs of the solved runs;
*seconds* of one run, one core, of a machine that others use too.

Focusing BP that goes on to rho 0.97 with one sweep a step does not keep up with its schedule; with ten sweeps a step it
reaches the flatness of the reference (the two rows follow each other).

"""


ORDERINGS = [
    (
        "Tree committee, alpha 0.4: focusing BP is flatter than entropic least action (centre), that flatter than LAL",
        "E(0.05)",
        [
            "focusing BP, tree n=201 K=5, alpha 0.4",
            "entropic least action, centre, tree n=201 K=5, alpha 0.4",
            "least action, tree n=201 K=5, alpha 0.4",
        ],
    ),
    (
        "Perceptron N=501, alpha 0.3: annealing of cross-entropy is flatter than replicated, that than plain of errors",
        "E(0.05)",
        [
            "annealing of cross-entropy, gamma 1, N=501, alpha 0.3",
            "replicated annealing of errors, y=5, N=501, alpha 0.3",
            "annealing of errors, N=501, 20000 sweeps, alpha 0.3",
        ],
    ),
    (
        "Perceptron N=1001, alpha 0.4: the smaller gamma, the flatter",
        "E(0.05)",
        [f"annealing of cross-entropy, gamma {gamma}, N=1001, alpha 0.4" for gamma in (1, 2, 4)],
    ),
    (
        "Straight-through SGD, N=1001, alpha 0.4: slow growth of gamma is flatter than gamma 5 from the start",
        "E(0.05)",
        [f"straight-through SGD, {name}, N=1001, alpha 0.4" for name in ("slow gamma 0.5 to 5", "fast gamma 5")],
    ),
    (
        "Annealing of errors, n=167 K=3, alpha 0.3: the parity machine fails where the committee is easy",
        "solved",
        [f"annealing of errors, y=1, tree n=167 K=3 {kind}, alpha 0.3" for kind in ("parity", "committee")],
    ),
    (
        "The same with five replicas",
        "solved",
        [f"annealing of errors, y=5, tree n=167 K=3 {kind}, alpha 0.3" for kind in ("parity", "committee")],
    ),
]


def orderings(found: list[Number]) -> Iterator[str]:
    """What the numbers say of the orderings that matter: ascending, with ours in brackets."""
    ours = {(n.text, n.quantity): n.ours for n in found}
    for claim, quantity, texts in ORDERINGS:
        values = [ours[text, quantity] for text in texts]
        held = all(low < high for low, high in itertools.pairwise(values))
        listed = " < ".join(f"{value:.4g}" for value in values)
        yield f"- {claim}: {quantity} {listed}: {'holds' if held else '**does not hold**'}."


def main() -> None:
    """Run the rows, print them, write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two runs of each experiment")
    parser.add_argument("--rows", default="", help="comma-separated row names, or parts of an experiment's text")
    parser.add_argument("--list", action="store_true", help="print the experiments and stop")
    given = parser.parse_args()
    wanted = [part for part in given.rows.split(",") if part]
    chosen = [e for e in experiments() if not wanted or any(part == e.row or part in e.text for part in wanted)]
    if given.list:
        print("\n".join(f"{e.row:12} {e.text}" for e in chosen))
        return
    found: list[Number] = []
    for experiment in chosen:
        for number in run_experiment(experiment, min(2, experiment.runs) if given.quick else experiment.runs):
            found.append(number)
            print("  ".join(cells(number)), flush=True)
    if given.quick or wanted:
        return
    JSON_LINES.write_text("".join(json.dumps(_finite(n)) + "\n" for n in found))
    table = [HEADER, ["---"] * len(HEADER), *(cells(n) for n in found)]
    rows = "".join(f"| {' | '.join(line)} |\n" for line in table)
    TABLE.write_text(PREAMBLE + rows + "\n## Orderings\n\n" + "\n".join(orderings(found)) + "\n")
    print(f"wrote {JSON_LINES} and {TABLE}")


if __name__ == "__main__":
    main()
