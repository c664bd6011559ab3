"""How many random patterns a solver can store: success against load, beside the thresholds of the theory.

    python examples/python/capacity.py [--weights 1001] [--trials 10] [--output capacity.png]

Each point is the share of random instances that a solver stored without an error. Solutions exist up to the capacity
alpha_c (replica theory), but solvers stop earlier: nearest to alpha_U, where the wide flat regions break up.
"""

from __future__ import annotations

import argparse
import concurrent.futures
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import swale

SOLVERS: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "clipped perceptron": (
        "sbpi",
        {"probability": 0.0, "epochs": 2000},
        {},
        "tab:brown",
    ),
    "annealing, error count": (
        "simulated_annealing",
        {"start_temperature": 1.0, "end_temperature": 0.1, "sweeps": 2000},
        {},
        "tab:red",
    ),
    "annealing, cross-entropy": (
        "simulated_annealing",
        {"sweeps": 2000},
        {"loss": "cross_entropy", "gamma": 2.0},
        "tab:orange",
    ),
    "SBPI": ("sbpi", {"epochs": 5000}, {}, "tab:purple"),
    "reinforced BP": (
        "belief_propagation",
        {"reinforcement": 0.005, "messages": "tap"},
        {},
        "tab:blue",
    ),
    "focusing BP": ("focusing_bp", {"rate": 0.005}, {}, "tab:green"),
}


def solved(label: str, weights: int, load: float, seed: int) -> bool:
    """Whether the solver stores instance `seed`."""
    name, options, loss, _ = SOLVERS[label]
    data = swale.datasets.random_patterns(samples=round(load * weights), features=weights, seed=seed)
    landscape = swale.objectives.perceptron(data, precision="f32", **loss)
    start = landscape.initialize(initializer="binary", seed=seed)
    return bool(swale.solve(name, landscape, start, seed=seed, history=False, **options)["error"] == 0)


def main() -> None:
    """Solve instances in parallel, draw the shares with binomial errors and the thresholds."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--weights", type=int, default=1001, help="number of weights N, odd")
    arguments.add_argument("--trials", type=int, default=10, help="instances of each load")
    arguments.add_argument("--output", default="capacity.png")
    given = arguments.parse_args()
    loads = np.arange(0.1, 0.91, 0.05)

    figure, axes = plt.subplots(figsize=(8, 4.6))
    swale.set_threads(1)  # the instances run in parallel
    with concurrent.futures.ThreadPoolExecutor() as executor:
        for label, (*_, color) in SOLVERS.items():
            shares = []
            for load in loads:
                seeds = range(given.trials)
                found = list(executor.map(lambda seed: solved(label, given.weights, load, seed), seeds))  # noqa: B023
                shares.append(np.mean(found))
                # Two loads without a success: higher ones are hopeless.
                if len(shares) > 1 and shares[-1] == shares[-2] == 0:
                    break
            share = np.array(shares)
            spread = np.sqrt(np.maximum(share * (1 - share), 0) / given.trials)
            axes.errorbar(
                loads[: len(share)],
                share,
                spread,
                color=color,
                marker="o",
                markersize=4,
                label=label,
            )
            print(
                f"{label:26}",
                " ".join(f"{a:.2f}:{s:.1f}" for a, s in zip(loads, share)),
                flush=True,
            )

    capacity = swale.measure("perceptron_replica", quantity="capacity")["capacity"]
    flat = swale.measure("perceptron_replica", quantity="alpha_u")["alpha_u"]
    for value, text in (
        (float(np.ravel(flat)[0]), r"$\alpha_U$"),
        (float(np.ravel(capacity)[0]), r"$\alpha_c$"),
    ):
        axes.axvline(value, color="0.4", linestyle=":", linewidth=1)
        axes.annotate(
            f"{text} = {value:.3f}",
            (value, 1.03),
            ha="center",
            fontsize=8,
            annotation_clip=False,
        )
    axes.set(
        xlabel=r"load $\alpha$ = patterns / weights",
        ylabel="instances solved",
        xlim=(0.05, 0.95),
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="lower left")
    figure.tight_layout()
    figure.savefig(given.output, dpi=150)
    print(f"wrote {given.output}")


if __name__ == "__main__":
    main()
