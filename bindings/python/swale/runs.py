"""Solving and measuring: the two verbs."""

from __future__ import annotations

import ctypes
from typing import Any, Callable, Union

import numpy as np
from numpy.typing import ArrayLike

from . import _abi
from ._arrays import doubles, matrix, vector
from ._errors import OptionError
from ._library import Handle, call, keep_exception, library
from ._options import OptionBag
from .objectives import Objective
from .progress import Bar, Progress
from .registry import Component, describe
from .results import Result

__all__ = ["measure", "solve"]

ProgressOption = Union[bool, Callable[[Progress], Any]]


def solve(
    solver: str, objective: Objective, x0: ArrayLike, *, progress: ProgressOption = False, **options: Any
) -> Result:
    """Run a solver from x0, which is not changed.

    Parameters
    ----------
    solver
        A registered name; `swale.components("solver")` lists them.
    progress
        True for a progress bar (tqdm), or a function of `Progress` that returns False to stop.
    options
        The solver's options and those of the run (seed, max_steps, max_seconds, ...): see
        `print(swale.describe("solver", "sgd"))` and `print(swale.describe("run", "run"))`.

    Returns
    -------
    Result
        With x, fun, nit, message, ... as in SciPy, and the histories. A cancelled run returns its partial result;
        Ctrl-C raises KeyboardInterrupt, with the partial result as its attribute `result`.
    """
    x = np.array(vector(x0, objective.dimension, "x0"))
    own, shared = _sort(describe("solver", solver), options)
    bag, run, out = OptionBag(own), _Run(shared, progress, solver), ctypes.c_uint64()
    with run:
        call(
            library.swale_solve,
            solver.encode(),
            bag.handle,
            objective.handle,
            doubles(x),
            objective.dimension,
            run.handle,
            ctypes.byref(out),
        )
    return run.finish(Result(out.value, "solver", solver))


def measure(
    metric: str, objective: Objective, *points: ArrayLike, progress: ProgressOption = False, **options: Any
) -> Result:
    """Measure a landscape at points: one for a spectrum, two for a path; rows of a matrix count as points.

    Parameters
    ----------
    metric
        A registered name; `swale.components("metric")` lists them.
    points
        Parameter vectors.
    options
        The metric's options and those of the run.
    """
    rows = [matrix(point, objective.dimension, "point")[0].reshape(-1, objective.dimension) for point in points]
    block = np.ascontiguousarray(np.concatenate(rows)) if rows else np.empty((0, objective.dimension))
    own, shared = _sort(describe("metric", metric), options)
    bag, run, out = OptionBag(own), _Run(shared, progress, metric), ctypes.c_uint64()
    with run:
        call(
            library.swale_measure,
            metric.encode(),
            bag.handle,
            objective.handle,
            doubles(block) if len(block) else None,
            len(block),
            objective.dimension,
            run.handle,
            ctypes.byref(out),
        )
    return run.finish(Result(out.value, "metric", metric))


def _sort(component: Component, options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split options into those of the component and those of the run; the component's win."""
    shared = {option.name for option in describe("run", "run").options}
    own = {name: value for name, value in options.items() if component.option(name) or name not in shared}
    return own, {name: value for name, value in options.items() if name not in own}


class _Run(Handle):
    """A native run with a progress callback, which is also where Ctrl-C arrives."""

    _destroy_name = "swale_run_destroy"

    def __init__(self, options: dict[str, Any], progress: ProgressOption, title: str) -> None:
        self._bar = Bar(title) if progress is True else None
        self._user = progress if callable(progress) else None
        if progress not in (True, False) and self._user is None:
            raise OptionError(f"progress is {progress!r}, allowed True, False or a function")
        self._interrupt: BaseException | None = None
        # The callback object must outlive the run.
        self._callback = _abi.swale_progress_fn(self._tell)
        bag, out = OptionBag(options), ctypes.c_uint64()
        call(library.swale_run_create, bag.handle, self._callback, None, ctypes.byref(out))
        super().__init__(out.value)

    def _tell(self, now: Any, action: Any, _: Any) -> None:
        try:
            snapshot = Progress.from_native(now[0])
            if self._bar is not None:
                self._bar.show(snapshot)
            if self._user is None or self._user(snapshot) is not False:
                action[0] = _abi.SWALE_ACTION_CONTINUE
        except KeyboardInterrupt as error:
            self._interrupt = error
        except BaseException as error:
            keep_exception(error)

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()
        super().__exit__(*error)

    def finish(self, result: Result) -> Result:
        """Hand out the result, or the interrupt that ended the run."""
        swallowed = result.reason == _abi.SWALE_CANCELLED and self._user is None
        if self._interrupt is not None or swallowed:
            # Python may deliver Ctrl-C before the first line of the callback: then only the reason tells.
            interrupt = self._interrupt or KeyboardInterrupt()
            interrupt.result = result  # type: ignore[attr-defined]
            raise interrupt
        return result
