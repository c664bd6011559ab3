"""Devices with binary weights: errors after flips, entropies around solutions, stabilities, overlaps, marginals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..results import Result
from ._axes import BLUE, GREY, ORANGE, axes, binary_bound, finish, legend, note, once

#: Most points whose overlaps are written into the picture.
_WRITTEN = 12


def flips(result: Result, ax: Any = None, **style: Any) -> Any:
    """Share of wrong patterns after flipping weights, with standard errors, and its closed form where there is one."""
    ax = axes(ax)
    order = np.argsort(result["distances"])
    distances = np.asarray(result["distances"])[order]
    style = {"color": BLUE, "lw": 1.5, "marker": "o", "ms": 4, "capsize": 2, "label": "random flips", **style}
    if "closed_form" in result:
        style = {"ls": "none", **style}
        ax.plot(
            distances,
            np.asarray(result["closed_form"])[order],
            color=style["color"],
            lw=1.3,
            alpha=0.6,
            label=once(ax, "closed form"),
        )
    error, spread = (np.asarray(result[name])[order] for name in ("error_at_distance", "error_at_distance_error"))
    ax.errorbar(distances, error, yerr=spread, **style)
    ax.axhline(result["error"], color=style["color"], lw=0.8, ls=":")
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    finish(ax, "share of the weights flipped", "share of wrong patterns")
    legend(ax)
    return ax


def local_entropy(result: Result, ax: Any = None, **style: Any) -> Any:
    """Entropy around a point against the distance from it, beside that of all there is at this distance.

    By messages: solutions beside all configurations, H2(d). By Langevin sampling: with standard errors, beside a
    Gaussian as wide. Points that did not converge are left out, and counted above the axes.
    """
    ax = axes(ax)
    distances, entropies, bound = (np.asarray(result[name]) for name in ("distances", "entropies", "bound"))
    shown = np.flatnonzero(np.isfinite(distances) & np.isfinite(entropies))
    shown = shown[np.argsort(distances[shown])]
    style = {"color": BLUE, "lw": 1.8, "marker": "o", "ms": 4, **style}
    if result["method"] == "langevin":
        ax.plot(distances[shown], bound[shown], ":", color=GREY, lw=1.3, label=once(ax, "Gaussian of this width"))
        bars = {
            name: np.asarray(result[f"{of}_error"])[shown]
            for name, of in (("xerr", "distances"), ("yerr", "entropies"))
        }
        ax.errorbar(distances[shown], entropies[shown], **bars, **{"label": "local measure", "capsize": 2, **style})
        ax.set_xscale("log")
        finish(ax, "distance per parameter", "entropy per parameter")
    else:
        binary_bound(ax, distances)
        ax.plot(distances[shown], entropies[shown], **{"label": "solutions", **style})
        ax.set_xlim(left=0)
        finish(ax, "distance", "entropy per weight")
    if len(shown) < len(distances):
        note(ax, f"{len(distances) - len(shown)} of {len(distances)} points not converged")
    legend(ax)
    return ax


def typical_entropy(result: Result, ax: Any = None, **style: Any) -> Any:
    """Franz-Parisi entropy of an instance: mean over the references with standard errors, single references pale.

    What did not converge is left out, and counted above the axes.
    """
    ax = axes(ax)
    order = np.argsort(result["distances"])
    distances, mean, spread = (np.asarray(result[n])[order] for n in ("distances", "entropies", "entropies_error"))
    curves = np.asarray(result["curves"])[:, order]
    style = {"color": BLUE, "lw": 1.8, "marker": "o", "ms": 4, "capsize": 2, "label": "solutions", **style}
    binary_bound(ax, distances)
    if len(curves) > 1:
        for curve in curves:
            kept = np.isfinite(curve)
            ax.plot(distances[kept], curve[kept], color=style["color"], lw=0.8, alpha=0.3)
    kept = np.isfinite(mean)
    bars = np.nan_to_num(spread[kept])  # one reference has no standard error
    ax.errorbar(distances[kept], mean[kept], yerr=bars if np.any(bars > 0) else None, **style)
    ax.set_xlim(left=0)
    if result["status"] != "converged":
        note(ax, str(result["status"]).replace("; ", "\n"))
    finish(ax, "distance from the reference", "entropy per weight")
    legend(ax)
    return ax


def enumeration(result: Result, ax: Any = None, **style: Any) -> Any:
    """Exact counts: entropy of the solutions around the point given, else of the configurations by their errors."""
    ax = axes(ax)
    if "distances" not in result:
        counts = np.asarray(result["error_histogram"], dtype=float)
        errors = np.arange(len(counts))
        colors = [ORANGE] + [BLUE] * (len(counts) - 1)
        ax.bar(errors, counts, **{"color": colors, "width": 0.8, "alpha": 0.85, **style})
        ax.set_yscale("log")
        note(ax, f"{int(counts[0])} solutions, entropy {result['entropy']:.3g} per weight")
        return finish(ax, "wrong patterns", "configurations")
    distances, entropies = (np.asarray(result[name]) for name in ("distances", "local_entropies"))
    n = len(distances) - 1
    logs = np.concatenate([[0], np.cumsum(np.log(np.arange(1, n + 1)))])
    ax.plot(distances, (logs[n] - logs - logs[::-1]) / n, ":", color=GREY, lw=1.3, label=once(ax, "all configurations"))
    kept = np.isfinite(entropies)
    style = {"color": BLUE, "lw": 1.8, "marker": "o", "ms": 4, "label": "solutions", **style}
    ax.plot(distances[kept], entropies[kept], **style)
    if not np.all(kept):
        note(ax, f"no solution at {np.count_nonzero(~kept)} of {n + 1} distances")
    finish(ax, "distance", "entropy per weight")
    legend(ax)
    return ax


def stabilities(result: Result, ax: Any = None, **style: Any) -> Any:
    """Density of the stabilities of the patterns, with a dashed line at the least, the margin kappa."""
    ax = axes(ax)
    density, edges = np.asarray(result["histogram"]), np.asarray(result["edges"])
    if "bins" not in result.options:
        # Stabilities of binary weights are a lattice: many narrow bins would be a comb.
        density, edges = np.histogram(result["stabilities"], bins="auto", density=True)
    style = {"color": BLUE, "lw": 1.5, **style}
    ax.stairs(density, edges, fill=True, color=style["color"], alpha=0.25)
    ax.stairs(density, edges, **style)
    margin = result["margin"]
    ax.axvline(margin, color=ORANGE, lw=1.3, ls="--", label=once(ax, f"margin $\\kappa$ = {margin:.3g}"))
    if result["errors"] > 0:
        note(ax, f"{result['errors']} wrong patterns")
    finish(ax, "stability", "density of the patterns")
    legend(ax)
    return ax


def overlaps(result: Result, ax: Any = None, **style: Any) -> Any:
    """Matrix of the overlaps: as they are below the diagonal, after matching the hidden units above it."""
    ax = axes(ax)
    plain, aligned = np.asarray(result["overlap"]), np.asarray(result["aligned_overlap"])
    shown = np.triu(aligned) + np.tril(plain, -1)
    reach = max(1.0, float(np.nanmax(np.abs(shown))))
    image = ax.imshow(shown, **{"cmap": "RdBu_r", "vmin": -reach, "vmax": reach, **style})
    ax.figure.colorbar(image, ax=ax, pad=0.02).set_label("overlap")
    if len(shown) <= _WRITTEN:
        size = 10 if len(shown) <= _WRITTEN // 2 else 7
        for (i, j), value in np.ndenumerate(shown):
            dark = abs(value) > 0.6 * reach
            ax.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=size, color="white" if dark else "#303030")
        ax.set_xticks(range(len(shown)))
        ax.set_yticks(range(len(shown)))
    if not np.allclose(plain, aligned, equal_nan=True):
        note(ax, "above the diagonal: hidden units matched")
    ax.set_xlabel("point")
    ax.set_ylabel("point")
    return ax


def magnetisations(result: Result, ax: Any = None, **style: Any) -> Any:
    """Histogram of the magnetisations of the weights, their means over the solutions."""
    ax = axes(ax)
    values: NDArray[np.float64] = np.asarray(result["marginals"])
    values = values[np.isfinite(values)]
    style = {"color": BLUE, "alpha": 0.75, **style}
    ax.hist(values, bins=np.linspace(-1, 1, min(41, 2 * (len(values) // 8) + 5)), **style)
    ax.set_xlim(-1, 1)
    valid = "converged" not in result or bool(result["converged"])
    note(ax, f"entropy {result['entropy']:.3g} per weight" if valid else str(result["status"]))
    return finish(ax, "magnetisation", "weights")
