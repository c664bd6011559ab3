"""Progress of a run: snapshots, a bar, and the callback where Ctrl-C arrives."""

from __future__ import annotations

import itertools
from typing import Any, Callable, NamedTuple, Union

from . import _abi
from ._errors import ArgumentError
from ._interrupts import CtrlC

__all__ = ["Bar", "Progress", "ProgressOption", "Watch", "progress_callback"]


class Progress(NamedTuple):
    """A snapshot of a run; unknown numbers are NaN, an unknown total is -1."""

    reason: int
    step: int
    total_steps: int
    evaluations: int
    seconds: float
    value: float
    gradient_norm: float

    @classmethod
    def from_native(cls, now: Any) -> Progress:
        """Copy a native snapshot, which is only valid during the callback."""
        return cls(now.reason, now.step, now.total_steps, now.evaluations, now.seconds, now.value, now.gradient_norm)


ProgressOption = Union[bool, Callable[[Progress], Any]]


class Bar:
    """A tqdm bar that follows the steps of a run."""

    def __init__(self, title: str) -> None:
        try:
            from tqdm.auto import tqdm
        except ImportError as error:
            raise ImportError(
                "progress=True needs tqdm: pip install tqdm; progress=function works without, see swale.solve"
            ) from error
        self._bar: Any = tqdm(desc=title, unit="step", leave=False)

    def show(self, now: Progress) -> None:
        """Move to the step of a snapshot."""
        if now.total_steps > 0:
            self._bar.total = now.total_steps
        if now.value == now.value:
            self._bar.set_postfix_str(f"{now.value:.4g}", refresh=False)
        self._bar.update(now.step - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()


class Watch:
    """Follows one run: shows its progress and carries what ends it from outside.

    While it is entered, Ctrl-C makes a mark that the next progress call reads (every tenth of a second), and the run
    ends with its partial result. A second Ctrl-C is raised at once.
    """

    def __init__(self, progress: ProgressOption, title: str) -> None:
        if progress is not True and progress is not False and progress is not None and not callable(progress):
            raise ArgumentError(f"progress is {progress!r}, allowed True, False or a function of swale.Progress")
        self._bar = Bar(title) if progress is True else None
        self._report = progress if callable(progress) else None
        self._ctrl_c = CtrlC()
        self._ended = False
        #: What the user's function raised, and Ctrl-C.
        self.error: BaseException | None = None
        #: What the native side calls the callback with.
        self.number = next(_numbers)

    def tell(self, now: Progress) -> bool:
        """Show a snapshot; False stops the run."""
        if self._bar is not None:
            self._bar.show(now)
        if self._ctrl_c.pressed:
            return False
        if self._report is not None and self._report(now) is False:
            self._ended = True
        return not self._ended

    def conclude(self, cancelled: bool) -> BaseException | None:
        """Give what the call must raise now that the run has ended, if anything."""
        if self.error is not None:
            return self.error
        # A run that nobody stopped was stopped by Ctrl-C, raised before the first line of the callback: where a handler
        # of the program's own raises it.
        if self._ctrl_c.pressed or (cancelled and not self._ended):
            return KeyboardInterrupt()
        return None

    def __enter__(self) -> Watch:
        _watches[self.number] = self
        self._ctrl_c.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._ctrl_c.__exit__(None, None, None)
        _watches.pop(self.number, None)
        if self._bar is not None:
            self._bar.close()


# One callback serves all runs: the watch of a run is found by its number.
_watches: dict[int, Watch] = {}
_numbers = itertools.count(1)


def _tell(now: Any, action: Any, user: int) -> None:
    """Tell the watch of a run; what it raises is kept, and stops the run, because the action is preset to that."""
    watch = _watches[user]
    try:
        if watch.tell(Progress.from_native(now[0])):
            action[0] = _abi.SWALE_ACTION_CONTINUE
    except BaseException as error:
        if watch.error is None:
            watch.error = error


progress_callback = _abi.swale_progress_fn(_tell)
