"""Ctrl-C while the library computes.

Python runs the handlers of signals between instructions of its own, and during a call of the library those are the
first ones of a callback, where ctypes prints an exception and forgets it. While such a call runs, Ctrl-C therefore only
makes a mark, which a callback reads.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from . import _abi
from ._library import library

__all__ = ["CtrlC", "Interruptible"]


class CtrlC:
    """Marks Ctrl-C while it is entered, on the main thread of a program without a handler of its own.

    A second Ctrl-C is raised at once.
    """

    def __init__(self) -> None:
        #: Whether Ctrl-C was pressed.
        self.pressed = False
        self._previous: Any = None

    def _press(self, number: int, frame: FrameType | None) -> None:
        if self.pressed:
            raise KeyboardInterrupt
        self.pressed = True

    def __enter__(self) -> Any:
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            self._previous = signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)
            self._previous = None


class Interruptible(CtrlC):
    """A long call that has no run: Ctrl-C ends it within a tenth of a second and is raised as KeyboardInterrupt."""

    def __enter__(self) -> Interruptible:
        super().__enter__()
        if self._previous is not None:
            _calls.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._previous is not None:
            _calls.remove(self)
        super().__exit__(kind, error, trace)
        if self.pressed and kind is None:
            raise KeyboardInterrupt


#: Calls of the main thread, the innermost last.
_calls: list[Interruptible] = []


def _ask(action: Any, user: int) -> None:
    on_main_thread = threading.current_thread() is threading.main_thread()
    if not (on_main_thread and _calls and _calls[-1].pressed):
        action[0] = _abi.SWALE_ACTION_CONTINUE


_asked = _abi.swale_interrupt_fn(_ask)
library.swale_set_interrupt(_asked, None)
