"""Solving and measuring: the two verbs."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _abi
from ._arrays import doubles, matrix, vector
from ._errors import ShapeError
from ._library import Handle, call, encode, library
from ._options import OptionBag
from .objectives import Objective
from .progress import ProgressOption, Watch, progress_callback
from .registry import Component, describe
from .results import Result

__all__ = ["measure", "solve"]

# Options of a run that are about steps, of which a metric has none. It takes them, for one set of options serves both,
# but an error message does not offer them.
_OF_SOLVERS = {"max_steps", "target_value", "trajectory_every", "history", "final_evaluation"}


def solve(
    solver: str, objective: Objective, x0: ArrayLike, *, progress: ProgressOption = False, **options: Any
) -> Result:
    """Run a solver from x0, which is not changed.

    Parameters
    ----------
    solver : str
        A registered name; `swale.components("solver")` lists them.
    objective : Objective
        The landscape.
    x0 : array_like
        Where to start.
    progress : bool or callable
        True for a progress bar (tqdm), or a function of `swale.Progress`, called every tenth of a second (option
        progress_every), that returns False to stop.
    **options
        The solver's options and those of the run (seed, max_steps, max_seconds, ...): see
        `print(swale.describe("solver", "sgd"))` and `print(swale.describe("run", "run"))`.

    Returns
    -------
    Result
        With x, fun, nit, message, ... as in SciPy, and the histories. A run that `progress` stopped returns its partial
        result.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C. The attribute `result` of the exception is the partial result; so it is of what `progress` raises.
    OptionError
        For a name that neither the solver nor the run knows, with the nearest, and for values out of range.
    """
    x = np.array(vector(x0, objective.dimension, "x0"))
    run = _Run(describe("solver", solver), options, progress)
    return run.call(
        library.swale_solve,
        (encode(solver, "solver"), run.own.handle, objective.handle, doubles(x), objective.dimension),
    )


def measure(
    metric: str,
    objective: Objective | None = None,
    /,
    *points: ArrayLike,
    progress: ProgressOption = False,
    **options: Any,
) -> Result:
    """Measure a landscape at points: one for a spectrum, two for a path; rows of a matrix count as points.

    Parameters
    ----------
    metric : str
        A registered name; `swale.components("metric")` lists them.
    objective : Objective, optional
        The landscape; theory, such as "perceptron_replica", needs none.
    *points : array_like
        Parameter vectors.
    progress : bool or callable
        As in `solve`.
    **options
        The metric's options and those of the run. Where both have an option of a name, the metric's is meant.

    Returns
    -------
    Result
        Scalars and arrays by name, and `plot()`.

    Raises
    ------
    KeyboardInterrupt, OptionError
        As in `solve`.
    """
    handle, dimension = (objective.handle, objective.dimension) if objective is not None else (0, 0)
    block = _block(points, dimension)
    run = _Run(describe("metric", metric), options, progress)
    data = doubles(block) if block.size else None
    name = encode(metric, "metric")
    return run.call(library.swale_measure, (name, run.own.handle, handle, data, len(block), dimension))


def _block(points: tuple[ArrayLike, ...], dimension: int) -> NDArray[np.float64]:
    """Give all points as rows; a single array is used where it is."""
    rows = []
    for point in points:
        array, count, _ = matrix(point, dimension, "point")
        if count == 0:
            raise ShapeError(f"point has shape {array.shape}: there is no point; give none to measure without one")
        rows.append(array.reshape(-1, dimension))
    if len(rows) == 1:
        return rows[0]
    return np.concatenate(rows) if rows else np.empty((0, dimension))


class _Run:
    """One call of a solver or metric: options, native run, progress and interrupts."""

    def __init__(self, component: Component, options: dict[str, Any], progress: ProgressOption) -> None:
        self._component = component
        self._options = options
        self._watch = Watch(progress, component.name)
        shared = describe("run", "run")
        names = {option.name for option in shared.options} - {option.name for option in component.options}
        offered = names - _OF_SOLVERS if component.kind == "metric" else names
        #: The component's own options.
        self.own = OptionBag(component, {key: options[key] for key in options if key not in names}, also=offered)
        self._shared = OptionBag(shared, {key: options[key] for key in options if key in names})

    def call(self, function: Any, arguments: tuple[Any, ...]) -> Result:
        """Call swale_solve or swale_measure with these arguments and the run."""
        out = ctypes.c_uint64()
        with self._watch, self.own, self._shared, _NativeRun(self._shared, self._watch) as native:
            call(function, *arguments, native.handle, ctypes.byref(out))
        result = Result(out.value, self._component.kind, self._component.name, self._options)
        error = self._watch.conclude(result["reason"] == _abi.SWALE_CANCELLED)
        if error is not None:
            error.result = result  # type: ignore[attr-defined]
            raise error
        return result


class _NativeRun(Handle):
    _destroy_name = "swale_run_destroy"

    def __init__(self, options: OptionBag, watch: Watch) -> None:
        out = ctypes.c_uint64()
        call(library.swale_run_create, options.handle, progress_callback, watch.number, ctypes.byref(out))
        super().__init__(out.value)
