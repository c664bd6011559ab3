"""Replica theory of perceptrons and committees: curves over the load, or over the distance for each load."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._errors import UnsupportedError
from ..results import Result
from ._axes import BLUE, GREY, ORANGE, axes, binary_bound, colors, finish, legend, note, once


def theory(result: Result, ax: Any = None, **style: Any) -> Any:
    """Draw the quantity of `perceptron_replica` or `committee_replica`; points without a solution are left out.

    Franz-Parisi and wide flat minima: entropy against distance, a curve for each load, below that of all
    configurations. Storage: entropy against load, dashed beyond the capacity. Teacher and student, mixtures: errors
    against load. Capacities and thresholds are single numbers and have no picture.
    """
    if "bound" in result or "normalized" in result:
        return _entropy_at_distance(result, axes(ax), **style)
    if "satisfiable" in result:
        return _storage(result, axes(ax), **style)
    if "max_margin" in result:
        return _margin(result, axes(ax), **style)
    if "gibbs_error" in result:
        return _teacher(result, axes(ax), **style)
    if "oracle_error" in result:
        return _mixture(result, axes(ax), **style)
    quantity = result.options.get("quantity", "capacity")
    raise UnsupportedError(
        f"no plot is made for metric '{result.component}' with quantity '{quantity}': it is a number"
    )


def _entropy_at_distance(result: Result, ax: Any, **style: Any) -> Any:
    loads, entropy = np.asarray(result["alpha"]), np.asarray(result["entropy"])
    given = "distances" in result
    distances = np.broadcast_to(result["distances"], entropy.shape) if given else np.asarray(result["distance"])
    binary_bound(ax, distances)
    for load, d, s, color in zip(loads, distances, entropy, colors(len(loads))):
        kept = np.flatnonzero(np.isfinite(d) & np.isfinite(s))
        kept = kept[np.argsort(d[kept])]
        ax.plot(d[kept], s[kept], **{"color": color, "lw": 1.8, "label": f"$\\alpha$ = {load:g}", **style})
    if "sign_change" in result:
        ends = np.asarray(result["sign_change"])
        ax.plot(ends, np.zeros_like(ends), "o", color=ORANGE, mec="white", ms=6, zorder=4)
    ax.set_xlim(left=0)
    _count_unsolved(result, ax)
    finish(ax, "distance from the reference" if given else "distance from the centre", "entropy per weight")
    legend(ax)
    return ax


def _storage(result: Result, ax: Any, **style: Any) -> Any:
    loads, entropy, satisfiable = _by_load(result, "entropy", "satisfiable")
    style = {"color": BLUE, "lw": 1.8, "marker": "o", "ms": 3, **style}
    beyond = satisfiable == 0
    ax.plot(loads[~beyond], entropy[~beyond], **{"label": "solutions", **style})
    if np.any(beyond):
        # From the last point with solutions on, so that the line has no gap.
        first = max(np.flatnonzero(beyond)[0] - 1, 0)
        dashed = {**style, "ls": "--", "alpha": 0.5, "marker": "", "label": once(ax, "beyond the capacity")}
        ax.plot(loads[first:], entropy[first:], **dashed)
    ax.axhline(0, color="#b0b0b0", lw=0.8, zorder=1)
    _count_unsolved(result, ax)
    finish(ax, r"load $\alpha$", "entropy per weight")
    legend(ax)
    return ax


def _margin(result: Result, ax: Any, **style: Any) -> Any:
    loads, margin = _by_load(result, "max_margin")
    ax.plot(loads, margin, **{"color": BLUE, "lw": 1.8, "marker": "o", "ms": 3, **style})
    ax.axhline(0, color="#b0b0b0", lw=0.8, zorder=1)
    _count_unsolved(result, ax)
    return finish(ax, r"load $\alpha$", r"largest margin $\kappa$")


def _teacher(result: Result, ax: Any, **style: Any) -> Any:
    loads, bayes, gibbs, vote, single, trapped = _by_load(
        result, "bayes_error", "gibbs_error", "message_passing_error", "uninformed_gibbs_error", "metastable"
    )
    style = {"lw": 1.8, **style}
    for errors, reached, color, label in (
        (gibbs, single, ORANGE, "Gibbs student"),
        (bayes, vote, BLUE, "Bayes-optimal"),
    ):
        line = {"color": color, "label": label, **style}
        ax.plot(loads, errors, **line)
        if np.any(trapped > 0):
            faint = {**line, "ls": "--", "alpha": 0.5, "label": once(ax, "metastable") if color == BLUE else None}
            ax.plot(loads[trapped > 0], reached[trapped > 0], **faint)
    ax.set_ylim(bottom=0)
    _count_unsolved(result, ax)
    finish(ax, r"load $\alpha$", "error on new patterns")
    legend(ax)
    return ax


def _mixture(result: Result, ax: Any, **style: Any) -> Any:
    loads, errors = _by_load(result, "bayes_error")
    ax.axhline(result["oracle_error"], color=GREY, lw=1.3, ls=":", label=once(ax, "direction known"))
    ax.plot(loads, errors, **{"color": BLUE, "lw": 1.8, "marker": "o", "ms": 3, "label": "Bayes-optimal", **style})
    ax.set_ylim(bottom=0)
    finish(ax, r"load $\alpha$", "error on new patterns")
    legend(ax)
    return ax


def _by_load(result: Result, *names: str) -> list[Any]:
    """Give the loads, ascending, and arrays over them, without points that have no solution."""
    arrays = [np.asarray(result[name], dtype=float) for name in ("alpha", *names)]
    kept = np.flatnonzero(np.all(np.isfinite(arrays), axis=0))
    kept = kept[np.argsort(arrays[0][kept])]
    return [array[kept] for array in arrays]


def _count_unsolved(result: Result, ax: Any) -> None:
    solved = np.asarray(result["solved"])
    lost = int(np.count_nonzero(solved == 0))
    if lost:
        note(ax, f"{lost} of {solved.size} points without a solution")
