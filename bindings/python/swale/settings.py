"""Settings of the process: threads, memory, messages, plugins, arithmetic; and where the library is."""

from __future__ import annotations

import ctypes
import operator
import os
from typing import Any, Callable

from . import _abi
from ._errors import ArgumentError
from ._library import call, encode, library, library_path, text

__all__ = [
    "backend",
    "library_path",
    "load_plugin",
    "memory_used",
    "set_log",
    "set_memory_limit",
    "set_threads",
    "threads",
]


def set_threads(count: int) -> None:
    """Set how many threads one call may use, the calling one included; results do not depend on it."""
    call(library.swale_set_threads, operator.index(count))


def threads() -> int:
    """Give the number of threads that one call may use."""
    return int(library.swale_threads())


def set_memory_limit(limit: int | None) -> None:
    """Bound the bytes of data, parameters, activations and results together; None: no limit."""
    bytes_ = 0 if limit is None else operator.index(limit)
    if limit is not None and not 0 < bytes_ < 2**63:
        raise ArgumentError(f"limit is {limit}, allowed 1 or more bytes, or None for no limit")
    call(library.swale_set_memory_limit, bytes_)


def memory_used() -> tuple[int, int]:
    """Give the bytes in use now and the largest use so far."""
    now, peak = ctypes.c_int64(), ctypes.c_int64()
    library.swale_memory_used(ctypes.byref(now), ctypes.byref(peak))
    return now.value, peak.value


def backend(precision: str = "f32") -> str:
    """Name what does the large products: "builtin", "openblas" or "onednn", and the instruction set of the kernels."""
    if precision not in ("f32", "f64"):
        raise ArgumentError(f"precision is {precision!r}, allowed 'f32' and 'f64'")
    number = _abi.SWALE_F32 if precision == "f32" else _abi.SWALE_F64
    return f"{text(library.swale_backend_name(number))} ({text(library.swale_instruction_set())})"


def load_plugin(path: str | os.PathLike[str]) -> None:
    """Load a plugin; what it registers is listed and used like everything built in. Runs the plugin's code."""
    call(library.swale_plugin_load, encode(os.fsdecode(path), "path"))


#: What the library calls; it must live as long as the library may.
_log_callback: Any = None


def set_log(function: Callable[[str, str], Any] | None) -> None:
    """Send the library's messages to function(level, message); None turns them off, which is how it starts.

    The levels are "debug", "info", "warning" and "error". The function may be called from any thread that uses the
    library; what it raises is printed and forgotten.

    Examples
    --------
    >>> import logging
    >>> import swale
    >>> swale.set_log(lambda level, message: getattr(logging.getLogger("swale"), level)(message))
    >>> swale.set_log(None)
    """
    levels = ("debug", "info", "warning", "error")

    def native(level: int, message: bytes | None, _: int | None) -> None:
        if function is not None:
            function(levels[min(max(level, 0), 3)], text(message))

    global _log_callback
    callback = _abi.swale_log_fn(native) if function is not None else _abi.swale_log_fn()
    library.swale_set_log(callback, None)
    _log_callback = callback
