"""Objectives: landscapes that can be evaluated at a parameter vector.

`network` and `from_callables` make the two most useful kinds; all of `components("objective")` are functions of this
module, as `swale.objectives.rosenbrock(dimension=10)`.
"""

from __future__ import annotations

import copy
import ctypes
import functools
import operator
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _abi
from ._arrays import doubles, matrix, reals, vector
from ._callables import Gradient, HessianProduct, Value, callback_objective
from ._errors import ArgumentError, ShapeError, UnknownNameError, UnsupportedError
from ._functions import registered_function
from ._interrupts import Interruptible
from ._library import Handle, call, encode, library, text
from ._options import OptionBag, seed_number, snapshot
from .registry import Component, components, describe, unknown_name

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

    from .datasets import Dataset
    from .models import Graph

__all__ = ["Evaluation", "Objective", "Tensor", "create", "from_callables", "network"]

Vector = NDArray[np.float64]

# Parameters x samples x vectors from which an evaluation can take a hundredth of a second.
_LONG = 10_000_000


class Tensor(NamedTuple):
    """One tensor of a parameter vector."""

    name: str
    offset: int
    shape: tuple[int, ...]
    #: Axis whose slices are filters (output units); None: none.
    filter_axis: int | None
    is_bias: bool
    is_norm: bool
    #: Permutation groups of the output and input units: units of a group can be reordered together; None: fixed.
    output_group: int | None
    input_group: int | None

    @property
    def range(self) -> slice:
        """Where it stands in the vector."""
        return slice(self.offset, self.offset + int(np.prod(self.shape, dtype=np.int64)))


class _Recipe(NamedTuple):
    """How an objective was made: what to call with what, of things that can be pickled."""

    make: Callable[..., Objective]
    arguments: tuple[Any, ...]


class Evaluation(NamedTuple):
    """Value and fraction of misclassified samples (NaN where an objective does not count errors)."""

    value: float
    error: float


class Objective(Handle):
    """A landscape: f(x), its derivatives and outputs. Points are float64 vectors of `dimension` elements.

    Contiguous float64 arrays are passed to the library as they are. The objective itself computes in `precision`.

    A pickle carries how the objective was made, with its model and data, and makes it anew; that of `from_callables`
    carries the functions, where they can be pickled. Copies share the native object.
    """

    _destroy_name = "swale_objective_destroy"

    def __init__(self, handle: int, recipe: _Recipe | None = None) -> None:
        super().__init__(handle)
        self._recipe = recipe
        info = _abi.swale_objective_info(struct_size=ctypes.sizeof(_abi.swale_objective_info))
        call(library.swale_objective_describe, handle, ctypes.byref(info))
        #: Registered name.
        self.name = text(info.name)
        #: "f32" or "f64": what it computes in.
        self.precision = "f32" if info.precision == _abi.SWALE_F32 else "f64"
        #: Number of parameters.
        self.dimension = int(info.dimension)
        #: Number of samples; 0: it is no sum over samples.
        self.sample_count = int(info.sample_count)
        # Python functions see Ctrl-C themselves.
        self._work = 0 if self.name == "callback" else self.dimension * max(self.sample_count, 1)
        #: Outputs per sample; 0: none.
        self.output_count = int(info.output_count)
        #: What it can do, as SWALE_CAN_ bits; `can` asks by name.
        self.capabilities = int(info.capabilities)
        self._tensor_count = int(info.tensor_count)
        self._layout: tuple[Tensor, ...] | None = None

    def close(self) -> None:
        """Let go of the native object, and of what it was made of; closing twice does nothing."""
        self._recipe = None
        super().close()

    def __reduce__(self) -> tuple[Any, ...]:
        self._native()
        return super().__reduce__() if self._recipe is None else tuple(self._recipe)

    def __repr__(self) -> str:
        samples = f", {self.sample_count} samples" if self.sample_count else ""
        return f"<Objective {self.name}: {self.dimension} parameters{samples}, {self.precision}>"

    def can(self, capability: str) -> bool:
        """Whether it can do something: "gradient", "hvp", "batches", "outputs", "gauss_newton", "errors", ..."""
        bit = getattr(_abi, f"SWALE_CAN_{capability.upper()}", None)
        if bit is None:
            known = [name[len("SWALE_CAN_") :].lower() for name in vars(_abi) if name.startswith("SWALE_CAN_")]
            raise UnknownNameError(unknown_name("capability", capability, known))
        return bool(self.capabilities & bit)

    # Values and derivatives

    def value(self, x: ArrayLike) -> float:
        """Compute f(x), over all samples."""
        point = vector(x, self.dimension)
        value = ctypes.c_double()
        self._call(library.swale_objective_value, doubles(point), self.dimension, ctypes.byref(value), None)
        return value.value

    __call__ = value

    def gradient(self, x: ArrayLike) -> Vector:
        """Compute the gradient of f at x."""
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: ArrayLike) -> tuple[float, Vector]:
        """Compute f(x) and its gradient, as `scipy.optimize.minimize(..., jac=True)` takes them."""
        point = vector(x, self.dimension)
        value = ctypes.c_double()
        out = np.empty(self.dimension)
        self._call(
            library.swale_objective_value,
            doubles(point),
            self.dimension,
            ctypes.byref(value),
            doubles(out),
        )
        return value.value, out

    def evaluate(self, x: ArrayLike) -> Evaluation:
        """Compute f(x) and the fraction of misclassified samples."""
        point = vector(x, self.dimension)
        value, error = ctypes.c_double(), ctypes.c_double()
        self._call(
            library.swale_objective_evaluate,
            doubles(point),
            self.dimension,
            ctypes.byref(value),
            ctypes.byref(error),
        )
        return Evaluation(value.value, error.value)

    def _call(self, function: Callable[..., int], *arguments: Any, vectors: int = 1) -> None:
        """Evaluate, so that Ctrl-C ends what takes long."""
        if self._work * vectors < _LONG:
            call(function, self.handle, *arguments)
        else:
            with Interruptible():
                call(function, self.handle, *arguments)

    def _product(self, function: Callable[..., int], x: ArrayLike, v: ArrayLike, out: Vector | None) -> Vector:
        point = vector(x, self.dimension)
        vectors, count, _ = matrix(v, self.dimension, "v")
        if out is None:
            out = np.empty(vectors.shape)
        elif out.shape != vectors.shape or out.dtype != np.float64 or not out.flags.carray:
            raise ShapeError(f"out must be a contiguous, writable float64 array of shape {vectors.shape}")
        arguments = (doubles(point), doubles(vectors), self.dimension, count, doubles(out))
        self._call(function, *arguments, vectors=count)
        return out

    def hvp(self, x: ArrayLike, v: ArrayLike, out: Vector | None = None) -> Vector:
        """Multiply the Hessian at x by v, a vector or k x dimension vectors at once.

        Exact where `can("hvp")`, else by central differences of the gradient. Repeated calls at the same x share
        their forward and backward pass. `out`: where to write the products.
        """
        return self._product(library.swale_objective_hvp, x, v, out)

    def gauss_newton(self, x: ArrayLike, v: ArrayLike, out: Vector | None = None) -> Vector:
        """Multiply the Gauss-Newton matrix, the mean of J' (d2 loss / d outputs2) J, by v, as `hvp` does.

        It is that of the losses: the option l2 of an objective is not in it.
        """
        return self._product(library.swale_objective_gauss_newton, x, v, out)

    def hessian(self, x: ArrayLike) -> LinearOperator:
        """Give the Hessian at x as a SciPy linear operator, for `scipy.sparse.linalg.eigsh` and the like."""
        try:
            from scipy.sparse.linalg import LinearOperator
        except ImportError as error:
            raise ImportError("Objective.hessian needs SciPy: pip install scipy; hvp works without it") from error
        point = vector(x, self.dimension).copy()

        def matvec(v: Vector) -> Vector:
            return self.hvp(point, np.ravel(v))

        def matmat(v: Vector) -> Vector:
            return np.asarray(self.hvp(point, v.T).T)

        shape = (self.dimension, self.dimension)
        return LinearOperator(shape, matvec=matvec, rmatvec=matvec, matmat=matmat, rmatmat=matmat, dtype=np.float64)

    # Outputs

    def _require_outputs(self) -> None:
        if self.output_count == 0:
            raise UnsupportedError(f"objective '{self.name}' has no outputs; a network has")

    def outputs(self, x: ArrayLike) -> Vector:
        """Compute the outputs of all samples, sample_count x output_count."""
        self._require_outputs()
        point = vector(x, self.dimension)
        out = np.empty((self.sample_count, self.output_count))
        self._call(library.swale_objective_outputs, doubles(point), self.dimension, doubles(out))
        return out

    def jvp(self, x: ArrayLike, v: ArrayLike) -> Vector:
        """Multiply the Jacobian of the outputs by v: sample_count x output_count, with k in front for k vectors."""
        self._require_outputs()
        point = vector(x, self.dimension)
        vectors, count, single = matrix(v, self.dimension, "v")
        out = np.empty((count, self.sample_count, self.output_count))
        arguments = (doubles(point), doubles(vectors), self.dimension, count, doubles(out))
        self._call(library.swale_objective_jvp, *arguments, vectors=count)
        return out[0] if single else out

    def vjp(self, x: ArrayLike, u: ArrayLike) -> Vector:
        """Multiply the transposed Jacobian by u, sample_count x output_count, with k in front for k of them."""
        self._require_outputs()
        point = vector(x, self.dimension)
        array = reals(u, "u")
        shape = (self.sample_count, self.output_count)
        if array.shape[-2:] != shape or array.ndim not in (2, 3):
            raise ShapeError(f"u has shape {array.shape}, needed {shape} or (k, {shape[0]}, {shape[1]})")
        count = 1 if array.ndim == 2 else array.shape[0]
        out = np.empty((count, self.dimension))
        arguments = (doubles(point), doubles(array), self.dimension, count, doubles(out))
        self._call(library.swale_objective_vjp, *arguments, vectors=count)
        return out[0] if array.ndim == 2 else out

    def sample_gradients(self, x: ArrayLike, first: int = 0, count: int | None = None) -> Vector:
        """Compute the gradients of the losses of samples first ... first + count - 1, one row each.

        The option l2 of an objective is in none of them: its gradient is the mean of the sample gradients plus l2 x.
        """
        point = vector(x, self.dimension)
        start, rows = self._samples(first, count)
        out = np.empty((rows, self.dimension))
        function = library.swale_objective_sample_gradients
        self._call(function, doubles(point), self.dimension, start, rows, doubles(out))
        return out

    def sample_losses(self, x: ArrayLike, first: int = 0, count: int | None = None) -> Vector:
        """Compute the losses of samples first ... first + count - 1.

        f is their mean (with the option reduction="sum", their sum), plus l2/2 |x|^2 where there is the option l2.
        """
        point = vector(x, self.dimension)
        start, rows = self._samples(first, count)
        out = np.empty(rows)
        function = library.swale_objective_sample_losses
        self._call(function, doubles(point), self.dimension, start, rows, doubles(out))
        return out

    def _samples(self, first: int, count: int | None) -> tuple[int, int]:
        start = operator.index(first)
        rows = self.sample_count - start if count is None else operator.index(count)
        # Before memory for so many is asked for; an objective without samples says so itself.
        if self.sample_count and not 0 <= start <= start + rows <= self.sample_count:
            raise ArgumentError(f"samples {start} ... {start + rows - 1} asked for, there are {self.sample_count}")
        return start, rows if self.sample_count else 0

    def activations(self, x: ArrayLike, layer: str) -> Vector:
        """Compute what a layer of a network gives for all samples, sample_count x width.

        Parameters
        ----------
        x : array_like
            A point.
        layer : str
            The layer's name, as in the names of its parameters: "dense0" for "dense0.weight".
        """
        point = vector(x, self.dimension)
        name = encode(layer, "layer")
        function = library.swale_objective_activations
        width = ctypes.c_int64()
        self._call(function, doubles(point), self.dimension, name, ctypes.byref(width), None)
        out = np.empty((self.sample_count, width.value))
        self._call(function, doubles(point), self.dimension, name, None, doubles(out))
        return out

    # Parameters

    def initialize(self, *, seed: int = 0, initializer: str = "he", **options: Any) -> Vector:
        """Draw a starting point.

        Parameters
        ----------
        seed : int
            The same seed gives the same point.
        initializer : str
            One of `components("initializer")`.
        **options
            Options of the initializer.
        """
        component = describe("initializer", initializer)
        number = seed_number(seed)
        out = np.empty(self.dimension)
        with OptionBag(component, options) as bag:
            call(
                library.swale_objective_initialize,
                self.handle,
                encode(initializer, "initializer"),
                bag.handle,
                number,
                doubles(out),
                self.dimension,
            )
        return out

    @property
    def layout(self) -> tuple[Tensor, ...]:
        """The tensors of a parameter vector, in their order."""
        if self._layout is None:
            self._layout = tuple(self._tensor(index) for index in range(self._tensor_count))
        return self._layout

    def _tensor(self, index: int) -> Tensor:
        info = _abi.swale_tensor_info(struct_size=ctypes.sizeof(_abi.swale_tensor_info))
        call(library.swale_objective_tensor, self.handle, index, ctypes.byref(info))
        return Tensor(
            name=text(info.name),
            offset=int(info.offset),
            shape=tuple(info.shape[: info.ndim]),
            filter_axis=None if info.filter_axis < 0 else int(info.filter_axis),
            is_bias=bool(info.is_bias),
            is_norm=bool(info.is_norm),
            output_group=None if info.output_group < 0 else int(info.output_group),
            input_group=None if info.input_group < 0 else int(info.input_group),
        )

    def unflatten(self, x: ArrayLike) -> dict[str, Vector]:
        """Give the tensors of a parameter vector by name; views of x when x is a contiguous float64 array."""
        point = vector(x, self.dimension)
        return {t.name: point[t.range].reshape(t.shape) for t in self.layout}

    def freeze(self, tensors: str | Sequence[str], at: ArrayLike) -> Objective:
        """Make the landscape over the other parameters, with some tensors held at their values in `at`.

        Parameters
        ----------
        tensors : str or sequence of str
            Names of tensors, or prefixes of names: "dense0" holds its weight and bias.
        at : array_like
            A point of this objective.
        """
        names = tensors if isinstance(tensors, str) else ",".join(tensors)
        point = vector(at, self.dimension, "at")
        handle = ctypes.c_uint64()
        call(
            library.swale_objective_freeze,
            self.handle,
            encode(names, "tensors"),
            doubles(point),
            self.dimension,
            ctypes.byref(handle),
        )
        return Objective(handle.value, _Recipe(Objective.freeze, (copy.copy(self), names, point.copy())))


def create(name: str, *, model: Graph | None = None, data: Dataset | None = None, **options: Any) -> Objective:
    """Make a registered objective by its name, one of `swale.components("objective")`."""
    return _make(describe("objective", name), options, model=model, data=data)


def network(
    model: Graph,
    data: Dataset,
    *,
    loss: str = "cross_entropy",
    precision: str = "f64",
    **options: Any,
) -> Objective:
    """Make the mean loss of a model on a dataset.

    Parameters
    ----------
    model : Sequential or Graph
        What maps inputs to outputs. It cannot grow any more afterwards.
    data : Dataset
        Inputs and targets; for `swale.datasets.load_idx` and `split`, one of their parts.
    loss : str
        One of `components("loss")`.
    precision : {"f64", "f32"}
        What the objective computes in.
    **options
        Further options of the objective: `print(swale.describe("objective", "network"))`.
    """
    given = {"loss": loss, "precision": precision, **options}
    return _make(describe("objective", "network"), given, model=model, data=data)


def from_callables(
    value: Value,
    gradient: Gradient = None,
    hvp: HessianProduct = None,
    *,
    dimension: int,
) -> Objective:
    """Make a landscape from Python functions. What they raise comes out of the call that ran them, as itself.

    Parameters
    ----------
    value : callable
        value(x) -> float.
    gradient : callable or True, optional
        gradient(x) -> array of `dimension`; True: `value` returns (value, gradient). Without it, solvers and metrics
        that need a gradient refuse.
    hvp : callable, optional
        hvp(x, v) -> array, the Hessian at x times v. Without it, products are central differences of the gradient.
    dimension : int
        Number of parameters.
    """
    size = operator.index(dimension)
    recipe = _Recipe(_from_functions, (value, gradient, hvp, size))
    return Objective(callback_objective(value, gradient, hvp, size), recipe)


def _from_functions(value: Value, gradient: Gradient, hvp: HessianProduct, dimension: int) -> Objective:
    return from_callables(value, gradient, hvp, dimension=dimension)


def _from_parts(name: str, options: Mapping[str, Any], model: Graph | None, data: Dataset | None) -> Objective:
    return create(name, model=model, data=data, **options)


def _make(
    component: Component, options: Mapping[str, Any], *, model: Graph | None = None, data: Dataset | None = None
) -> Objective:
    handle = ctypes.c_uint64()
    with OptionBag(component, options) as bag, Interruptible():
        call(
            library.swale_objective_create,
            component.name.encode(),
            bag.handle,
            0 if model is None else model.handle,
            0 if data is None else data.handle,
            ctypes.byref(handle),
        )
    # Second owners of model and data, which stay when the caller closes his: the objective holds both anyway.
    parts = (None if model is None else Handle.__copy__(model), copy.copy(data))
    recipe = _Recipe(_from_parts, (component.name, snapshot(component, options), *parts))
    return Objective(handle.value, recipe)


@functools.cache
def __getattr__(name: str) -> Callable[..., Objective]:
    function = registered_function("objective", name, __name__, _make)

    @functools.wraps(function, assigned=("__name__", "__qualname__", "__module__", "__doc__"), updated=())
    def make(*arguments: Any, **options: Any) -> Objective:
        # A model or dataset may stand first, as in network(model, data): perceptron(data, loss="cross_entropy").
        given = list(arguments)
        while given and isinstance(given[0], Handle):
            part = given.pop(0)
            options["data" if part._destroy_name == "swale_dataset_destroy" else "model"] = part
        made: Objective = function(*given, **options)
        return made

    return make


def __dir__() -> list[str]:
    return sorted({*__all__, *components("objective")})
