"""The tasks' networks in JAX."""

import jax
import jax.numpy as jnp
import numpy as np

import problems


def use_f64(on: bool) -> None:
    jax.config.update("jax_enable_x64", on)


def array(values, dtype=np.float32):
    return jnp.asarray(np.asarray(values, dtype=dtype))


def logits(sizes: tuple, w, x):
    layers = problems.unpack(sizes, w)
    for weight, bias in layers[:-1]:
        x = jax.nn.relu(x @ weight.T + bias)
    weight, bias = layers[-1]
    return x @ weight.T + bias


def loss(sizes: tuple, w, x, y):
    """Mean cross-entropy."""
    z = logits(sizes, w, x)
    return jnp.mean(jax.nn.logsumexp(z, axis=1) - jnp.take_along_axis(z, y[:, None], axis=1)[:, 0])


class Landscape:
    """Loss of a problem on all of its samples, with the products that the tasks need."""

    def __init__(self, problem: problems.Problem, dtype=np.float32):
        use_f64(dtype == np.float64)
        self.sizes = problem.sizes
        self.x = array(problem.x, dtype)
        self.y = jnp.asarray(problem.y)
        self.w = array(problem.w, dtype)
        self.dtype = dtype

    def value(self, w):
        return loss(self.sizes, w, self.x, self.y)

    def gradient(self, w):
        return jax.grad(self.value)(w)

    def hvp(self, w, v):
        return jax.jvp(self.gradient, (w,), (v,))[1]
