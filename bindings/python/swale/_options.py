"""Python values as options of the library, which checks names, types and ranges."""

from __future__ import annotations

import ctypes
import numbers
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from ._errors import OptionError
from ._library import Handle, call, library

__all__ = ["OptionBag"]


class OptionBag(Handle):
    """A native bag of options."""

    _destroy_name = "swale_options_destroy"

    def __init__(self, values: Mapping[str, Any]) -> None:
        out = ctypes.c_uint64()
        call(library.swale_options_create, ctypes.byref(out))
        super().__init__(out.value)
        for name, value in values.items():
            if value is not None:
                self._set(name, value)

    def _set(self, name: str, value: Any) -> None:
        key = name.encode()
        if isinstance(value, (bool, np.bool_)):
            call(library.swale_options_set_bool, self.handle, key, int(value))
        elif isinstance(value, numbers.Integral):
            if not -(2**63) <= int(value) < 2**63:
                raise OptionError(f"option '{name}' is {value}, which does not fit into 64 bits")
            call(library.swale_options_set_int, self.handle, key, int(value))
        elif isinstance(value, numbers.Real):
            call(library.swale_options_set_real, self.handle, key, float(value))
        elif isinstance(value, (str, os.PathLike)):
            call(library.swale_options_set_text, self.handle, key, os.fspath(value).encode())
        else:
            self._set_list(name, key, value)

    def _set_list(self, name: str, key: bytes, value: Any) -> None:
        array = np.asarray(value)
        if array.dtype.kind in "iub":
            whole = np.ascontiguousarray(array.ravel(), dtype=np.int64)
            wholes = whole.ctypes.data_as(ctypes.POINTER(ctypes.c_int64))
            call(library.swale_options_set_ints, self.handle, key, wholes, whole.size)
        elif array.dtype.kind == "f":
            real = np.ascontiguousarray(array.ravel(), dtype=np.float64)
            reals = real.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
            call(library.swale_options_set_reals, self.handle, key, reals, real.size)
        elif array.dtype.kind == "U":
            call(library.swale_options_set_text, self.handle, key, ",".join(array.ravel().tolist()).encode())
        else:
            raise OptionError(f"option '{name}' is of type {type(value).__name__}, allowed numbers, texts and lists")
