"""Per-sample losses and gradients, activations, constants, and what error messages offer."""

import math

import numpy as np
import pytest

import swale


@pytest.fixture
def line():
    """Two samples of a linear model with l2, whose numbers are known by hand."""
    data = swale.datasets.from_arrays([[1.0, 2.0], [3.0, -1.0]], [1.0, 0.0])
    model = swale.Sequential(2, [swale.layers.dense(1, bias=False)])
    return swale.objectives.network(model, data, loss="mse", l2=0.5)


def test_sample_gradients_and_gauss_newton_have_no_l2(line):
    theta = [0.3, 0.2]
    np.testing.assert_allclose(line.gauss_newton(theta, np.eye(2)), [[5, -0.5], [-0.5, 2.5]], rtol=1e-15)
    np.testing.assert_allclose(line.sample_gradients(theta), [[-0.3, -0.6], [2.1, -0.7]], rtol=1e-14)
    np.testing.assert_allclose(line.sample_losses(theta), [0.045, 0.245], rtol=1e-14)
    mean = line.sample_gradients(theta).mean(0)
    np.testing.assert_allclose(line.gradient(theta), mean + 0.5 * np.array(theta), rtol=1e-14)
    assert line.value(theta) == pytest.approx(line.sample_losses(theta).mean() + 0.25 * 0.13, rel=1e-14)
    top = swale.measure("gauss_newton_top", line, theta, k=2)
    np.testing.assert_allclose(np.sort(top.eigenvalues), np.linalg.eigvalsh([[5, -0.5], [-0.5, 2.5]]), rtol=1e-10)
    hessian = swale.measure("hessian_top", line, theta, k=2)
    np.testing.assert_allclose(np.sort(hessian.eigenvalues), np.sort(top.eigenvalues) + 0.5, rtol=1e-10)


def test_parts_of_the_samples(risk):
    x = risk.initialize(seed=1)
    losses = risk.sample_losses(x)
    assert losses.shape == (30,)
    np.testing.assert_array_equal(risk.sample_losses(x, np.int64(4), np.uint8(3)), losses[4:7])
    np.testing.assert_array_equal(risk.sample_losses(x, 28), losses[28:])
    outputs = risk.outputs(x)
    expected = np.log(np.exp(outputs).sum(1)) - outputs[np.arange(30), np.arange(30) % 3]
    np.testing.assert_allclose(losses, expected, rtol=1e-13)
    assert risk.sample_losses(x, 4, 0).shape == (0,)
    assert risk.sample_gradients(x, 30, 0).shape == (0, risk.dimension)
    for first, count in [(31, None), (0, 31), (-1, 2), (4, -1), (2**62, 2**62)]:
        for function in (risk.sample_losses, risk.sample_gradients):
            with pytest.raises(swale.ArgumentError, match="there are 30"):
                function(x, first, count)
    with pytest.raises(swale.UnsupportedError, match="per-sample losses"):
        swale.objectives.rosenbrock().sample_losses([1, 1])


def test_losses_of_patterns():
    data = swale.datasets.random_patterns(samples=40, features=21, seed=3)
    device = swale.objectives.perceptron(data)
    x = device.initialize(initializer="binary", seed=2)
    wrong = (data.inputs @ np.sign(x)) * data.targets <= 0
    np.testing.assert_array_equal(device.sample_losses(x), wrong)


def test_gaussian_patterns_of_binary_devices():
    rng = np.random.default_rng(5)
    inputs, labels = rng.normal(size=(30, 61)), rng.choice([-1.0, 1.0], 30)
    inputs[0, :5] = 0
    device = swale.objectives.perceptron(swale.datasets.from_arrays(inputs, labels))
    assert device.can("flips")
    found = swale.solve("simulated_annealing", device, device.initialize(initializer="binary", seed=0), seed=1)
    w = np.where(found.x < 0, -1, 1)
    assert found.fun == np.sum(labels * (inputs @ w) <= 0) == 0
    # A committee of tanh-like votes, by the definition.
    committee = swale.objectives.committee(swale.datasets.from_arrays(inputs[1:, :60], labels[1:]), hidden=3)
    x = committee.initialize(initializer="binary", seed=4)
    fields = np.einsum("pki,ki->pk", inputs[1:, :60].reshape(29, 3, 20), np.sign(x).reshape(3, 20))
    assert committee.value(x) == np.sum(labels[1:] * np.sign(fields).sum(1) <= 0)


@pytest.mark.parametrize(
    ("name", "phi"),
    [
        ("erf_sqrt2", lambda u: math.erf(u / math.sqrt(2))),
        ("gelu_tanh", lambda u: u / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (u + 0.044715 * u**3)))),
        ("tanh", math.tanh),
    ],
)
@pytest.mark.parametrize(("precision", "accuracy"), [("f64", 4e-16), ("f32", 4e-7)])
def test_hidden_activations(name, phi, precision, accuracy):
    inputs = np.linspace(-4, 4, 33).reshape(-1, 1)
    data = swale.datasets.from_arrays(inputs, np.zeros(33, int))
    layers = [swale.layers.dense(2, activation=name, name="stem"), swale.layers.dense(2)]
    risk = swale.objectives.network(swale.Sequential(1, layers), data, precision=precision)
    x = np.zeros(risk.dimension)
    x[:4] = [1, -0.5, 0.25, 0]  # weights of the two units, then biases
    found = risk.activations(x, "stem")
    assert found.shape == (33, 2)
    expected = [[phi(u + 0.25), phi(-u / 2)] for u in inputs.ravel()]
    # A few units in the last place of numbers up to 4.
    np.testing.assert_allclose(found, expected, atol=4 * accuracy)
    np.testing.assert_array_equal(risk.activations(x, layer="dense1"), risk.outputs(x))
    with pytest.raises(swale.UnknownNameError, match="did you mean 'stem'"):
        risk.activations(x, "stam")
    with pytest.raises(swale.UnsupportedError, match="has no layers"):
        swale.objectives.rosenbrock().activations([1, 1], "dense0")


def test_a_constant_and_a_rounded_matrix():
    rng = np.random.default_rng(1)
    for n in (3, 20, 50):
        q = np.linalg.qr(rng.normal(size=(n, n)))[0]
        matrix = (q * np.arange(1.0, n + 1)) @ q.T
        bowl = swale.objectives.quadratic(matrix=matrix, constant=-2.5)
        x = rng.normal(size=n)
        assert bowl.value(x) == pytest.approx(x @ matrix @ x / 2 - 2.5, rel=1e-12)
        np.testing.assert_array_equal(bowl.hvp(x, np.eye(n)), (matrix + matrix.T) / 2)
        swale.objectives.quadratic(matrix=matrix.astype(np.float32) @ np.eye(n, dtype=np.float32))
    with pytest.raises(swale.ArgumentError, match=r"\(1, 0\) is 0.2, element \(0, 1\) is 0.1"):
        swale.objectives.quadratic(matrix=[[1, 0.1], [0.2, 1]])


# Results


def test_recorded_names_come_before_methods(risk):
    x = risk.initialize(seed=1)
    path = swale.measure("linear_path", risk, x, 2 * x, points=5)
    names = list(path)
    assert names
    for result in (path, *(swale.measure(name, risk, x) for name in ("hessian_trace", "plane"))):
        for name in result:
            if name not in ("success", "reason"):
                np.testing.assert_array_equal(getattr(result, name), result[name])


def test_every_name_can_be_recorded():
    made = swale.Result.__reduce__(swale.solve("lbfgs", swale.objectives.rosenbrock(), [1, 1]))
    taken = [name for name in dir(swale.Result) if not name.startswith("_") and name not in ("success", "reason")]
    assert {"values", "items", "keys", "get", "handle", "close", "closed", "plot", "kind", "options"} <= set(taken)
    values = {**made[1][0], **{name: np.array([1.0, k]) for k, name in enumerate(taken)}}
    result = made[0](values, "metric", "made_up", {})
    import pickle

    for again in (result, pickle.loads(pickle.dumps(result))):
        for k, name in enumerate(taken):
            np.testing.assert_array_equal(getattr(again, name), [1, k])
        assert again.success is True
        assert "made_up" in repr(again)
        assert sorted(again) == sorted(values)
        with again:
            pass


def test_without_a_recorded_name_the_mapping_is_one():
    result = swale.solve("lbfgs", swale.objectives.rosenbrock(), [1, 1])
    assert dict(result)["fun"] == result.fun
    assert list(result.keys()) == list(result)
    assert dict(result.items())["x"].shape == (2,)
    assert result.get("nothing", 7) == 7
    assert result.kind == "solver"
    assert result.component == "lbfgs"
    # Solvers record how many values were asked for; a metric that records no such name has the method.
    assert isinstance(result.values, int)
    assert result.values == result["values"]
    hessian = swale.measure("hessian_dense", swale.objectives.rosenbrock(), [1, 1])
    assert "values" not in hessian
    assert len(list(hessian.values())) == len(hessian)


# What is refused, and when


def test_bad_layers_fail_where_they_are_given():
    for options in ({"activation": "reluu"}, {"units": 0}, {"units": 2.5}, {"unit": 3}, {"slope": "steep"}):
        with pytest.raises(swale.OptionError, match=next(iter(options))):
            swale.layers.dense(**{"units": 3, **options})
    with pytest.raises(swale.OptionError, match=r"allowed linear, relu.*gelu_tanh"):
        swale.layers.activation("reluu")


def test_unknown_options_list_each_option_once(risk):
    x = risk.initialize()
    with pytest.raises(swale.OptionError) as caught:
        swale.measure("hessian_trace", risk, x, zzzzzz=1)
    listed = str(caught.value).split("known: ")[1].split(", ")
    assert len(listed) == len(set(listed))
    assert {"seed", "max_seconds", "max_evaluations", "progress_every"} <= set(listed)
    assert not {"max_steps", "target_value", "trajectory_every", "history", "final_evaluation"} & set(listed)
    for solver in ("sgd", "langevin"):
        with pytest.raises(swale.OptionError) as caught:
            swale.solve(solver, risk, x, zzzzzz=1)
        listed = str(caught.value).split("known: ")[1].split(", ")
        assert len(listed) == len(set(listed))
        assert "history" in listed


def test_where_the_library_is():
    assert swale.library_path() == swale.library_path
    assert swale.library_path().is_file()
    assert swale.settings.library_path is swale.library_path
    with pytest.raises(swale.ArgumentError, match="allowed 'f32' and 'f64'"):
        swale.backend("f16")


def test_defaults_that_are_nothing_are_none():
    indices = swale.describe("transform", "subset").option("indices")
    assert indices.value is None
    assert len(swale.datasets.digits().subset(3, indices=indices.value)) == 3


@pytest.mark.parametrize("number", [np.int64(2), np.uint8(2), np.int32(2)])
def test_numpy_numbers_count(number):
    before = swale.threads()
    try:
        swale.set_threads(number)
        assert swale.threads() == 2
    finally:
        swale.set_threads(before)
    assert swale.Sequential(number, [swale.layers.dense(number)]).size == (6, 2)
    assert swale.Sequential((number, number), [swale.layers.flatten(), swale.layers.dense(1)]).size == (5, 1)
    assert swale.objectives.from_callables(lambda x: 0.0, dimension=number).dimension == 2
