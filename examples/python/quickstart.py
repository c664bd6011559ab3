"""Quick start: train on real images with small and large batches, then look at the landscape around both minima.

    python examples/python/quickstart.py [--data DIR] [--output quickstart.png]

Uses Fashion-MNIST where it is found (Debian: dataset-fashion-mnist; or --data DIR), else the 8x8 digits that come
with the package. Both runs start at the same point, have the same learning rate, and stop at the same training loss:
what differs is the noise of the batches, and with it the minimum that is found.
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
from swale import layers


class Problem(NamedTuple):
    """What is learned, and how well."""

    name: str
    data: swale.datasets.Split
    loss: float
    learning_rate: float
    large_batch: int


class Minimum(NamedTuple):
    """Where a training run ended, and the curvature there."""

    label: str
    color: str
    run: swale.Result
    spectrum: swale.Result


def load(folder: str | None) -> Problem:
    """Fashion-MNIST (4000 + 2000 images) where it is, the digits otherwise; standardised by the training images."""
    try:
        images = swale.datasets.load_idx(folder or "fashion-mnist", subset=4000)
        data = swale.datasets.Split(images.train, images.test.subset(2000)).standardize(mode="global")
        return Problem("Fashion-MNIST", data, loss=0.1, learning_rate=0.02, large_batch=1000)
    except swale.FileError:
        if folder is not None:
            raise
        data = swale.datasets.digits().split(0.8, seed=0).standardize(mode="global")
        return Problem("8x8 digits", data, loss=0.01, learning_rate=0.05, large_batch=len(data.train) // 2)


def find_minimum(risk: swale.objectives.Objective, problem: Problem, batch: int, color: str) -> Minimum:
    """Train until the mean loss of an epoch is reached, then measure the spectrum of the Hessian."""
    run = swale.solve(
        "sgd",
        risk,
        risk.initialize(seed=0),
        learning_rate=problem.learning_rate,
        momentum=0.9,
        batch_size=batch,
        epochs=1000,
        loss_tolerance=problem.loss,
        max_seconds=15,
        seed=1,
        progress=True,
    )
    spectrum = swale.measure("hessian_spectrum", risk, run.x, probes=3, steps=60, seed=2, progress=True)
    return Minimum(f"batch {batch}", color, run, spectrum)


def describe(minimum: Minimum, risk: swale.objectives.Objective, test: swale.objectives.Objective) -> None:
    """Print what was found."""
    run = minimum.run
    top = swale.measure("hessian_top", risk, run.x, k=3)
    trace = swale.measure("hessian_trace", risk, run.x, probes=50)
    print(
        f"{minimum.label:>10}: {len(run.epoch_loss):3d} epochs in {run.seconds:.2f} s, training loss {run.fun:.4f}, "
        f"test error {100 * test.evaluate(run.x).error:.1f} %\n"
        f"{'':>10}  Hessian: largest eigenvalues {np.round(top.eigenvalues, 2)}, "
        f"trace {trace.trace:.1f} +- {trace.standard_error:.1f}"
    )


def draw(problem: Problem, minima: list[Minimum], surface: swale.Result) -> Any:
    """Loss curves, spectral densities, and the plane around the first minimum."""
    figure, (curves, spectra, plane) = plt.subplots(1, 3, figsize=(14, 4), layout="constrained")
    for minimum in minima:
        minimum.run.plot(curves, color=minimum.color, label=minimum.label)
        minimum.spectrum.plot(spectra, color=minimum.color, label=minimum.label)
    curves.axhline(problem.loss, color="#8a8a8a", lw=1, ls="--", label="where training stops")
    curves.set_xscale("log")
    curves.set_title(f"Training a small network on {problem.name}")
    spectra.set_title("Spectral density of the Hessian at the end")
    surface.plot(plane)
    plane.set_title(f"Filter-normalised plane, {minima[0].label}")
    for axes in (curves, spectra):
        axes.legend(frameon=False)
    return figure


def main() -> None:
    """Train, measure, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", metavar="DIR", help="folder with IDX files, for example of Fashion-MNIST")
    parser.add_argument("--output", default="quickstart.png", help="picture to write")
    arguments = parser.parse_args()
    started = time.perf_counter()

    problem = load(arguments.data)
    train, test = problem.data
    hidden = [layers.dense(64, activation="relu"), layers.dense(32, activation="relu")]
    model = swale.Sequential(train.shape, [layers.flatten(), *hidden, layers.dense(10)])
    risk = swale.objectives.network(model, train, loss="cross_entropy", precision="f32")
    test_risk = swale.objectives.network(model, test, loss="cross_entropy", precision="f32")
    print(f"{problem.name}: {len(train)} training images, {len(test)} test images, {risk.dimension} parameters")

    minima = [
        find_minimum(risk, problem, 32, "#20639b"),
        find_minimum(risk, problem, problem.large_batch, "#e07a1f"),
    ]
    for minimum in minima:
        describe(minimum, risk, test_risk)
    surface = swale.measure("plane", risk, minima[0].run.x, directions="filter", resolution=41, seed=3, progress=True)
    draw(problem, minima, surface).savefig(arguments.output, dpi=130)
    print(f"{arguments.output} written; {time.perf_counter() - started:.1f} s in all")


if __name__ == "__main__":
    main()
