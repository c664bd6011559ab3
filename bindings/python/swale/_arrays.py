"""NumPy arrays across the border, without copies where the memory allows it."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _abi
from ._errors import ArgumentError, ShapeError

__all__ = ["Loan", "doubles", "lend", "matrix", "plain", "reals", "refuse_mask", "vector", "view", "view_text"]

_NUMPY_TYPES: dict[int, np.dtype[Any]] = {
    _abi.SWALE_F64: np.dtype(np.float64),
    _abi.SWALE_F32: np.dtype(np.float32),
    _abi.SWALE_I64: np.dtype(np.int64),
    _abi.SWALE_I32: np.dtype(np.int32),
    _abi.SWALE_U8: np.dtype(np.uint8),
}
_NATIVE_TYPES = {dtype: number for number, dtype in _NUMPY_TYPES.items()}


def refuse_mask(x: Any, name: str) -> None:
    """Refuse an array, or a sequence of arrays, that hides some of its elements: NumPy would bring them to light."""
    if isinstance(x, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(x)
        if mask.any():
            where = f" at {np.argwhere(mask)[0].tolist()}" if mask.ndim else ""
            raise ArgumentError(f"{name} is masked{where}: fill what is hidden (`.filled(...)`) or leave it out")
    elif isinstance(x, Sequence) and not isinstance(x, (str, bytes, bytearray, memoryview)):
        for part in x:
            if not isinstance(part, (int, float, str, bytes)):
                refuse_mask(part, name)
    elif hasattr(x, "__array__") and not isinstance(x, (np.ndarray, np.generic)):
        made = x.__array__()
        if isinstance(made, np.ma.MaskedArray):
            refuse_mask(made, name)


def plain(x: Any, name: str) -> NDArray[Any]:
    """Give `x` as a NumPy array of numbers of whatever type; the same memory where it is one already."""
    refuse_mask(x, name)
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ArgumentError(f"{name} does not make an array: {error}") from None
    if array.dtype.kind == "O":
        hint = "; make a list of it first" if isinstance(x, Iterator) else ""
        raise ArgumentError(f"{name} is {_kind_of(x)} of dtype object, allowed arrays of real numbers{hint}")
    return array


def _kind_of(x: Any) -> str:
    return "an array" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"


def reals(x: Any, name: str) -> NDArray[np.float64]:
    """Give contiguous, aligned float64 numbers: `x` itself where it is such an array, else a copy."""
    # What points are as a rule, before the questions that take microseconds.
    if type(x) is np.ndarray and x.dtype == np.float64 and x.flags.c_contiguous and x.flags.aligned:
        return x
    array = plain(x, name)
    if array.dtype.kind not in "biuf":
        raise ArgumentError(f"{name} has dtype {array.dtype}, allowed real numbers")
    # Not np.ascontiguousarray, which gives scalars a dimension and leaves addresses as they are.
    return np.require(array, np.float64, ["C", "A"])


def vector(x: ArrayLike, count: int, name: str = "x") -> NDArray[np.float64]:
    """Give a contiguous float64 vector of `count` elements: `x` itself where it is one, else a copy."""
    array = reals(x, name)
    if array.shape != (count,):
        raise ShapeError(f"{name} has shape {array.shape}, needed ({count},)")
    return array


def matrix(x: ArrayLike, width: int, name: str) -> tuple[NDArray[np.float64], int, bool]:
    """Give contiguous float64 rows, their number, and whether the input was a single row (one dimension)."""
    array = reals(x, name)
    single = array.ndim == 1
    if array.ndim not in (1, 2) or array.shape[-1] != width:
        raise ShapeError(f"{name} has shape {array.shape}, needed ({width},) or (k, {width})")
    return array, 1 if single else array.shape[0], single


def doubles(array: NDArray[np.float64]) -> Any:
    """Give a pointer to the elements; the caller keeps the array alive."""
    return ctypes.byref(ctypes.c_double.from_address(array.ctypes.data))


# Arrays that the library uses without a copy, by the number it gets as their owner.
_lent: dict[int, NDArray[Any]] = {}
_numbers = itertools.count(1)


def _forget(owner: int | None) -> None:
    _lent.pop(owner or 0, None)


_release = _abi.swale_array_release_fn(_forget)


class Loan:
    """A `swale_array` over NumPy memory, for one call that makes something of it.

    With `share` the library keeps the memory, and the array lives until it calls release, or until `withdraw`. Without,
    the library copies the numbers during the call.
    """

    def __init__(self, array: NDArray[Any], share: bool) -> None:
        self._number = next(_numbers)
        self._array = array
        self.struct = _describe(array)
        if share:
            self.struct.release = _release
            self.struct.owner = self._number
            _lent[self._number] = array

    def withdraw(self) -> None:
        """Take the array back after a call that failed: the library has not kept it."""
        _lent.pop(self._number, None)


def lend(x: Any, name: str, *, share: bool, kind: str = "auto") -> Loan:
    """Prepare an array for a call of the library that makes a dataset of it.

    Contiguous float64, float32, int64, int32 and uint8 arrays are used as they are, other real types converted.

    Parameters
    ----------
    x : array_like
        The numbers.
    name : str
        What error messages call it.
    share : bool
        Whether the library may keep the memory.
    kind : {"auto", "labels", "real"}
        "labels": whole numbers of any type become integers, "real": integers become floating-point numbers.
    """
    array = plain(x, name)
    if kind == "labels" and array.dtype.kind == "f":
        whole = array == np.floor(array)
        if not whole.all():
            where = np.argwhere(~whole)[0].tolist()
            raise ArgumentError(f"{name}{where} is {array[tuple(where)]}, but labels are whole numbers")
        array = array.astype(np.int64)
    elif kind == "real" and array.dtype.kind in "biu":
        array = array.astype(np.float64)
    if array.dtype not in _NATIVE_TYPES:
        array = array.astype(_nearest_type(array, name))
    return Loan(np.require(array, requirements=["C", "A"]), share)


def _nearest_type(array: NDArray[Any], name: str) -> np.dtype[Any]:
    dtype = array.dtype
    if dtype.kind == "b":
        return np.dtype(np.uint8)
    if dtype.kind in "iu":
        if dtype.itemsize == 8 and dtype.kind == "u" and array.size and int(array.max()) >= 2**63:
            raise ArgumentError(f"{name} has the number {int(array.max())}, allowed whole numbers below 2^63")
        return np.dtype(np.int64)
    if dtype.kind == "f":
        # Also the other byte order, which NumPy counts as a type of its own.
        return np.dtype(np.float64 if dtype.itemsize >= 8 else np.float32)
    raise ArgumentError(f"{name} has dtype {dtype}, allowed real numbers of up to 64 bits")


def _describe(array: NDArray[Any]) -> _abi.swale_array:
    if array.ndim > _abi.SWALE_MAX_DIMENSIONS:
        raise ShapeError(f"an array of {array.ndim} dimensions, allowed up to {_abi.SWALE_MAX_DIMENSIONS}")
    struct = _abi.swale_array()
    struct.data = array.ctypes.data
    struct.dtype = _NATIVE_TYPES[array.dtype]
    struct.ndim = array.ndim
    for axis, size in enumerate(array.shape):
        struct.shape[axis] = size
    return struct


class _View:
    """Native memory with the object that keeps it alive; NumPy arrays made of it refer to it as their base."""

    def __init__(self, interface: dict[str, Any], owner: object) -> None:
        self.__array_interface__ = interface
        self.owner = owner


def view(struct: _abi.swale_array, owner: object) -> NDArray[Any]:
    """Make a read-only NumPy array over native memory that lives as long as `owner`."""
    dtype = _NUMPY_TYPES[struct.dtype]
    shape = tuple(struct.shape[: struct.ndim])
    if 0 in shape or not struct.data:
        return np.empty(shape, dtype)
    interface = {"version": 3, "typestr": dtype.str, "shape": shape, "data": (struct.data, True)}
    array: NDArray[Any] = np.asarray(_View(interface, owner))
    return array


def view_text(struct: _abi.swale_array) -> str:
    """Decode a text that the library describes as an array of bytes."""
    return ctypes.string_at(struct.data or 0, struct.shape[0]).decode("utf-8", "replace")
