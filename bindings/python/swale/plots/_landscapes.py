"""Plots: every function takes matplotlib axes (or makes them) and returns them.

Further keyword arguments go to the lines, or the filled contours, of the plot. Nothing global is changed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._errors import UnsupportedError
from .results import Result

__all__ = ["history", "noise", "path", "plane", "plot", "spectrum"]

_BLUE, _ORANGE = "#20639b", "#e07a1f"
#: Points of a history beyond which single steps are drawn pale behind their moving average.
_LONG_HISTORY = 400


def _axes(ax: Any) -> Any:
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install matplotlib") from error
    return plt.subplots(figsize=(5, 3.6), layout="constrained")[1] if ax is None else ax


def _finish(ax: Any, xlabel: str, ylabel: str) -> Any:
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(True, color="#e6e6e6", lw=0.6)
    ax.set_axisbelow(True)
    return ax


def plot(result: Result, ax: Any = None, **style: Any) -> Any:
    """Draw a result in the way of its kind: history, spectrum, plane, path or noise."""
    if result.kind == "solver" and "loss" in result:
        return history(result, ax, **style)
    if "density" in result:
        return spectrum(result, ax, **style)
    if "axis_x" in result:
        return plane(result, ax, **style) if np.ndim(result["loss"]) == 2 else path(result, ax, **style)
    if "t" in result:
        return path(result, ax, **style)
    if "loss_rise" in result:
        return noise(result, ax, **style)
    names = ", ".join(result)
    raise UnsupportedError(f"no plot is made for {result.kind} '{result.component}'; its arrays are {names}")


def history(result: Result, ax: Any = None, **style: Any) -> Any:
    """Loss of every epoch, or of every step where the solver has no epochs, on a logarithmic axis where it can be."""
    ax = _axes(ax)
    epochs = "epoch_loss" in result
    values = np.asarray(result["epoch_loss"] if epochs else result["loss"])
    steps = np.arange(1, len(values) + 1)
    style = {"color": _BLUE, "lw": 1.8, **style}
    if len(values) > _LONG_HISTORY:
        ax.plot(steps, values, color=style["color"], lw=0.6, alpha=0.25)
        window = len(values) // 100
        values = np.convolve(values, np.full(window, 1 / window), "valid")
        steps = steps[window - 1 :]
    ax.plot(steps, values, **style)
    if len(values) and np.all(values > 0):
        ax.set_yscale("log")
    return _finish(ax, "epoch" if epochs else "step", "loss")


def spectrum(result: Result, ax: Any = None, **style: Any) -> Any:
    """Spectral density of the Hessian on a logarithmic axis, with triangles at the ends of the spectrum.

    The axis ends well below the peak of a single eigenvalue, 1 / (dimension sigma sqrt(2 pi)): what is lower is the
    tail of the smoothing.
    """
    ax = _axes(ax)
    first, limits = not ax.lines, ax.get_ylim()
    grid, density = np.asarray(result["grid"]), np.asarray(result["density"])
    floor = 0.05 / (result["dimension"] * result["sigma"] * np.sqrt(2 * np.pi))
    style = {"color": _BLUE, "lw": 1.5, **style}
    shown = np.where(density > 0, density, np.nan)
    ax.semilogy(grid, shown, **style)
    ax.fill_between(grid, floor * 1e-9, np.maximum(density, floor * 1e-9), color=style["color"], alpha=0.15, lw=0)
    low, high = (floor, 3 * density.max()) if first else (min(floor, limits[0]), max(3 * density.max(), limits[1]))
    ax.set_ylim(low, high)
    ends = [result["lambda_min"], result["lambda_max"]]
    ax.plot(ends, [0, 0], "^", color=style["color"], ms=6, transform=ax.get_xaxis_transform(), clip_on=False, zorder=5)
    return _finish(ax, "eigenvalue of the Hessian", "spectral density")


def plane(result: Result, ax: Any = None, **style: Any) -> Any:
    """Contours of the loss over a plane, logarithmic where the loss is positive, with the measured points.

    The first point, the origin, is a dot; a series of more than three points is drawn as a path.
    """
    ax = _axes(ax)
    x, y, loss = (np.asarray(result[name]) for name in ("axis_x", "axis_y", "loss"))
    levels, norm = _levels(loss)
    filled = ax.contourf(x, y, loss, **{"levels": levels, "norm": norm, "cmap": "viridis", **style})
    ax.contour(x, y, loss, levels=filled.levels[::3], colors="white", linewidths=0.4, alpha=0.7)
    points = np.asarray(result["coordinates"]).reshape(-1, 2)
    if len(points) > 3:
        ax.plot(points[:, 0], points[:, 1], "-", color=_ORANGE, lw=1.5)
    ax.plot(points[:, 0], points[:, 1], "o", color=_ORANGE, mec="white", ms=7 if len(points) <= 3 else 3)
    ax.plot(*points[0], "o", color=_ORANGE, mec="white", ms=8)
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
    ax = _axes(ax)
    t = np.asarray(result["t"] if "t" in result else result["axis_x"])
    loss = np.ravel(result["loss"])
    style = {"color": _BLUE, "lw": 1.8, **style}
    ax.plot(t, loss, **style)
    if "t" in result:
        ax.plot(t[[0, -1]], loss[[0, -1]], "o", color=style["color"], mec="white", ms=7)
    return _finish(ax, "position t", "loss")


def noise(result: Result, ax: Any = None, **style: Any) -> Any:
    """Rise of the loss under noise on the parameters, with standard errors."""
    ax = _axes(ax)
    style = {"color": _BLUE, "lw": 1.8, "marker": "o", "ms": 4, "capsize": 2, **style}
    ax.errorbar(result["sigmas"], result["loss_rise"], yerr=result["loss_rise_error"], **style)
    return _finish(ax, "size of the noise", "mean rise of the loss")
