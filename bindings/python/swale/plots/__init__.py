"""Plots: every function takes matplotlib axes (or makes them) and returns them.

Further keyword arguments go to the lines, or the filled contours, of the plot. Nothing global is changed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._errors import UnsupportedError
from ..results import Result
from ._landscapes import history, noise, path, plane, spectrum
from ._solutions import enumeration, flips, local_entropy, magnetisations, overlaps, stabilities, typical_entropy
from ._theory import theory

__all__ = [
    "enumeration",
    "flips",
    "history",
    "local_entropy",
    "magnetisations",
    "noise",
    "overlaps",
    "path",
    "plane",
    "plot",
    "spectrum",
    "stabilities",
    "theory",
    "typical_entropy",
]

#: The array by which a result of a metric is known, and its plot; the first that is there counts.
_BY_ARRAY = {
    "density": spectrum,
    "t": path,
    "loss_rise": noise,
    "error_at_distance": flips,
    "curves": typical_entropy,
    "error_histogram": enumeration,
    "entropies": local_entropy,
    "stabilities": stabilities,
    "aligned_overlap": overlaps,
    "marginals": magnetisations,
}


def plot(result: Result, ax: Any = None, **style: Any) -> Any:
    """Draw a result in the way of its kind; the functions of this module say how."""
    if result.kind == "solver" and "loss" in result:
        return history(result, ax, **style)
    if result.component in ("perceptron_replica", "committee_replica"):
        return theory(result, ax, **style)
    if "axis_x" in result:
        return plane(result, ax, **style) if np.ndim(result["loss"]) == 2 else path(result, ax, **style)
    for name, draw in _BY_ARRAY.items():
        if result.kind == "metric" and name in result:
            return draw(result, ax, **style)
    if "generalization_error" in result:
        raise UnsupportedError("no plot is made for metric 'generalization_error': it is one number")
    names = ", ".join(result)
    raise UnsupportedError(f"no plot is made for {result.kind} '{result.component}'; its arrays are {names}")
