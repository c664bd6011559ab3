"""Loss along training, spectra, planes, paths and noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..results import Result
from ._axes import BLUE, ORANGE, axes, finish

#: Points of a history beyond which single steps are drawn pale behind their moving average.
_LONG_HISTORY = 400


def history(result: Result, ax: Any = None, **style: Any) -> Any:
    """Loss of every epoch, or of every step where the solver has no epochs, on a logarithmic axis where it can be."""
    ax = axes(ax)
    epochs = "epoch_loss" in result
    values = np.asarray(result["epoch_loss"] if epochs else result["loss"])
    steps = np.arange(1, len(values) + 1)
    style = {"color": BLUE, "lw": 1.8, **style}
    if len(values) > _LONG_HISTORY:
        ax.plot(steps, values, color=style["color"], lw=0.6, alpha=0.25)
        window = len(values) // 100
        values = np.convolve(values, np.full(window, 1 / window), "valid")
        steps = steps[window - 1 :]
    ax.plot(steps, values, **style)
    if len(values) and np.all(values > 0):
        ax.set_yscale("log")
    return finish(ax, "epoch" if epochs else "step", "loss")


def spectrum(result: Result, ax: Any = None, **style: Any) -> Any:
    """Spectral density of the Hessian on a logarithmic axis, with triangles at the ends of the spectrum.

    The axis ends well below the peak of a single eigenvalue, 1 / (dimension sigma sqrt(2 pi)): what is lower is the
    tail of the smoothing.
    """
    ax = axes(ax)
    first, limits = not ax.lines, ax.get_ylim()
    grid, density = np.asarray(result["grid"]), np.asarray(result["density"])
    floor = 0.05 / (result["dimension"] * result["sigma"] * np.sqrt(2 * np.pi))
    style = {"color": BLUE, "lw": 1.5, **style}
    shown = np.where(density > 0, density, np.nan)
    ax.semilogy(grid, shown, **style)
    ax.fill_between(grid, floor * 1e-9, np.maximum(density, floor * 1e-9), color=style["color"], alpha=0.15, lw=0)
    low, high = (floor, 3 * density.max()) if first else (min(floor, limits[0]), max(3 * density.max(), limits[1]))
    ax.set_ylim(low, high)
    ends = [result["lambda_min"], result["lambda_max"]]
    ax.plot(ends, [0, 0], "^", color=style["color"], ms=6, transform=ax.get_xaxis_transform(), clip_on=False, zorder=5)
    return finish(ax, "eigenvalue of the Hessian", "spectral density")


def plane(result: Result, ax: Any = None, **style: Any) -> Any:
    """Contours of the loss over a plane, logarithmic where the loss is positive, with the measured points.

    The first point, the origin, is a dot; a series of more than three points is drawn as a path.
    """
    ax = axes(ax)
    x, y, loss = (np.asarray(result[name]) for name in ("axis_x", "axis_y", "loss"))
    levels, norm = _levels(loss)
    filled = ax.contourf(x, y, loss, **{"levels": levels, "norm": norm, "cmap": "viridis", **style})
    ax.contour(x, y, loss, levels=filled.levels[::3], colors="white", linewidths=0.4, alpha=0.7)
    points = np.asarray(result["coordinates"]).reshape(-1, 2)
    if len(points) > 3:
        ax.plot(points[:, 0], points[:, 1], "-", color=ORANGE, lw=1.5)
    ax.plot(points[:, 0], points[:, 1], "o", color=ORANGE, mec="white", ms=7 if len(points) <= 3 else 3)
    ax.plot(*points[0], "o", color=ORANGE, mec="white", ms=8)
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(y[0], y[-1])
    ax.set_aspect("equal", adjustable="box")
    _color_bar(ax, filled, logarithmic=norm is not None)
    ax.set_xlabel("direction u")
    ax.set_ylabel("direction v")
    return ax


def _levels(loss: NDArray[np.float64]) -> tuple[NDArray[np.float64], Any]:
    from matplotlib.colors import LogNorm

    low, high = np.nanmin(loss), np.nanmax(loss)
    if low > 0 and high > 3 * low:
        return np.geomspace(low, high, 31), LogNorm(low, high)
    return np.linspace(low, high if high > low else low + 1, 31), None


def _color_bar(ax: Any, filled: Any, *, logarithmic: bool) -> None:
    from matplotlib.ticker import LogFormatterSciNotation, LogLocator, NullLocator

    bar = ax.figure.colorbar(filled, ax=ax, pad=0.02)
    bar.set_label("loss")
    if logarithmic:
        # Ticks at the levels, which contourf proposes, would be odd numbers.
        bar.locator, bar.formatter = LogLocator(), LogFormatterSciNotation()
        bar.ax.yaxis.set_minor_locator(NullLocator())
        bar.update_ticks()


def path(result: Result, ax: Any = None, **style: Any) -> Any:
    """Loss along a path or a one-dimensional slice."""
    ax = axes(ax)
    t = np.asarray(result["t"] if "t" in result else result["axis_x"])
    loss = np.ravel(result["loss"])
    style = {"color": BLUE, "lw": 1.8, **style}
    ax.plot(t, loss, **style)
    if "t" in result:
        ax.plot(t[[0, -1]], loss[[0, -1]], "o", color=style["color"], mec="white", ms=7)
    return finish(ax, "position t", "loss")


def noise(result: Result, ax: Any = None, **style: Any) -> Any:
    """Rise of the loss under noise on the parameters, with standard errors."""
    ax = axes(ax)
    style = {"color": BLUE, "lw": 1.8, "marker": "o", "ms": 4, "capsize": 2, **style}
    ax.errorbar(result["sigmas"], result["loss_rise"], yerr=result["loss_rise_error"], **style)
    return finish(ax, "size of the noise", "mean rise of the loss")
