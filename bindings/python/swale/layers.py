"""Layers by name, from the registry: `layers.dense(64, activation="relu")`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable

from ._errors import OptionError
from .registry import components, describe

__all__ = ["Layer"]


@dataclass(frozen=True)
class Layer:
    """A layer to be added to a model."""

    type: str
    options: dict[str, Any] = field(default_factory=dict)


def __getattr__(name: str) -> Callable[..., Layer]:
    """Every registered layer is a function; the first option may be given without its name."""
    if name.startswith("_") or name not in components("layer"):
        raise AttributeError(f"module 'swale.layers' has no attribute or layer '{name}'")

    def layer(*arguments: Any, **options: Any) -> Layer:
        if arguments:
            known = describe("layer", name).options
            if len(arguments) > 1 or not known or known[0].name in options:
                raise OptionError(f"layer '{name}' takes one positional argument at most, its first option")
            options = {known[0].name: arguments[0], **options}
        return Layer(name, options)

    layer.__name__ = name
    layer.__doc__ = str(describe("layer", name))
    return layer


def __dir__() -> list[str]:
    return [*__all__, *components("layer")]
