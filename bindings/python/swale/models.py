"""Models: chains and graphs of layers."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence

from ._errors import ArgumentError
from ._library import Handle, c_text, call, library
from ._options import OptionBag
from .layers import Layer
from .registry import describe

__all__ = ["Graph", "Sequential"]


class Graph(Handle):
    """A graph of layers; the last one added is the output. It cannot change once an objective uses it.

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
        shape = (input_shape,) if isinstance(input_shape, int) else tuple(input_shape)
        sizes = (ctypes.c_int64 * max(len(shape), 1))(*shape)
        out = ctypes.c_uint64()
        call(library.swale_model_create, sizes, len(shape), ctypes.byref(out))
        super().__init__(out.value)
        #: Shape of one input sample.
        self.input_shape = shape
        self._layers: list[Layer] = []

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
        with OptionBag(describe("layer", layer.type), layer.options) as bag:
            call(
                library.swale_model_add,
                self.handle,
                layer.type.encode(),
                bag.handle,
                None if called is None else c_text(called, "the name of a layer"),
                None if source is None else c_text(source, "inputs"),
            )
        self._layers.append(layer)
        return self

    @property
    def size(self) -> tuple[int, int]:
        """Number of parameters and of outputs; the model cannot change afterwards."""
        parameters, outputs = ctypes.c_int64(), ctypes.c_int64()
        call(library.swale_model_size, self.handle, ctypes.byref(parameters), ctypes.byref(outputs))
        return parameters.value, outputs.value

    def __repr__(self) -> str:
        shape = self.input_shape[0] if len(self.input_shape) == 1 else self.input_shape
        return f"{type(self).__name__}({shape}, [{', '.join(map(repr, self._layers))}])"


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
