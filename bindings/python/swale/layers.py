"""Layers by name, from the registry: `layers.dense(64, activation="relu")`.

`dir(swale.layers)` lists them, `help(swale.layers.dense)` shows the options. A layer is a recipe: it gets its sizes
when a model takes it. Options are checked at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

from . import _abi
from ._functions import registered_function
from ._library import call, library
from ._options import OptionBag
from .registry import Component, components

__all__ = ["Layer"]


class Layer(NamedTuple):
    """A layer to be added to a model."""

    type: str
    options: Mapping[str, Any]
    #: What its parameters are called after; None: the type and a number, as dense0.
    name: str | None = None

    def __repr__(self) -> str:
        given = {**self.options, **({} if self.name is None else {"name": self.name})}
        return f"{self.type}({', '.join(f'{key}={value!r}' for key, value in given.items())})"


def _make(component: Component, options: dict[str, Any], *, name: str | None = None) -> Layer:
    with OptionBag(component, options) as bag:
        call(library.swale_options_check, bag.handle, _abi.SWALE_KIND_LAYER, component.name.encode())
    return Layer(component.name, options, name)


def __getattr__(name: str) -> Callable[..., Layer]:
    return registered_function("layer", name, __name__, _make)


def __dir__() -> list[str]:
    return sorted([*__all__, *components("layer")])
