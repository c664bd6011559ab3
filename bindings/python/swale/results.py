"""Results: named numbers and arrays, with SciPy's names for what SciPy has."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from typing import Any

from . import _abi
from ._arrays import view, view_text
from ._errors import UnknownNameError
from ._library import Handle, call, library

__all__ = ["Result"]

_SCIPY = {"nit": "steps", "nfev": "evaluations", "njev": "gradients", "jac": "gradient_norm", "status": "reason"}


class Result(Handle, Mapping[str, Any]):
    """The outcome of a solve or a measurement.

    Scalars are floats or ints, arrays are read-only views of the library's memory, texts are strings; as attributes
    (`result.fun`) or items (`result["fun"]`). SciPy's names nit, nfev, njev and status work too.
    """

    _destroy_name = "swale_result_destroy"

    def __init__(self, handle: int, kind: str, component: str) -> None:
        super().__init__(handle)
        self.kind = kind
        self.component = component
        count = library.swale_result_count(handle)
        self._names = [library.swale_result_name(handle, index).decode() for index in range(count)]

    def __getitem__(self, name: str) -> Any:
        name = name if name in self._names else _SCIPY.get(name, name)
        struct = _abi.swale_array()
        call(library.swale_result_array, self.handle, name.encode(), ctypes.byref(struct))
        if struct.dtype == _abi.SWALE_TEXT:
            return view_text(struct)
        array = view(struct, self)
        return array if struct.ndim else array.item()

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
        return sorted({*super().__dir__(), *self._names})

    @property
    def success(self) -> bool:
        """Whether the run ended as wished: neither cancelled nor diverged."""
        return bool(self["success"]) if "success" in self._names else self["reason"] == _abi.SWALE_CONVERGED

    @property
    def reason(self) -> int:
        """Why the run ended, a `SWALE_...` reason; `message` has the words."""
        return int(self["reason"])

    def plot(self, ax: Any = None, **style: Any) -> Any:
        """Draw the result with matplotlib; takes and returns axes."""
        from . import plots

        return plots.plot(self, ax, **style)

    def __repr__(self) -> str:
        lines = [f"<Result of {self.kind} {self.component}>"]
        for name in self._names:
            value = self[name]
            shown = f"array of shape {value.shape}" if hasattr(value, "shape") and value.shape else repr(value)
            lines.append(f"  {name}: {shown}")
        return "\n".join(lines)
