"""The networks and data of the tasks, made with NumPy alone so that every contestant starts from the same numbers.

Networks are dense ReLU networks with cross-entropy (mean over samples). Parameters are one vector: for each layer the
weight (outputs x inputs, row-major), then the bias; PyTorch and Swale use this order.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CACHE = Path(tempfile.gettempdir()) / f"swale-benchmarks-{os.getuid()}"
SMALL = (64, 32, 10)
BIG = (784, 512, 512, 10)


@dataclass
class Problem:
    """Layer sizes, inputs (n x inputs, f32), labels (n, i32) and a parameter vector (f64)."""

    sizes: tuple
    x: np.ndarray
    y: np.ndarray
    w: np.ndarray

    @property
    def dimension(self) -> int:
        return self.w.size


def dimension(sizes: tuple) -> int:
    return sum(a * b + b for a, b in zip(sizes, sizes[1:]))


def unpack(sizes: tuple, w) -> list:
    """[(weight, bias), ...]: views of a parameter vector of any array library."""
    layers, at = [], 0
    for a, b in zip(sizes, sizes[1:]):
        layers.append((w[at:at + a * b].reshape(b, a), w[at + a * b:at + a * b + b]))
        at += a * b + b
    return layers


def initial(sizes: tuple, seed: int) -> np.ndarray:
    """He's initialisation, zero biases."""
    random = np.random.default_rng(seed)
    w = np.zeros(dimension(sizes))
    for weight, _ in unpack(sizes, w):
        weight[:] = random.standard_normal(weight.shape) * np.sqrt(2 / weight.shape[1])
    return w


def digits() -> tuple:
    """The 8x8 digits: 1797 x 64 in 0 ... 1, labels."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return np.ascontiguousarray(x / 16, dtype=np.float32), y.astype(np.int32)


def synthetic(n: int, sizes: tuple, seed: int) -> tuple:
    """Gaussian inputs and the labels of a random network of the same shape."""
    x = np.random.default_rng(seed).standard_normal((n, sizes[0]), dtype=np.float32)
    h = x
    layers = unpack(sizes, initial(sizes, seed + 1).astype(np.float32))
    for weight, bias in layers[:-1]:
        h = np.maximum(h @ weight.T + bias, 0)
    return x, (h @ layers[-1][0].T).argmax(1).astype(np.int32)


def sgd_epoch(sizes: tuple, w: np.ndarray, x: np.ndarray, y: np.ndarray, order: np.ndarray, batch: int, rate: float):
    """One epoch of plain SGD in place, full batches only: what a NumPy user writes."""
    layers = unpack(sizes, w)
    for start in range(0, len(order) - batch + 1, batch):
        rows = order[start:start + batch]
        h = [x[rows]]
        for weight, bias in layers[:-1]:
            z = h[-1] @ weight.T
            z += bias
            h.append(np.maximum(z, 0, out=z))
        z = h[-1] @ layers[-1][0].T + layers[-1][1]
        z -= z.max(1, keepdims=True)
        p = np.exp(z)
        p /= p.sum(1, keepdims=True)
        p[np.arange(batch), y[rows]] -= 1
        p *= 1 / batch
        for k in range(len(layers) - 1, -1, -1):
            weight, bias = layers[k]
            gradient = p.T @ h[k]
            shift = p.sum(0)
            if k:
                p = p @ weight
                p *= h[k] > 0
            gradient *= rate
            weight -= gradient
            bias -= rate * shift


def _trained(x, y, sizes, epochs: int, batch: int, rate: float) -> np.ndarray:
    w = initial(sizes, 7).astype(np.float32)
    random = np.random.default_rng(8)
    for _ in range(epochs):
        sgd_epoch(sizes, w, x, y, random.permutation(len(x)), batch, rate)
    return w.astype(np.float64)


def _make(name: str) -> Problem:
    if name == "digits":
        x, y = digits()
        return Problem(SMALL, x, y, _trained(x, y, SMALL, epochs=20, batch=32, rate=0.1))
    if name == "small":  # 2000 samples at a random point
        return Problem(SMALL, *synthetic(2000, SMALL, 1), initial(SMALL, 3))
    x, y = synthetic(10_000, BIG, 2)
    if name == "epoch":
        return Problem(BIG, x, y, initial(BIG, 3))
    if name == "big":  # 2000 samples at a random point
        return Problem(BIG, x[:2000].copy(), y[:2000].copy(), initial(BIG, 3))
    if name == "trained":
        return Problem(BIG, x[:2000].copy(), y[:2000].copy(), _trained(x, y, BIG, epochs=3, batch=128, rate=0.05))
    raise ValueError(f"no problem '{name}'")


def load(name: str) -> Problem:
    """A problem by name: digits (trained), small, big, epoch (10,000 samples) or trained (big, three epochs)."""
    CACHE.mkdir(exist_ok=True)
    path = CACHE / f"{name}.npz"
    if not path.exists():
        made = _make(name)
        unfinished = CACHE / f"{name}-{os.getpid()}.npz"
        np.savez(unfinished, sizes=made.sizes, x=made.x, y=made.y, w=made.w)
        unfinished.rename(path)
    with np.load(path) as saved:
        return Problem(tuple(int(n) for n in saved["sizes"]), saved["x"], saved["y"], saved["w"])
