"""Python values as options of the library, which checks names and ranges."""

from __future__ import annotations

import ctypes
import operator
import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ._arrays import doubles, refuse_mask
from ._errors import OptionError, SwaleError
from ._library import Handle, call, encode, library
from .registry import Component, Option, unknown_name

__all__ = ["OptionBag", "seed_number", "snapshot"]


class OptionBag(Handle):
    """A native bag of options of a component, from Python and NumPy values; None means the default.

    Raises
    ------
    OptionError
        For an unknown name, with the nearest one (of the names `also` too, which belong to somebody else), or a value
        that cannot be of the option's type.
    """

    _destroy_name = "swale_options_destroy"

    def __init__(self, component: Component, values: Mapping[str, Any], also: Iterable[str] = ()) -> None:
        out = ctypes.c_uint64()
        call(library.swale_options_create, ctypes.byref(out))
        super().__init__(out.value)
        owner = f"{component.kind} '{component.name}'"
        for name, value in values.items():
            option = component.option(name)
            if option is None:
                known = {option.name for option in component.options}.union(also)
                raise OptionError(unknown_name(f"option of {owner}", name, sorted(known)))
            if value is None:
                continue
            refuse_mask(value, f"option '{name}' of {owner}")
            try:
                self._set(encode(name, "the name of an option"), option, value)
            except (TypeError, ValueError, OverflowError) as error:
                if isinstance(error, SwaleError):
                    raise
                allowed = f" in {option.allowed}" if option.allowed else ""
                raise OptionError(
                    f"option '{name}' of {owner} is {value!r}, allowed {option.annotation}{allowed}"
                ) from None

    def _set(self, key: bytes, option: Option, value: Any) -> None:
        if isinstance(value, (np.generic, np.ndarray)) and value.ndim == 0:
            value = value.item()
        if option.is_list:
            self._set_list(key, option, value)
        elif isinstance(value, np.ndarray):
            raise TypeError  # float() takes an array of one element, with a warning that it will not
        elif option.type == "str":
            written = encode(_text(value), f"option '{option.name}'")
            call(library.swale_options_set_text, self.handle, key, written)
        elif isinstance(value, bool):
            call(library.swale_options_set_bool, self.handle, key, int(value))
        elif isinstance(value, float):
            # Also where a whole number is wanted: the library takes 1e5 for 100000.
            call(library.swale_options_set_real, self.handle, key, value)
        elif option.type == "float":
            if isinstance(value, (str, bytes)):
                raise TypeError
            call(library.swale_options_set_real, self.handle, key, float(value))
        else:
            call(library.swale_options_set_int, self.handle, key, _int64(operator.index(value)))

    def _set_list(self, key: bytes, option: Option, value: Any) -> None:
        array = np.asarray(value).ravel()
        if array.size == 0:
            array = np.empty(0, np.int64 if option.type == "int" else np.float64)
        if array.dtype.kind in "iu":
            if array.dtype.kind == "u" and array.size:
                _int64(int(array.max()))
            whole = np.ascontiguousarray(array, dtype=np.int64)
            pointer = ctypes.byref(ctypes.c_int64.from_address(whole.ctypes.data))
            call(library.swale_options_set_ints, self.handle, key, pointer, whole.size)
        elif array.dtype.kind == "f":
            real = np.ascontiguousarray(array, dtype=np.float64)
            call(library.swale_options_set_reals, self.handle, key, doubles(real), real.size)
        else:
            raise TypeError


def snapshot(component: Component, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give options that a bag has taken in a form that nobody can change and that can be pickled."""
    kept: dict[str, Any] = {}
    for name, value in values.items():
        option = component.option(name)
        if value is None or option is None:
            continue
        if option.is_list:
            kept[name] = np.array(value)
        elif option.type == "str":
            kept[name] = _text(value)
        else:
            kept[name] = value.item() if isinstance(value, (np.generic, np.ndarray)) else value
    return kept


def _text(value: Any) -> str:
    """Give a text or path; several texts are joined by commas, as the library reads lists of names."""
    if isinstance(value, (list, tuple)):
        if not value:
            raise TypeError  # the empty text would mean that nothing was given
        return ",".join(_text(part) for part in value)
    path = os.fspath(value)
    if not isinstance(path, str):
        raise TypeError
    return path


def _int64(value: int) -> int:
    if not -(2**63) <= value < 2**63:
        raise OverflowError
    return value


def seed_number(seed: Any) -> int:
    """Give a seed as the library takes it: a whole number of 0 ... 2^64 - 1."""
    refuse_mask(seed, "seed")
    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if not 0 <= number < 2**64:
        raise OptionError(f"seed is {seed!r}, allowed whole numbers of 0 ... 2^64 - 1")
    return number
