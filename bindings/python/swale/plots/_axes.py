"""Axes, colours and marks that all plots share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

BLUE, ORANGE, GREY = "#20639b", "#e07a1f", "#6b6b6b"


def axes(ax: Any) -> Any:
    """Return the axes given, or those of a new figure."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install matplotlib") from error
    return plt.subplots(figsize=(5, 3.6), layout="constrained")[1] if ax is None else ax


def finish(ax: Any, xlabel: str, ylabel: str) -> Any:
    """Set labels and a pale grid; no frame above and on the right."""
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(True, color="#e6e6e6", lw=0.6)
    ax.set_axisbelow(True)
    return ax


def legend(ax: Any) -> None:
    """Name what has a label."""
    if ax.get_legend_handles_labels()[1]:
        ax.legend(frameon=False, fontsize=8)


def note(ax: Any, words: str) -> None:
    """Write small grey words above the axes: what the picture leaves out."""
    ax.set_title(words, fontsize=8, color=GREY, loc="right")


def once(ax: Any, label: str) -> str:
    """Give the label, or none where a line of these axes has it already."""
    return "_" + label if label in ax.get_legend_handles_labels()[1] else label


def binary_bound(ax: Any, distances: NDArray[np.float64]) -> None:
    """Draw the entropy H2(d) of all configurations, from 0 to the greatest of the distances."""
    end = np.nanmax(distances) if np.any(np.isfinite(distances)) else 0.5
    d = np.linspace(0, min(end, 1), 201)
    inner = np.clip(d, 1e-12, 1 - 1e-12)
    entropy = -inner * np.log(inner) - (1 - inner) * np.log1p(-inner)
    ax.plot(d, entropy, ":", color=GREY, lw=1.3, zorder=1, label=once(ax, "all configurations"))
    ax.axhline(0, color="#b0b0b0", lw=0.8, zorder=1)


def colors(count: int) -> list[Any]:
    """Choose the colours of a family of curves, from dark to light; the usual blue where there is one curve."""
    if count == 1:
        return [BLUE]
    from matplotlib import colormaps

    return [colormaps["viridis"](x) for x in np.linspace(0, 0.85, count)]
