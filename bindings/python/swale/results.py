"""Results: named numbers and arrays, with SciPy's names for what SciPy has."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from . import _abi
from ._arrays import view, view_text
from ._errors import UnknownNameError
from ._library import Handle, call, encode, library, text
from .registry import unknown_name

__all__ = ["Result"]

_SCIPY = {
    "nit": "steps",
    "nfev": "evaluations",
    "njev": "gradients",
    "nhev": "products",
    "jac": "gradient",
    "status": "reason",
}

# Recorded as numbers; as attributes they have the types that SciPy gives them.
_CONVERTED = {"success", "reason"}


class Result(Handle, Mapping[str, Any]):
    """The outcome of a solve or a measurement.

    Scalars are floats or ints, arrays are read-only views of the library's memory that keep it alive, texts are
    strings; as attributes (`result.fun`) or items (`result["fun"]`). What is recorded comes first: `result.values` is
    what was recorded under that name (solvers count values), and the method of a mapping where nothing was. SciPy's
    names x, fun, nit, nfev, njev, nhev, status, message and success work too, and jac where the solver records the
    gradient.

    A result can be pickled; the copy holds its arrays itself.
    """

    _destroy_name = "swale_result_destroy"

    def __init__(self, handle: int, kind: str, component: str, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(handle)
        self._kind = kind
        self._component = component
        self._options = dict(options or {})
        count = library.swale_result_count(handle)
        self._names = [text(library.swale_result_name(handle, index)) for index in range(count)]

    @property
    def kind(self) -> str:
        """What made it: "solver" or "metric"."""
        return self._kind

    @property
    def component(self) -> str:
        """Name of the solver or metric."""
        return self._component

    @property
    def options(self) -> dict[str, Any]:
        """Options that were given."""
        return self._options

    def __getitem__(self, name: str) -> Any:
        name = name if name in self._names else _SCIPY.get(name, name)
        struct = _abi.swale_array()
        call(library.swale_result_array, self._native(), encode(name, "the name of an array"), ctypes.byref(struct))
        if struct.dtype == _abi.SWALE_TEXT:
            return view_text(struct)
        array = view(struct, self._owner)
        return array if struct.ndim else array.item()

    def __getattribute__(self, name: str) -> Any:
        # What is recorded must not hide behind a method of the same name, as `values` behind that of mappings.
        if not name.startswith("_") and name not in _CONVERTED and name in object.__getattribute__(self, "_names"):
            return self[name]
        return super().__getattribute__(name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except UnknownNameError as error:
            raise AttributeError(str(error)) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __dir__(self) -> list[str]:
        known = {alias for alias, name in _SCIPY.items() if name in self._names}
        return sorted({*super().__dir__(), *self._names, *known})

    @property
    def success(self) -> bool:
        """Whether the run ended as wished; one that a limit cut short did not.

        Solvers: a solution or an optimum was found, or a schedule was done and the value did not rise. Metrics: all
        numbers converged.
        """
        return bool(self["success"])

    @property
    def reason(self) -> int:
        """Why the run ended, a `SWALE_...` reason; `message` has the words."""
        return int(self["reason"])

    def plot(self, ax: Any = None, **style: Any) -> Any:
        """Draw the result with matplotlib; takes and returns axes."""
        from . import plots

        return plots.plot(self, ax, **style)

    def __reduce__(self) -> tuple[Any, ...]:
        copies = {}
        for name in self._names:
            value = self[name]
            copies[name] = np.array(value) if isinstance(value, np.ndarray) else value
        return _Copy, (copies, self._kind, self._component, self._options)

    def __repr__(self) -> str:
        lines = [f"<Result of {self._kind} {self._component}>"]
        for name in self._names:
            value = self[name]
            shown = f"array of shape {value.shape}" if isinstance(value, np.ndarray) else repr(value)
            lines.append(f"  {name}: {shown}")
        return "\n".join(lines)


class _Copy(Result):
    """A result without the library: what pickle makes."""

    def __init__(self, values: dict[str, Any], kind: str, component: str, options: dict[str, Any]) -> None:
        self._value, self._owner = 0, None
        self._kind = kind
        self._component = component
        self._options = options
        self._values = values
        self._names = list(values)
        for value in values.values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def __getitem__(self, name: str) -> Any:
        name = name if name in self._values else _SCIPY.get(name, name)
        if name not in self._values:
            raise UnknownNameError(unknown_name("array of the result", name, self._names))
        return self._values[name]

    @property
    def closed(self) -> bool:
        """Whether the native object was freed: there is none to free."""
        return False

    def close(self) -> None:
        """Do nothing: there is no native object."""
