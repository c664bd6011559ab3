"""Swale: loss landscapes of neural networks. Train, find wide flat minima, measure curvature and surfaces."""

from __future__ import annotations

from typing import Any

from . import datasets, layers, objectives
from ._abi import VERSION as _NUMBER
from ._errors import (
    ArgumentError,
    CallbackError,
    FileError,
    HandleError,
    InternalError,
    LibraryError,
    NonfiniteError,
    OptionError,
    OutOfMemoryError,
    PicklingError,
    PluginError,
    ShapeError,
    StateError,
    SwaleError,
    UnknownNameError,
    UnsupportedError,
)
from ._library import library_path
from .models import Graph, Sequential
from .progress import Progress
from .registry import Component, Option, components, describe
from .results import Result
from .runs import measure, solve
from .settings import backend, load_plugin, memory_used, set_log, set_memory_limit, set_threads, threads

__version__ = f"{_NUMBER // 10000}.{_NUMBER // 100 % 100}.{_NUMBER % 100}"

__all__ = [
    "ArgumentError",
    "CallbackError",
    "Component",
    "FileError",
    "Graph",
    "HandleError",
    "InternalError",
    "LibraryError",
    "NonfiniteError",
    "Option",
    "OptionError",
    "OutOfMemoryError",
    "PicklingError",
    "PluginError",
    "Progress",
    "Result",
    "Sequential",
    "ShapeError",
    "StateError",
    "SwaleError",
    "UnknownNameError",
    "UnsupportedError",
    "backend",
    "components",
    "datasets",
    "describe",
    "layers",
    "library_path",
    "load_plugin",
    "measure",
    "memory_used",
    "objectives",
    "plots",
    "set_log",
    "set_memory_limit",
    "set_threads",
    "solve",
    "threads",
]


def __getattr__(name: str) -> Any:
    # matplotlib is only imported by who plots.
    if name == "plots":
        import importlib

        return importlib.import_module(".plots", __name__)
    raise AttributeError(f"module 'swale' has no attribute {name!r}")
