"""What is registered: components of every kind with their options, from the library's own records.

Nothing is listed twice: what a plugin registers has the same signatures and documentation as what is built in.
"""

from __future__ import annotations

import ctypes
import functools
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _abi
from ._errors import OptionError, UnknownNameError
from ._library import call, encode, library, text

if TYPE_CHECKING:
    import inspect

__all__ = ["Component", "Option", "components", "describe", "unknown_name"]

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
_PYTHON_TYPES = {"bool": bool, "int": int, "float": float, "str": str}


class Option(NamedTuple):
    """One option of a component."""

    name: str
    #: "bool", "int", "float" or "str": of the value, or of the elements of a list.
    type: str
    is_list: bool
    doc: str
    #: As text; `value` has it as Python's type.
    default: str
    choices: tuple[str, ...]
    lowest: float
    highest: float

    @property
    def value(self) -> Any:
        """The default as a Python value; None where nothing is given."""
        python_type = _PYTHON_TYPES.get(self.type, str)
        if self.is_list:
            # No number in the record: none is given. An empty list would be refused.
            return [python_type(part) for part in self.default.split(",") if part] or None
        return self.default == "true" if self.type == "bool" else python_type(self.default)

    @property
    def annotation(self) -> str:
        """The type as Python writes it."""
        return f"list[{self.type}]" if self.is_list else self.type

    @property
    def allowed(self) -> str:
        """The allowed values in words; empty when there is no bound."""
        if self.choices:
            return " | ".join(self.choices)
        bounded = self.lowest > float("-inf") or self.highest < float("inf")
        return f"{self.lowest:g} ... {self.highest:g}" if bounded and self.type in ("int", "float") else ""

    def __str__(self) -> str:
        kind = f"list of {self.type}" if self.is_list else self.type
        extra = f", {self.allowed}" if self.allowed else ""
        return f"{self.name} ({kind}{extra}; default {self.default or 'none'}): {self.doc}"


class Component(NamedTuple):
    """One registered component: what it is called, what it does, and its options. `print` shows it."""

    kind: str
    name: str
    summary: str
    reference: str
    #: SWALE_CAN_ bits that a solver or metric needs of an objective.
    needs: int
    #: Fewest and most points that a metric takes.
    points: tuple[int, int]
    options: tuple[Option, ...]

    def option(self, name: str) -> Option | None:
        """Find an option by name."""
        return next((option for option in self.options if option.name == name), None)

    def bind(self, arguments: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """Name positional arguments after the options in their order, as a call of a Python function does."""
        if len(arguments) > len(self.options):
            raise OptionError(f"{self.kind} '{self.name}' has {len(self.options)} options, got {len(arguments)} values")
        bound = {option.name: value for option, value in zip(self.options, arguments)}
        for name in options.keys() & bound.keys():
            raise OptionError(f"option '{name}' of {self.kind} '{self.name}' is given twice: by position and by name")
        return {**bound, **options}

    @property
    def signature(self) -> inspect.Signature:
        """The options as the parameters of a Python function, with defaults, for help and completion."""
        from inspect import Parameter, Signature

        return Signature(
            [
                Parameter(
                    option.name,
                    Parameter.POSITIONAL_OR_KEYWORD,
                    default=option.value,
                    annotation=option.annotation,
                )
                for option in self.options
            ]
        )

    @property
    def documentation(self) -> str:
        """The record as a NumPy docstring."""
        lines = [self.summary, ""]
        if self.options:
            lines += ["Parameters", "----------"]
        for option in self.options:
            kind = f"{{{', '.join(map(repr, option.choices))}}}" if option.choices else option.annotation
            bounds = f" Allowed: {option.allowed}." if option.allowed and not option.choices else ""
            lines += [f"{option.name} : {kind}, default {option.value!r}", f"    {option.doc}{bounds}"]
        if self.reference:
            lines += ["", "References", "----------", self.reference]
        return "\n".join(lines)

    def __str__(self) -> str:
        lines = [f"{self.kind} {self.name}: {self.summary}"]
        if self.reference:
            lines.append(f"  {self.reference}")
        return "\n".join(lines + [textwrap.indent(str(option), "  ") for option in self.options])


def unknown_name(what: str, name: str, known: Sequence[str]) -> str:
    """Say that a name is unknown, with the nearest known one."""
    import difflib

    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        return f"unknown {what} '{name}'; did you mean '{near[0]}'?"
    return f"unknown {what} '{name}'; known: {', '.join(sorted(known))}"


def _kind(kind: str) -> int:
    if kind not in _KINDS:
        raise UnknownNameError(unknown_name("kind", kind, list(_KINDS)))
    return _KINDS[kind]


def components(kind: str) -> list[str]:
    """Names of everything registered of a kind: "solver", "metric", "layer", "loss", "objective", "dataset", ..."""
    number = _kind(kind)
    return [text(_info(number, index).name) for index in range(library.swale_component_count(number))]


def describe(kind: str, name: str) -> Component:
    """Describe a component with its options; `print` shows it."""
    _kind(kind)
    return _describe(kind, name)


# Components are never taken back, so what was found once stays true. A name that is not found is not kept.
@functools.cache
def _describe(kind: str, name: str) -> Component:
    number = _KINDS[kind]
    for index in range(library.swale_component_count(number)):
        info = _info(number, index)
        if text(info.name) == name:
            return Component(
                kind=kind,
                name=name,
                summary=text(info.summary),
                reference=text(info.reference),
                needs=info.needs,
                points=(info.points_min, info.points_max),
                options=tuple(_option(number, name, k) for k in range(info.option_count)),
            )
    raise UnknownNameError(unknown_name(kind, name, components(kind)))


def _info(kind: int, index: int) -> Any:
    info = _abi.swale_component_info()
    info.struct_size = ctypes.sizeof(info)
    call(library.swale_component, kind, index, ctypes.byref(info))
    return info


def _option(kind: int, name: str, index: int) -> Option:
    info = _abi.swale_option_info()
    info.struct_size = ctypes.sizeof(info)
    call(library.swale_component_option, kind, encode(name, "name"), index, ctypes.byref(info))
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
