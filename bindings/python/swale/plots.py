"""Plots: every function takes matplotlib axes (or makes them) and returns them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._errors import UnsupportedError
from .results import Result

__all__ = ["history", "path", "plane", "plot", "spectrum"]

_BLUE, _ORANGE, _GREY = "#20639b", "#e07a1f", "#8a8a8a"


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
    return ax


def plot(result: Result, ax: Any = None, **style: Any) -> Any:
    """Draw a result in the way of its kind: history, spectrum, plane or path."""
    if result.kind == "solver":
        return history(result, ax, **style)
    if "density" in result:
        return spectrum(result, ax, **style)
    if "axis_x" in result:
        return plane(result, ax, **style) if np.ndim(result["loss"]) == 2 else path(result, ax, **style)
    if "t" in result:
        return path(result, ax, **style)
    names = ", ".join(result)
    raise UnsupportedError(f"no plot is made for {result.kind} '{result.component}'; its arrays are {names}")


def history(result: Result, ax: Any = None, **style: Any) -> Any:
    """Loss of every step, or of every epoch where the solver has epochs, on a logarithmic axis."""
    ax = _axes(ax)
    epochs = "epoch_loss" in result
    values = np.asarray(result["epoch_loss"] if epochs else result["loss"])
    ax.plot(np.arange(1, len(values) + 1), values, **{"color": _BLUE, "lw": 1.6, **style})
    if np.all(values > 0):
        ax.set_yscale("log")
    return _finish(ax, "epoch" if epochs else "step", "loss")


def spectrum(result: Result, ax: Any = None, **style: Any) -> Any:
    """Spectral density of the Hessian, logarithmic, with the ends of the spectrum marked."""
    ax = _axes(ax)
    grid, density = np.asarray(result["grid"]), np.asarray(result["density"])
    floor = density.max() * 1e-8
    style = {"color": _BLUE, "lw": 1.4, **style}
    ax.semilogy(grid, np.maximum(density, floor), **style)
    ax.fill_between(grid, floor, np.maximum(density, floor), color=style["color"], alpha=0.15, lw=0)
    for end in (result["lambda_min"], result["lambda_max"]):
        ax.axvline(end, color=style["color"], lw=0.8, ls=":")
    ax.set_ylim(bottom=floor)
    return _finish(ax, "eigenvalue of the Hessian", "spectral density")


def plane(result: Result, ax: Any = None, **style: Any) -> Any:
    """Contours of the loss over a plane, with the measured points."""
    ax = _axes(ax)
    x, y, loss = (np.asarray(result[name]) for name in ("axis_x", "axis_y", "loss"))
    shown = np.log10(np.maximum(loss, loss[loss > 0].min() if np.any(loss > 0) else 1.0)) if loss.min() >= 0 else loss
    filled = ax.contourf(x, y, shown, **{"levels": 24, "cmap": "viridis", **style})
    ax.contour(x, y, shown, levels=filled.levels[::2], colors="white", linewidths=0.3, alpha=0.6)
    points = np.asarray(result["coordinates"]).reshape(-1, 2)
    ax.plot(points[:, 0], points[:, 1], "o", color=_ORANGE, mec="white", ms=6)
    bar = ax.figure.colorbar(filled, ax=ax, pad=0.02)
    bar.set_label("log10 loss" if loss.min() >= 0 else "loss")
    ax.set_xlabel("direction u")
    ax.set_ylabel("direction v")
    return ax


def path(result: Result, ax: Any = None, **style: Any) -> Any:
    """Loss along a path or a one-dimensional slice."""
    ax = _axes(ax)
    t = np.asarray(result["t"] if "t" in result else result["axis_x"])
    ax.plot(t, np.ravel(result["loss"]), **{"color": _BLUE, "lw": 1.6, **style})
    return _finish(ax, "position t", "loss")
