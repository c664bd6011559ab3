import gc
import weakref

import numpy as np
import pytest

import swale


def test_gradient_and_products_against_differences(risk):
    x = risk.initialize(seed=1)
    rng = np.random.default_rng(0)
    v = rng.normal(size=(3, risk.dimension))
    value, gradient = risk.value_and_gradient(x)
    assert value == risk.value(x)
    h = 1e-6
    for row in v:
        slope = (risk.value(x + h * row) - risk.value(x - h * row)) / (2 * h)
        assert gradient @ row == pytest.approx(slope, abs=1e-8)
    block = risk.hvp(x, v)
    for row, product in zip(v, block):
        difference = (risk.gradient(x + h * row) - risk.gradient(x - h * row)) / (2 * h)
        np.testing.assert_allclose(product, difference, atol=1e-7)
        np.testing.assert_allclose(risk.hvp(x, row), product, atol=1e-14)


def test_outputs_jvp_vjp_and_sample_gradients(risk):
    x = risk.initialize(seed=1)
    v = np.linspace(-1, 1, risk.dimension)
    h = 1e-6
    difference = (risk.outputs(x + h * v) - risk.outputs(x - h * v)) / (2 * h)
    jv = risk.jvp(x, v)
    np.testing.assert_allclose(jv, difference, atol=1e-8)
    u = np.cos(np.arange(jv.size)).reshape(jv.shape)
    assert np.sum(u * jv) == pytest.approx(risk.vjp(x, u) @ v, rel=1e-12)
    np.testing.assert_allclose(risk.sample_gradients(x).mean(0), risk.gradient(x), atol=1e-14)
    assert risk.sample_gradients(x, 4, 2).shape == (2, risk.dimension)


def test_hessian_is_a_linear_operator(risk):
    linalg = pytest.importorskip("scipy.sparse.linalg")
    x = risk.initialize(seed=1)
    hessian = risk.hessian(x)
    dense = hessian @ np.eye(risk.dimension)
    np.testing.assert_allclose(dense, dense.T, atol=1e-12)
    top = linalg.eigsh(hessian, k=2, which="LA", return_eigenvectors=False)
    np.testing.assert_allclose(np.sort(top), np.linalg.eigvalsh(dense)[-2:], rtol=1e-8)


def test_layout_and_unflatten(risk):
    x = np.zeros(risk.dimension)
    tensors = risk.unflatten(x)
    assert {name: value.shape for name, value in tensors.items()} == {
        "dense0.weight": (6, 5),
        "dense0.bias": (6,),
        "dense1.weight": (3, 6),
        "dense1.bias": (3,),
    }
    tensors["dense1.bias"][:] = 7
    assert x[-3:].tolist() == [7, 7, 7]
    assert risk.layout[0].output_group == risk.layout[2].input_group


def test_frozen_parameters(risk):
    x = risk.initialize(seed=1)
    part = risk.freeze("dense0", at=x)
    assert part.dimension == 21
    np.testing.assert_array_equal(part.gradient(x[36:]), risk.gradient(x)[36:])


def test_analytic_objectives():
    bowl = swale.objectives.quadratic(diagonal=[1.0, 4.0])
    assert bowl.value([1, 1]) == 2.5
    np.testing.assert_array_equal(bowl.hvp([0, 0], [1, 1]), [1, 4])
    assert swale.objectives.rosenbrock().value([1, 1]) == 0


def test_callables():
    calls = []

    def value(x):
        calls.append("value")
        return float(x @ x)

    landscape = swale.objectives.from_callables(value, lambda x: 2 * x, dimension=3)
    assert landscape.value([1, 2, 3]) == 14
    np.testing.assert_array_equal(landscape.gradient([1, 2, 3]), [2, 4, 6])
    np.testing.assert_allclose(landscape.hvp([1, 2, 3], [1, 0, 0]), [2, 0, 0], atol=1e-7)
    result = swale.solve("lbfgs", landscape, [1.0, 2.0, 3.0])
    assert result.fun < 1e-12
    top = swale.measure("hessian_top", landscape, result.x, k=1)
    assert top.product_method == "central differences of the gradient"
    assert top.eigenvalues[0] == pytest.approx(2, abs=1e-5)


def test_what_callables_raise_comes_out_as_itself():
    def broken(x):
        raise ZeroDivisionError("on purpose")

    landscape = swale.objectives.from_callables(broken, broken, dimension=2)
    with pytest.raises(ZeroDivisionError, match="on purpose"):
        landscape.value([0, 0])
    with pytest.raises(ZeroDivisionError, match="on purpose"):
        swale.solve("lbfgs", landscape, [0, 0])
    with pytest.raises(swale.UnsupportedError, match="gradient"):
        swale.solve("sgd", swale.objectives.from_callables(lambda x: 0.0, dimension=2), [0, 0])


def test_arrays_are_shared_and_released():
    inputs = np.ones((4, 2))
    alive = weakref.ref(inputs)
    data = swale.datasets.from_arrays(inputs, copy=False)
    assert np.shares_memory(data.inputs, inputs)
    del inputs
    gc.collect()
    assert alive() is not None
    data.close()
    gc.collect()
    assert alive() is None


def test_bad_input_is_refused_in_words(risk):
    with pytest.raises(swale.ShapeError, match="needed"):
        risk.value([1, 2])
    with pytest.raises(swale.NonfiniteError, match="element 0"):
        risk.value(np.full(risk.dimension, np.nan))
    with pytest.raises(swale.UnknownNameError, match="did you mean 'cross_entropy'"):
        _bad_loss()
    closed = swale.datasets.digits()
    closed.close()
    with pytest.raises(swale.HandleError):
        closed.subset(count=3)


def _bad_loss():
    data = swale.datasets.from_arrays(np.ones((2, 2)), np.array([0, 1]))
    return swale.objectives.network(swale.Sequential(2, [swale.layers.dense(2)]), data, loss="cross_entropi")
