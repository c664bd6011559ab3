"""Models: chains and graphs of layers."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence

from ._library import Handle, call, library
from ._options import OptionBag
from .layers import Layer

__all__ = ["Graph", "Sequential"]


class Graph(Handle):
    """A graph of layers; the last one added is the output. It cannot change once an objective uses it.

    Parameters
    ----------
    input_shape
        Shape of one input sample: a number or a tuple.
    """

    _destroy_name = "swale_model_destroy"

    def __init__(self, input_shape: int | Sequence[int]) -> None:
        shape = (input_shape,) if isinstance(input_shape, int) else tuple(input_shape)
        sizes = (ctypes.c_int64 * max(len(shape), 1))(*shape)
        out = ctypes.c_uint64()
        call(library.swale_model_create, sizes, len(shape), ctypes.byref(out))
        super().__init__(out.value)

    def add(self, layer: Layer, *, name: str | None = None, inputs: str | Iterable[str] | None = None) -> Graph:
        """Add a layer that reads the layer before, or the layers named in `inputs` ("input" is the model's input)."""
        source = inputs if inputs is None or isinstance(inputs, str) else ",".join(inputs)
        bag = OptionBag(layer.options)
        call(
            library.swale_model_add,
            self.handle,
            layer.type.encode(),
            bag.handle,
            None if name is None else name.encode(),
            None if source is None else source.encode(),
        )
        return self

    @property
    def size(self) -> tuple[int, int]:
        """Number of parameters and of outputs; the model cannot change afterwards."""
        parameters, outputs = ctypes.c_int64(), ctypes.c_int64()
        call(library.swale_model_size, self.handle, ctypes.byref(parameters), ctypes.byref(outputs))
        return parameters.value, outputs.value


class Sequential(Graph):
    """A chain of layers: `Sequential(64, [layers.dense(32, activation="relu"), layers.dense(10)])`."""

    def __init__(self, input_shape: int | Sequence[int], layers: Iterable[Layer]) -> None:
        super().__init__(input_shape)
        for layer in layers:
            self.add(layer)
