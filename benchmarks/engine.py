"""Swale through its C interface, with the prototypes of the Python package: what a call costs, without wrappers."""

import ctypes
import os
import sys
from pathlib import Path

import numpy as np

import problems

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bindings" / "python"))  # this checkout, not an installed release

from swale import _abi  # noqa: E402

DOUBLES = ctypes.POINTER(ctypes.c_double)


def library_path() -> Path:
    """The library of SWALE_LIBRARY, else the release build of this checkout."""
    named = os.environ.get("SWALE_LIBRARY")
    return Path(named) if named else ROOT / ".build" / "release" / "libswale.so"


def _load() -> ctypes.CDLL:
    if not library_path().exists():
        raise ImportError(f"{library_path()} is not there: swift build -c release --product swale")
    library = ctypes.CDLL(str(library_path()))
    _abi.declare(library)
    return library


lib = _load()


def check(status: int) -> None:
    if status != _abi.SWALE_OK:
        raise RuntimeError(lib.swale_last_error().decode())


def doubles(array: np.ndarray):
    return array.ctypes.data_as(DOUBLES)


def make(function, *arguments) -> int:
    """Calls a function whose last argument receives a handle."""
    handle = ctypes.c_uint64()
    check(function(*arguments, ctypes.byref(handle)))
    return handle.value


def options(**given) -> int:
    bag = make(lib.swale_options_create)
    for key, value in given.items():
        name = key.encode()
        if isinstance(value, bool):
            check(lib.swale_options_set_bool(bag, name, value))
        elif isinstance(value, int):
            check(lib.swale_options_set_int(bag, name, value))
        elif isinstance(value, float):
            check(lib.swale_options_set_real(bag, name, value))
        else:
            check(lib.swale_options_set_text(bag, name, str(value).encode()))
    return bag


_DTYPES = {"float32": _abi.SWALE_F32, "float64": _abi.SWALE_F64, "int32": _abi.SWALE_I32}


def _array(values: np.ndarray):
    array = _abi.swale_array()
    array.data = values.ctypes.data
    array.dtype = _DTYPES[values.dtype.name]
    array.ndim = values.ndim
    for axis, size in enumerate(values.shape):
        array.shape[axis] = size
    return array


class Landscape:
    """The objective `network` of a problem, by its C handle."""

    def __init__(self, problem: problems.Problem, precision: str = "f32", threads: int = 1):
        check(lib.swale_set_threads(threads))
        data = make(lib.swale_dataset_from_arrays, _array(problem.x), _array(problem.y))
        shape = (ctypes.c_int64 * 1)(problem.sizes[0])
        model = make(lib.swale_model_create, shape, 1)
        for k, units in enumerate(problem.sizes[1:]):
            last = k == len(problem.sizes) - 2
            bag = options(units=units, activation="linear" if last else "relu")
            check(lib.swale_model_add(model, b"dense", bag, None, None))
        bag = options(loss="cross_entropy", precision=precision)
        self.handle = make(lib.swale_objective_create, b"network", bag, model, data)
        self.dimension = problem.dimension

    def hvp(self, x: np.ndarray, v: np.ndarray, out: np.ndarray) -> None:
        """out_j = H(x) v_j; v and out are vectors x dimension, or one vector."""
        check(lib.swale_objective_hvp(
            self.handle, doubles(x), doubles(v), self.dimension, v.size // self.dimension, doubles(out)))

    def value(self, x: np.ndarray) -> float:
        value = ctypes.c_double()
        check(lib.swale_objective_value(self.handle, doubles(x), self.dimension, ctypes.byref(value), None))
        return value.value

    def solve(self, solver: str, x: np.ndarray, bag: int, run: int) -> "Result":
        return Result(make(lib.swale_solve, solver.encode(), bag, self.handle, doubles(x), self.dimension, run))

    def measure(self, metric: str, points: np.ndarray, bag: int, run: int) -> "Result":
        count = points.size // self.dimension
        return Result(make(
            lib.swale_measure, metric.encode(), bag, self.handle, doubles(points), count, self.dimension, run))


def run(**settings) -> int:
    return make(lib.swale_run_create, options(**settings), _abi.swale_progress_fn(), None)


class Result:
    """Named arrays of a result; freed with the object."""

    def __init__(self, handle: int):
        self.handle = handle

    def __del__(self):
        lib.swale_result_destroy(self.handle)

    def scalar(self, name: str) -> float:
        value = ctypes.c_double()
        check(lib.swale_result_scalar(self.handle, name.encode(), ctypes.byref(value)))
        return value.value

    def array(self, name: str) -> np.ndarray:
        """A copy of a named array of doubles."""
        view = _abi.swale_array()
        check(lib.swale_result_array(self.handle, name.encode(), ctypes.byref(view)))
        shape = [view.shape[k] for k in range(view.ndim)]
        data = ctypes.cast(view.data, DOUBLES)
        return np.ctypeslib.as_array(data, shape=(int(np.prod(shape)),)).reshape(shape).copy()
