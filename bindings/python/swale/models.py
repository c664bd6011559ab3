"""Models: chains and graphs of layers."""

from __future__ import annotations

import ctypes
import operator
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ._errors import ArgumentError
from ._library import Handle, call, encode, library
from ._options import OptionBag, snapshot
from .layers import Layer
from .registry import describe

__all__ = ["Graph", "Sequential"]


class _Addition(NamedTuple):
    """One call of `Graph.add`."""

    layer: Layer
    name: str | None
    inputs: str | None


class Graph(Handle):
    """A graph of layers; the last one added is the output. It cannot change once an objective uses it.

    A copy is a model of its own that can grow on; pickles carry the layers and make the model anew.

    Parameters
    ----------
    input_shape : int or sequence of int
        Shape of one input sample.

    Examples
    --------
    >>> import swale
    >>> from swale import layers
    >>> graph = swale.Graph(64).add(layers.dense(32, activation="relu"), name="stem")
    >>> graph = graph.add(layers.dense(32), name="branch").add(layers.add(), inputs=["stem", "branch"])
    >>> graph.add(layers.dense(10)).size
    (3466, 10)
    """

    _destroy_name = "swale_model_destroy"

    def __init__(self, input_shape: int | Sequence[int]) -> None:
        shape = tuple(map(operator.index, np.atleast_1d(input_shape)))
        sizes = (ctypes.c_int64 * max(len(shape), 1))(*shape)
        out = ctypes.c_uint64()
        call(library.swale_model_create, sizes, len(shape), ctypes.byref(out))
        super().__init__(out.value)
        #: Shape of one input sample.
        self.input_shape = shape
        self._additions: list[_Addition] = []

    def add(self, layer: Layer, *, name: str | None = None, inputs: str | Iterable[str] | None = None) -> Graph:
        """Add a layer.

        Parameters
        ----------
        layer : Layer
            Made by `swale.layers`.
        name : str, optional
            What its parameters are called after; else the type and a number, as dense0.
        inputs : str or iterable of str, optional
            The layers it reads, "input" for the model's input; else the layer before.

        Returns
        -------
        Graph
            This graph.
        """
        if not isinstance(layer, Layer):
            raise ArgumentError(f"{layer!r} is not a layer; make one with swale.layers, as swale.layers.dense(64)")
        called = layer.name if name is None else name
        source = inputs if inputs is None or isinstance(inputs, str) else ",".join(inputs)
        if source is not None and not source:
            raise ArgumentError("inputs names no layer; name at least one, or leave it out for the layer before")
        component = describe("layer", layer.type)
        with OptionBag(component, layer.options) as bag:
            call(
                library.swale_model_add,
                self.handle,
                layer.type.encode(),
                bag.handle,
                None if called is None else encode(called, "name"),
                None if source is None else encode(source, "inputs"),
            )
        kept = Layer(layer.type, snapshot(component, layer.options), layer.name)
        self._additions.append(_Addition(kept, name, source))
        return self

    def __copy__(self) -> Graph:
        return _rebuild(type(self), self.input_shape, self._additions)

    def __deepcopy__(self, memo: dict[int, Any]) -> Graph:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        self._native()
        return _rebuild, (type(self), self.input_shape, self._additions)

    @property
    def size(self) -> tuple[int, int]:
        """Number of parameters and of outputs; the model cannot change afterwards."""
        parameters, outputs = ctypes.c_int64(), ctypes.c_int64()
        call(library.swale_model_size, self.handle, ctypes.byref(parameters), ctypes.byref(outputs))
        return parameters.value, outputs.value

    def __repr__(self) -> str:
        shape = self.input_shape[0] if len(self.input_shape) == 1 else self.input_shape
        return f"{type(self).__name__}({shape}, [{', '.join(repr(part.layer) for part in self._additions)}])"


class Sequential(Graph):
    """A chain of layers: `Sequential(64, [layers.dense(32, activation="relu"), layers.dense(10)])`.

    Parameters
    ----------
    input_shape : int or sequence of int
        Shape of one input sample.
    layers : iterable of Layer
        From input to output.
    """

    def __init__(self, input_shape: int | Sequence[int], layers: Iterable[Layer]) -> None:
        super().__init__(input_shape)
        for layer in layers:
            self.add(layer)


def _rebuild(kind: type[Graph], shape: tuple[int, ...], additions: list[_Addition]) -> Graph:
    """Make a model from its description: what copies and pickles do."""
    made = kind.__new__(kind)
    Graph.__init__(made, shape)
    for layer, name, inputs in additions:
        made.add(layer, name=name, inputs=inputs)
    return made
