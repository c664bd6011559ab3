"""Python functions as a landscape: trampolines that the library calls, and what they call."""

from __future__ import annotations

import ctypes
import itertools
from typing import Any, Callable, NamedTuple, Union

import numpy as np
from numpy.typing import NDArray

from . import _abi
from ._arrays import reals, refuse_mask
from ._errors import ArgumentError, ShapeError
from ._library import call, keep_exception, library, python_callbacks

__all__ = ["Gradient", "HessianProduct", "Value", "callback_objective"]

Vector = NDArray[np.float64]
Value = Callable[[Vector], Any]
Gradient = Union[Callable[[Vector], Any], bool, None]
HessianProduct = Union[Callable[[Vector, Vector], Any], None]


class _Functions(NamedTuple):
    value: Value
    gradient: Gradient
    hvp: HessianProduct


_registered: dict[int, _Functions] = {}
_numbers = itertools.count(1)


def _memory(pointer: Any, count: int) -> Vector:
    numbers: Any = (ctypes.c_double * count).from_address(ctypes.addressof(pointer.contents))
    array: Vector = np.frombuffer(numbers, dtype=np.float64)
    return array


def _copied(pointer: Any, count: int) -> Vector:
    # A copy, because functions may keep their argument (to trace a path, say) and the memory is the library's.
    point: Vector = _memory(pointer, count).copy()
    return point


def _write(pointer: Any, count: int, values: Any, what: str) -> None:
    array = reals(values, f"the {what}")
    if array.shape != (count,):
        raise ShapeError(f"the {what} has shape {array.shape}, needed ({count},)")
    _memory(pointer, count)[:] = array


def _number(value: Any) -> float:
    refuse_mask(value, "the value")
    if isinstance(value, (str, bytes)):
        raise ArgumentError(f"the value is {value!r}, needed a number")
    return float(value)


def _call_value(x: Any, count: int, value: Any, gradient: Any, status: Any, user: int) -> None:
    try:
        functions = _registered[user]
        point = _copied(x, count)
        if functions.gradient is True:
            answer, slope = functions.value(point)
            if gradient:
                _write(gradient, count, slope, "gradient")
        else:
            answer = functions.value(point)
            if gradient and callable(functions.gradient):
                _write(gradient, count, functions.gradient(point), "gradient")
        value[0] = _number(answer)
        status[0] = _abi.SWALE_OK
    except BaseException as error:  # also KeyboardInterrupt: ctypes would print and forget it
        keep_exception(error)


def _call_hvp(x: Any, v: Any, count: int, out: Any, status: Any, user: int) -> None:
    try:
        product = _registered[user].hvp
        if product is not None:
            _write(out, count, product(_copied(x, count), _copied(v, count)), "Hessian-vector product")
            status[0] = _abi.SWALE_OK
    except BaseException as error:  # as in _call_value
        keep_exception(error)


def _release_functions(number: int) -> None:
    _registered.pop(number, None)
    python_callbacks.discard(number)


# One trampoline of each kind serves all landscapes; they live as long as the process.
_value = _abi.swale_value_fn(_call_value)
_hvp = _abi.swale_hvp_fn(_call_hvp)
_release = _abi.swale_callbacks_release_fn(_release_functions)


def callback_objective(value: Value, gradient: Gradient, hvp: HessianProduct, dimension: int) -> int:
    """Make the native objective and give its handle; the functions live as long as it does."""
    if not callable(value):
        raise ArgumentError(f"value is {value!r}, needed a function of the point")
    if gradient is False:
        gradient = None
    if gradient is not None and gradient is not True and not callable(gradient):
        raise ArgumentError(f"gradient is {gradient!r}, needed a function of the point, or True")
    number = next(_numbers)
    _registered[number] = _Functions(value, gradient, hvp)
    python_callbacks.add(number)
    table = _abi.swale_callbacks(
        struct_size=ctypes.sizeof(_abi.swale_callbacks),
        gradient_available=int(gradient is not None),
        dimension=dimension,
        value=_value,
        user=number,
        release=_release,
    )
    if hvp is not None:
        table.hvp = _hvp
    handle = ctypes.c_uint64()
    try:
        call(library.swale_objective_from_callbacks, ctypes.byref(table), ctypes.byref(handle))
    except BaseException:
        _release_functions(number)
        raise
    return handle.value
