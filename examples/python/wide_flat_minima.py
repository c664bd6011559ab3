"""Wide flat minima of a perceptron: one instance, seven solvers, and how flat what they find is.

    python examples/python/wide_flat_minima.py [--weights 1001] [--load 0.4] [--output wide_flat_minima.png]

Every solver stores the same random patterns in binary weights. All of them end at zero errors (on another instance one
may not: it is then printed with its errors and named in the title, but not drawn), and yet the solutions differ: left, the share of wrong patterns after random flips of the weights; right, how many other solutions there are at
a distance, by belief propagation around each, between the curve of typical solutions (Franz-Parisi theory: isolated,
fewer than one nearby) and the number of all configurations. The story of Baldassi, Pittorino and Zecchina, PNAS 117
(2020) 161, in one figure.
"""

from __future__ import annotations

import argparse
import time
from typing import Any, NamedTuple

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import swale


class Solver(NamedTuple):
    """A solver with its settings, the loss that it minimises, and its colour."""

    label: str
    name: str
    loss: dict[str, Any]
    options: dict[str, Any]
    color: str


ERRORS: dict[str, Any] = {"loss": "error_count"}


def cross_entropy(gamma: float) -> dict[str, Any]:
    """Loss of the annealing and of the gradient."""
    return {"loss": "cross_entropy", "gamma": gamma}


SOLVERS = [
    Solver(
        "focusing BP",
        "focusing_bp",
        ERRORS,
        {"rate": 0.005, "rho_end": 0.95, "stop": "end"},
        "tab:green",
    ),
    Solver(
        "SGD, cross-entropy, slow $\\gamma$",
        "sgd",
        {**cross_entropy(0.5), "reduction": "mean"},
        {
            "learning_rate": 1,
            "schedule": "cosine",
            "batch_size": 50,
            "epochs": 1000,
            "gamma_start": 0.5,
            "gamma_end": 5.0,
        },
        "tab:olive",
    ),
    Solver(
        "annealing, cross-entropy $\\gamma$ = 1",
        "simulated_annealing",
        cross_entropy(1),
        {},
        "tab:cyan",
    ),
    Solver(
        "reinforced BP",
        "belief_propagation",
        ERRORS,
        {"reinforcement": 0.005, "messages": "tap"},
        "tab:blue",
    ),
    Solver("SBPI", "sbpi", ERRORS, {}, "tab:purple"),
    Solver(
        "annealing, cross-entropy $\\gamma$ = 4",
        "simulated_annealing",
        cross_entropy(4),
        {},
        "tab:orange",
    ),
    Solver("least action", "least_action", ERRORS, {}, "tab:red"),
]


def solve(solver: Solver, data: swale.datasets.Dataset, seed: int) -> swale.Result:
    """Run one solver from a random start; hidden variables of gradient solvers start small."""
    landscape = swale.objectives.perceptron(data, **solver.loss, precision="f32")
    x0 = landscape.initialize(initializer="binary", seed=seed)
    if solver.name == "sgd":
        x0 = 0.1 * np.random.default_rng(seed).standard_normal(len(x0))
    return swale.solve(solver.name, landscape, x0, seed=seed, **solver.options)


def main() -> None:
    """Solve, measure, draw."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--weights", type=int, default=1001, help="number of weights N, odd")
    arguments.add_argument("--load", type=float, default=0.4, help="patterns per weight")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--output", default="wide_flat_minima.png")
    given = arguments.parse_args()
    patterns = round(given.load * given.weights)
    data = swale.datasets.random_patterns(samples=patterns, features=given.weights, seed=given.seed)
    count = swale.objectives.perceptron(data)

    figure, (energy, entropy) = plt.subplots(1, 2, figsize=(11, 5))
    distances = np.array([0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1])
    print(f"{patterns} patterns in {given.weights} binary weights\n")
    print(f"{'solver':38} {'errors':>6} {'seconds':>8}   errors after flipping 5 % of the weights")
    failed = []
    for solver in SOLVERS:
        started = time.perf_counter()
        run = solve(solver, data, given.seed)
        seconds = time.perf_counter() - started
        w = np.where(run.x < 0, -1.0, 1.0)
        errors = round(count.evaluate(w).error * patterns)
        flips = swale.measure(
            "local_energy",
            count,
            w,
            noise="flips",
            distances=distances,
            draws=50,
            seed=1,
        )
        at_five = 100 * np.asarray(flips["error_at_distance"])[4]
        print(
            f"{solver.label:38} {errors:6d} {seconds:8.2f}   {at_five:.1f} %",
            flush=True,
        )
        if errors > 0:
            failed.append(solver.label)
            continue
        energy.errorbar(
            100 * np.asarray(flips["distances"]),
            100 * np.asarray(flips["error_at_distance"]),
            100 * np.asarray(flips["error_at_distance_error"]),
            color=solver.color,
            marker="o",
            markersize=3,
            label=solver.label,
        )
        around = swale.measure("local_entropy", count, w, distances=distances, tolerance=1e-4)
        entropy.plot(
            100 * np.asarray(around["distances"]),
            around["entropies"],
            color=solver.color,
            marker="o",
            markersize=3,
        )

    fine = np.linspace(0.004, 0.105, 60)
    theory = swale.measure(
        "perceptron_replica",
        quantity="franz_parisi",
        alpha=[given.load],
        distances=fine[::-1].tolist(),
    )
    entropy.plot(
        100 * np.asarray(theory["distances"]),
        np.ravel(theory["entropy"]),
        "k--",
        label="typical (theory)",
    )
    bound = -fine * np.log(fine) - (1 - fine) * np.log1p(-fine)
    entropy.plot(100 * fine, bound, "k:", label="all configurations")
    entropy.axhline(0, color="0.8", linewidth=0.8, zorder=0)
    local_error = np.ravel(theory["local_error"])
    energy.plot(
        100 * np.asarray(theory["distances"]),
        100 * local_error,
        "k--",
        label="typical (theory)",
    )
    energy.set(xlabel="flipped weights (%)", ylabel="wrong patterns (%)", title="Local energy")
    entropy.set(
        xlabel="distance (%)",
        ylabel="entropy of solutions per weight",
        title="Local entropy",
    )
    for axes in (energy, entropy):
        axes.spines[["top", "right"]].set_visible(False)
    solved = f"{len(SOLVERS) - len(failed)} solvers, one perceptron: N = {given.weights}, $\\alpha$ = {given.load:g}"
    figure.suptitle(f"{solved}, all at zero errors" + (f" (not solved by {', '.join(failed)})" if failed else ""))
    figure.tight_layout(rect=(0, 0.1, 1, 1))
    handles, labels = (a + b for a, b in zip(*(axes.get_legend_handles_labels() for axes in (energy, entropy))))
    named = dict(zip(labels, handles))
    figure.legend(named.values(), named.keys(), loc="lower center", ncol=5, frameon=False, fontsize=9)
    figure.savefig(given.output, dpi=150)
    print(f"\nwrote {given.output}")


if __name__ == "__main__":
    main()
