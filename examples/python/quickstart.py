"""Quick start: train on real images with small and large batches, then look at the landscape around both minima.

    python examples/python/quickstart.py [--data DIR] [--output quickstart.png]

Uses Fashion-MNIST where it is found (Debian: dataset-fashion-mnist; or --data DIR), else the 8x8 digits that come
with the package.
"""

from __future__ import annotations

import argparse
import time

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import swale

COLORS = {"small": "#20639b", "large": "#e07a1f"}


def load(folder: str | None) -> tuple[str, swale.datasets.Split]:
    """Fashion-MNIST (4000 + 2000 images) where it is, the digits otherwise; standardised by the training images."""
    try:
        images = swale.datasets.load_idx(folder or "fashion-mnist")
        name = "Fashion-MNIST"
        data = swale.datasets.Split(images.train.subset(count=4000), images.test.subset(count=2000))
    except swale.FileError:
        if folder is not None:
            raise
        name, data = "digits", swale.datasets.digits().split(0.8, seed=0)
    return name, data.standardize(mode="global")


def main() -> None:
    """Train, measure, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", metavar="DIR", help="folder with IDX files, for example of Fashion-MNIST")
    parser.add_argument("--output", default="quickstart.png", help="picture to write")
    arguments = parser.parse_args()
    started = time.perf_counter()

    name, data = load(arguments.data)
    inputs = int(np.prod(data.train.shape))
    layers = swale.layers
    model = swale.Sequential(
        data.train.shape,
        [layers.flatten(), layers.dense(64, activation="relu"), layers.dense(32, activation="relu"), layers.dense(10)],
    )
    risk = swale.objectives.network(model, data.train, loss="cross_entropy", precision="f32")
    test = swale.objectives.network(model, data.test, loss="cross_entropy", precision="f32")
    print(f"{name}: {len(data.train)} training images of {inputs} pixels, {risk.dimension} parameters")

    x0 = risk.initialize(seed=0)
    runs, spectra = {}, {}
    settings = {"small": (32, 0.02), "large": (len(data.train) // 4, 0.02)}
    for kind, (batch, rate) in settings.items():
        run = swale.solve(
            "sgd", risk, x0, learning_rate=rate, momentum=0.9, batch_size=batch, epochs=40, schedule="cosine",
            seed=1, progress=True,
        )  # fmt: skip
        runs[kind] = run
        spectra[kind] = swale.measure("hessian_spectrum", risk, run.x, probes=4, steps=60, seed=2)
        top = swale.measure("hessian_top", risk, run.x, k=3)
        print(
            f"batch {batch:5d}: loss {run.fun:.2e}, test error {100 * test.evaluate(run.x)[1]:.1f} %, "
            f"largest eigenvalues {np.array2string(np.asarray(top.eigenvalues), precision=3)}, {run.seconds:.1f} s"
        )
    surface = swale.measure("plane", risk, runs["small"].x, directions="filter", resolution=41, seed=3)

    figure, axes = plt.subplots(1, 3, figsize=(13, 3.9), layout="constrained")
    for kind, run in runs.items():
        label = f"batch {settings[kind][0]}"
        run.plot(axes[0], color=COLORS[kind], label=label)
        spectra[kind].plot(axes[1], color=COLORS[kind], label=label)
    surface.plot(axes[2])
    axes[0].set_title(f"Training a network on {name}")
    axes[1].set_title("Hessian spectral density at the end")
    axes[2].set_title("Filter-normalised plane, small batch")
    for axis in axes[:2]:
        axis.legend(frameon=False)
    figure.savefig(arguments.output, dpi=130)
    print(f"{arguments.output} written; {time.perf_counter() - started:.1f} s in all")


if __name__ == "__main__":
    main()
