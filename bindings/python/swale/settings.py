"""Settings of the process: threads, memory, plugins, arithmetic."""

from __future__ import annotations

import ctypes
import os

from . import _abi
from ._library import call, library, text

__all__ = ["backend", "load_plugin", "memory_used", "set_memory_limit", "set_threads", "threads"]


def set_threads(count: int) -> None:
    """Set how many threads one call may use, the calling one included; results do not depend on it."""
    call(library.swale_set_threads, count)


def threads() -> int:
    """Give the number of threads that one call may use."""
    return int(library.swale_threads())


def set_memory_limit(limit: int | None) -> None:
    """Bound the bytes of data, parameters, activations and results together; None: no limit."""
    call(library.swale_set_memory_limit, limit or 0)


def memory_used() -> tuple[int, int]:
    """Give the bytes in use now and the largest use so far."""
    now, peak = ctypes.c_int64(), ctypes.c_int64()
    library.swale_memory_used(ctypes.byref(now), ctypes.byref(peak))
    return now.value, peak.value


def backend(precision: str = "f32") -> str:
    """Name what does the large products: "builtin", "openblas" or "onednn", and the instruction set of the kernels."""
    number = _abi.SWALE_F32 if precision == "f32" else _abi.SWALE_F64
    return f"{text(library.swale_backend_name(number))} ({text(library.swale_instruction_set())})"


def load_plugin(path: str | os.PathLike[str]) -> None:
    """Load a plugin; what it registers is listed and used like everything built in. Runs the plugin's code."""
    call(library.swale_plugin_load, os.fsencode(path))
