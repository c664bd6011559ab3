"""Objectives: landscapes to solve and to measure."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _abi
from ._arrays import doubles, matrix, vector
from ._library import Handle, call, keep_exception, library, text
from ._options import OptionBag
from .datasets import Dataset
from .models import Graph
from .registry import components, describe

__all__ = ["Objective", "Tensor", "create", "from_callables", "network"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Tensor:
    """One tensor of a parameter vector."""

    name: str
    shape: tuple[int, ...]
    offset: int
    filter_axis: int | None
    is_bias: bool
    is_norm: bool
    output_group: int | None
    input_group: int | None

    @property
    def range(self) -> slice:
        """Where it stands in the vector."""
        return slice(self.offset, self.offset + int(np.prod(self.shape, dtype=np.int64)))


class Objective(Handle):
    """A landscape: an oracle over a parameter vector of `dimension` float64 numbers."""

    _destroy_name = "swale_objective_destroy"

    def __init__(self, handle: int, keep: object = None) -> None:
        super().__init__(handle)
        self._keep = keep
        info = _abi.swale_objective_info()
        info.struct_size = ctypes.sizeof(info)
        call(library.swale_objective_describe, handle, ctypes.byref(info))
        self.name: str = text(info.name)
        self.dimension: int = info.dimension
        self.precision: str = "f32" if info.precision == _abi.SWALE_F32 else "f64"
        self.capabilities: int = info.capabilities
        self.sample_count: int = info.sample_count
        self.output_count: int = info.output_count
        self._tensor_count: int = info.tensor_count

    def __repr__(self) -> str:
        return f"<Objective {self.name}: {self.dimension} parameters, {self.precision}>"

    # Values and derivatives

    def value(self, x: ArrayLike) -> float:
        """Compute f(x) over all samples."""
        point = vector(x, self.dimension)
        out = ctypes.c_double()
        call(library.swale_objective_value, self.handle, doubles(point), self.dimension, ctypes.byref(out), None)
        return out.value

    def value_and_gradient(self, x: ArrayLike) -> tuple[float, Array]:
        """Compute f(x) and its gradient: what SciPy's `minimize(..., jac=True)` wants."""
        point = vector(x, self.dimension)
        gradient = np.empty(self.dimension)
        out = ctypes.c_double()
        call(
            library.swale_objective_value,
            self.handle,
            doubles(point),
            self.dimension,
            ctypes.byref(out),
            doubles(gradient),
        )
        return out.value, gradient

    def gradient(self, x: ArrayLike) -> Array:
        """Compute the gradient at x."""
        return self.value_and_gradient(x)[1]

    def evaluate(self, x: ArrayLike) -> tuple[float, float]:
        """Compute f(x) and the fraction of misclassified samples (NaN where errors are not counted)."""
        point = vector(x, self.dimension)
        value, error = ctypes.c_double(), ctypes.c_double()
        call(
            library.swale_objective_evaluate,
            self.handle,
            doubles(point),
            self.dimension,
            ctypes.byref(value),
            ctypes.byref(error),
        )
        return value.value, error.value

    def _product(self, function: Callable[..., int], x: ArrayLike, v: ArrayLike, out: Array | None) -> Array:
        point = vector(x, self.dimension)
        rows, count, single = matrix(v, self.dimension, "v")
        result = np.empty((count, self.dimension)) if out is None else out
        call(function, self.handle, doubles(point), doubles(rows), self.dimension, count, doubles(result))
        return result[0] if single and out is None else result

    def hvp(self, x: ArrayLike, v: ArrayLike, out: Array | None = None) -> Array:
        """Compute Hessian-vector products H(x) v, v one vector or k rows; calls at the same x share their passes."""
        return self._product(library.swale_objective_hvp, x, v, out)

    def gauss_newton(self, x: ArrayLike, v: ArrayLike, out: Array | None = None) -> Array:
        """Compute Gauss-Newton products G(x) v: v is one vector or k rows."""
        return self._product(library.swale_objective_gauss_newton, x, v, out)

    def hessian(self, x: ArrayLike) -> Any:
        """Give the Hessian at x as a SciPy `LinearOperator`."""
        from scipy.sparse.linalg import LinearOperator

        point = np.array(vector(x, self.dimension))
        shape = (self.dimension, self.dimension)
        return LinearOperator(
            shape,
            matvec=lambda v: self.hvp(point, np.ravel(v)),
            rmatvec=lambda v: self.hvp(point, np.ravel(v)),
            matmat=lambda block: self.hvp(point, np.ascontiguousarray(block.T)).T,
            dtype=np.float64,
        )

    def outputs(self, x: ArrayLike) -> Array:
        """Compute the outputs of all samples, sample_count x output_count."""
        point = vector(x, self.dimension)
        out = np.empty((self.sample_count, self.output_count))
        call(library.swale_objective_outputs, self.handle, doubles(point), self.dimension, doubles(out))
        return out

    def jvp(self, x: ArrayLike, v: ArrayLike) -> Array:
        """Compute directional derivatives of the outputs along v."""
        point = vector(x, self.dimension)
        rows, count, single = matrix(v, self.dimension, "v")
        out = np.empty((count, self.sample_count, self.output_count))
        call(
            library.swale_objective_jvp, self.handle, doubles(point), doubles(rows), self.dimension, count, doubles(out)
        )
        return out[0] if single else out

    def vjp(self, x: ArrayLike, u: ArrayLike) -> Array:
        """Products u' J with the Jacobian of the outputs; u is sample_count x output_count."""
        point = vector(x, self.dimension)
        cotangent = vector(np.ravel(np.asarray(u, dtype=np.float64)), self.sample_count * self.output_count, "u")
        out = np.empty(self.dimension)
        call(
            library.swale_objective_vjp,
            self.handle,
            doubles(point),
            doubles(cotangent),
            self.dimension,
            1,
            doubles(out),
        )
        return out

    def sample_gradients(self, x: ArrayLike, first: int = 0, count: int | None = None) -> Array:
        """Gradients of the losses of single samples, one row each."""
        point = vector(x, self.dimension)
        rows = self.sample_count - first if count is None else count
        out = np.empty((max(rows, 0), self.dimension))
        call(
            library.swale_objective_sample_gradients,
            self.handle,
            doubles(point),
            self.dimension,
            first,
            rows,
            doubles(out),
        )
        return out

    # Parameters

    def initialize(self, *, seed: int = 0, initializer: str = "he", **options: Any) -> Array:
        """Draw a starting point: "he", "xavier", "gaussian", "uniform" or "binary"."""
        x = np.empty(self.dimension)
        bag = OptionBag(options)
        call(
            library.swale_objective_initialize,
            self.handle,
            initializer.encode(),
            bag.handle,
            seed,
            doubles(x),
            self.dimension,
        )
        return x

    @property
    def layout(self) -> list[Tensor]:
        """The named tensors of the parameter vector."""
        return [self._tensor(index) for index in range(self._tensor_count)]

    def _tensor(self, index: int) -> Tensor:
        info = _abi.swale_tensor_info()
        info.struct_size = ctypes.sizeof(info)
        call(library.swale_objective_tensor, self.handle, index, ctypes.byref(info))

        def optional(number: int) -> int | None:
            return None if number < 0 else number

        return Tensor(
            name=text(info.name),
            shape=tuple(info.shape[: info.ndim]),
            offset=info.offset,
            filter_axis=optional(info.filter_axis),
            is_bias=bool(info.is_bias),
            is_norm=bool(info.is_norm),
            output_group=optional(info.output_group),
            input_group=optional(info.input_group),
        )

    def unflatten(self, x: Array) -> dict[str, Array]:
        """Give views of the named tensors of x: writing to them changes x."""
        return {tensor.name: x[tensor.range].reshape(tensor.shape) for tensor in self.layout}

    def freeze(self, tensors: str | list[str], at: ArrayLike) -> Objective:
        """Hold some tensors at their values in `at`: the landscape over the remaining parameters."""
        point = vector(at, self.dimension, "at")
        names = tensors if isinstance(tensors, str) else ",".join(tensors)
        out = ctypes.c_uint64()
        call(
            library.swale_objective_freeze,
            self.handle,
            names.encode(),
            doubles(point),
            self.dimension,
            ctypes.byref(out),
        )
        return Objective(out.value, keep=self)


def create(name: str, *, model: Graph | None = None, data: Dataset | None = None, **options: Any) -> Objective:
    """Make a registered objective."""
    bag = OptionBag(options)
    out = ctypes.c_uint64()
    call(
        library.swale_objective_create,
        name.encode(),
        bag.handle,
        0 if model is None else model.handle,
        0 if data is None else data.handle,
        ctypes.byref(out),
    )
    return Objective(out.value)


def network(model: Graph, data: Dataset, *, loss: str = "cross_entropy", **options: Any) -> Objective:
    """Mean loss of a model on data, plus l2/2 |x|^2; options `precision`, `gamma`, `margin`, `l2`."""
    return create("network", model=model, data=data, loss=loss, **options)


Value = Callable[[Array], float]
Gradient = Callable[[Array], ArrayLike]
Product = Callable[[Array, Array], ArrayLike]


def from_callables(
    value: Value, gradient: Gradient | None = None, *, dimension: int, hvp: Product | None = None
) -> Objective:
    """Make a landscape of your own functions.

    Parameters
    ----------
    value
        f(x) for a float64 array of `dimension` elements (a view: copy it to keep it).
    gradient
        Its gradient. Without it, solvers and metrics that need one refuse.
    hvp
        hvp(x, v) = H(x) v. Without it, products are central differences of the gradient, and results say so.
    dimension
        Number of parameters.

    Exceptions that the functions raise end the call and come out of it as themselves.
    """

    def array(pointer: Any) -> Array:
        return np.ctypeslib.as_array(pointer, shape=(dimension,))

    def native_value(x: Any, _: int, out: Any, g: Any, status: Any, __: Any) -> None:
        try:
            point = array(x)
            if g:
                if gradient is None:
                    return
                array(g)[:] = gradient(point)
            out[0] = float(value(point))
            status[0] = _abi.SWALE_OK
        except BaseException as error:
            keep_exception(error)

    def native_hvp(x: Any, v: Any, _: int, out: Any, status: Any, __: Any) -> None:
        try:
            if hvp is not None:
                array(out)[:] = hvp(array(x), array(v))
                status[0] = _abi.SWALE_OK
        except BaseException as error:
            keep_exception(error)

    table = _abi.swale_callbacks()
    table.struct_size = ctypes.sizeof(table)
    table.gradient_available = gradient is not None
    table.dimension = dimension
    table.value = _abi.swale_value_fn(native_value)
    if hvp is not None:
        table.hvp = _abi.swale_hvp_fn(native_hvp)
    out = ctypes.c_uint64()
    call(library.swale_objective_from_callbacks, ctypes.byref(table), ctypes.byref(out))
    return Objective(out.value, keep=table)


def __getattr__(name: str) -> Callable[..., Objective]:
    """Every registered objective is a function: `quadratic(diagonal=[1, 2])`."""
    if name.startswith("_") or name not in components("objective"):
        raise AttributeError(f"module 'swale.objectives' has no attribute or objective '{name}'")

    def objective(**options: Any) -> Objective:
        return create(name, **options)

    objective.__name__ = name
    objective.__doc__ = str(describe("objective", name))
    return objective


def __dir__() -> list[str]:
    return [*__all__, *components("objective")]
