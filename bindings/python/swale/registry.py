"""What is registered: components of every kind with their options, from the library's own records."""

from __future__ import annotations

import ctypes
import inspect
from dataclasses import dataclass
from typing import Any

from . import _abi
from ._errors import UnknownNameError
from ._library import call, library, text

__all__ = ["Component", "Option", "components", "describe"]

_KINDS = {
    "layer": _abi.SWALE_KIND_LAYER,
    "loss": _abi.SWALE_KIND_LOSS,
    "objective": _abi.SWALE_KIND_OBJECTIVE,
    "solver": _abi.SWALE_KIND_SOLVER,
    "metric": _abi.SWALE_KIND_METRIC,
    "dataset": _abi.SWALE_KIND_DATASET,
    "transform": _abi.SWALE_KIND_TRANSFORM,
    "initializer": _abi.SWALE_KIND_INITIALIZER,
    "run": _abi.SWALE_KIND_RUN,
}
_TYPES = {_abi.SWALE_BOOL: "bool", _abi.SWALE_I64: "int", _abi.SWALE_F64: "float", _abi.SWALE_TEXT: "str"}


@dataclass(frozen=True)
class Option:
    """One option of a component."""

    name: str
    type: str
    is_list: bool
    doc: str
    default: str
    choices: tuple[str, ...]
    lowest: float
    highest: float

    def __str__(self) -> str:
        kind = f"list of {self.type}" if self.is_list else self.type
        if self.choices:
            allowed = " | ".join(self.choices)
        elif self.type in ("int", "float"):
            allowed = f"{self.lowest:g} ... {self.highest:g}"
        else:
            allowed = ""
        extra = f", {allowed}" if allowed else ""
        return f"{self.name} ({kind}{extra}; default {self.default or 'none'}): {self.doc}"


@dataclass(frozen=True)
class Component:
    """One registered component: what it is called, what it does, and its options."""

    kind: str
    name: str
    summary: str
    reference: str
    needs: int
    points: tuple[int, int]
    options: tuple[Option, ...]

    def option(self, name: str) -> Option | None:
        """Find an option by name."""
        return next((option for option in self.options if option.name == name), None)

    @property
    def signature(self) -> inspect.Signature:
        """The options as keyword-only parameters, for help and completion."""
        return inspect.Signature(
            [
                inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=option.default)
                for option in self.options
            ]
        )

    def __str__(self) -> str:
        lines = [f"{self.kind} {self.name}: {self.summary}"]
        if self.reference:
            lines.append(f"  {self.reference}")
        return "\n".join(lines + [f"  {option}" for option in self.options])


def _kind(kind: str) -> int:
    if kind not in _KINDS:
        raise UnknownNameError(f"unknown kind '{kind}'; known: {', '.join(_KINDS)}")
    return _KINDS[kind]


def components(kind: str) -> list[str]:
    """Names of everything registered of a kind: "solver", "metric", "layer", "loss", "objective", "dataset", ..."""
    number = _kind(kind)
    return [_info(number, index).name.decode() for index in range(library.swale_component_count(number))]


def describe(kind: str, name: str) -> Component:
    """Describe a component with its options; `print` shows it."""
    number = _kind(kind)
    for index in range(library.swale_component_count(number)):
        info = _info(number, index)
        if info.name.decode() == name:
            return Component(
                kind=kind,
                name=name,
                summary=text(info.summary),
                reference=text(info.reference),
                needs=info.needs,
                points=(info.points_min, info.points_max),
                options=tuple(_option(number, name, k) for k in range(info.option_count)),
            )
    raise UnknownNameError(f"unknown {kind} '{name}'; known: {', '.join(components(kind))}")


def _info(kind: int, index: int) -> Any:
    info = _abi.swale_component_info()
    info.struct_size = ctypes.sizeof(info)
    call(library.swale_component, kind, index, ctypes.byref(info))
    return info


def _option(kind: int, name: str, index: int) -> Option:
    info = _abi.swale_option_info()
    info.struct_size = ctypes.sizeof(info)
    call(library.swale_component_option, kind, name.encode(), index, ctypes.byref(info))
    return Option(
        name=text(info.name),
        type=_TYPES.get(info.dtype, "?"),
        is_list=bool(info.is_list),
        doc=text(info.doc),
        default=text(info.fallback),
        choices=tuple(text(info.choices).split()),
        lowest=info.lowest,
        highest=info.highest,
    )
