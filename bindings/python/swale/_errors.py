"""Exceptions: one base class, and a class per status that is also the built-in error a caller would expect."""

from __future__ import annotations

import pickle

from . import _abi

__all__ = [
    "ArgumentError",
    "CallbackError",
    "FileError",
    "HandleError",
    "InternalError",
    "LibraryError",
    "NonfiniteError",
    "OptionError",
    "OutOfMemoryError",
    "PicklingError",
    "PluginError",
    "ShapeError",
    "StateError",
    "SwaleError",
    "UnknownNameError",
    "UnsupportedError",
]


class SwaleError(Exception):
    """Base of all errors of the library; the message says what was wrong and what is allowed."""

    status: int = _abi.SWALE_E_INTERNAL

    def __str__(self) -> str:
        # KeyError would show the message in quotes.
        return Exception.__str__(self) if len(self.args) != 1 else str(self.args[0])


class ArgumentError(SwaleError, ValueError):
    """An impossible argument."""

    status = _abi.SWALE_E_ARGUMENT


class ShapeError(SwaleError, ValueError):
    """Sizes or shapes that do not fit together."""

    status = _abi.SWALE_E_SHAPE


class UnknownNameError(SwaleError, KeyError):
    """No component, array or tensor of that name."""

    status = _abi.SWALE_E_NAME


class OptionError(SwaleError, ValueError):
    """An unknown option, or a value out of its range."""

    status = _abi.SWALE_E_OPTION


class UnsupportedError(SwaleError, NotImplementedError):
    """The objective lacks what the solver or metric needs."""

    status = _abi.SWALE_E_UNSUPPORTED


class StateError(SwaleError, RuntimeError):
    """Not now: a busy run, a model already in use."""

    status = _abi.SWALE_E_STATE


class NonfiniteError(SwaleError, ValueError):
    """NaN or infinity where a finite number is needed."""

    status = _abi.SWALE_E_NONFINITE


class CallbackError(SwaleError, RuntimeError):
    """A user callback reported failure without an exception."""

    status = _abi.SWALE_E_CALLBACK


class PluginError(SwaleError, ImportError):
    """A plugin cannot be loaded or registered."""

    status = _abi.SWALE_E_PLUGIN


class FileError(SwaleError, OSError):
    """A file cannot be read or is damaged."""

    status = _abi.SWALE_E_IO


class OutOfMemoryError(SwaleError, MemoryError):
    """Out of memory, or over the memory limit."""

    status = _abi.SWALE_E_MEMORY


class HandleError(SwaleError, ValueError):
    """An object that was closed already."""

    status = _abi.SWALE_E_HANDLE


class InternalError(SwaleError, RuntimeError):
    """A defect of the library: please report it."""

    status = _abi.SWALE_E_INTERNAL


class PicklingError(SwaleError, pickle.PicklingError, TypeError):
    """An object that only means something in this process, asked to travel to another one."""

    status = _abi.SWALE_E_UNSUPPORTED


class LibraryError(SwaleError, ImportError):
    """The native library cannot be found, loaded, or has another version."""


_BY_STATUS: dict[int, type[SwaleError]] = {
    kind.status: kind
    for kind in (
        ArgumentError,
        ShapeError,
        UnknownNameError,
        OptionError,
        UnsupportedError,
        StateError,
        NonfiniteError,
        CallbackError,
        PluginError,
        FileError,
        OutOfMemoryError,
        HandleError,
        InternalError,
    )
}


def from_status(status: int, message: str) -> SwaleError:
    """Make the exception of a status; a status that is newer than this package gets the base class."""
    error = _BY_STATUS.get(status, SwaleError)(message)
    error.status = status
    return error
