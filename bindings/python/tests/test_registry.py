"""Names, signatures, options and settings: everything that comes from the library's records."""

import inspect

import numpy as np
import pytest

import swale

KINDS = ["layer", "loss", "objective", "solver", "metric", "dataset", "transform", "initializer", "run"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_component_is_described(kind):
    names = swale.components(kind)
    assert names
    for name in names:
        component = swale.describe(kind, name)
        assert component.summary.endswith(".")
        assert list(component.signature.parameters) == [option.name for option in component.options]
        for option in component.options:
            assert option.doc
            if option.choices:
                assert option.value in option.choices
            elif option.type in ("int", "float") and not option.is_list:
                assert option.lowest <= option.value <= option.highest
        assert name in str(component)


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(KeyError, match="did you mean 'solver'"):
        swale.components("solvers")
    with pytest.raises(swale.UnknownNameError, match="did you mean 'adam'"):
        swale.describe("solver", "adamm")
    with pytest.raises(AttributeError, match="did you mean 'dense'"):
        swale.layers.dens  # noqa: B018
    with pytest.raises(AttributeError, match="did you mean 'standardize'"):
        swale.datasets.digits().standardise  # noqa: B018
    for module in (swale.layers, swale.datasets, swale.objectives):
        with pytest.raises(AttributeError):
            module.no_such_thing  # noqa: B018


def test_functions_have_the_signature_of_the_record():
    dense = swale.layers.dense
    parameters = inspect.signature(dense).parameters
    assert list(parameters)[:2] == ["units", "activation"]
    assert parameters["bias"].default is True
    assert "name" in parameters
    assert "Parameters\n----------" in dense.__doc__
    assert "relu" in dense.__doc__
    assert "dense" in dir(swale.layers)
    assert "random_patterns" in dir(swale.datasets)
    assert "rosenbrock" in dir(swale.objectives)
    assert "seed" in inspect.signature(swale.datasets.digits().label_noise).parameters


def test_layers_are_recipes():
    layer = swale.layers.dense(3, "tanh", name="head")
    assert layer == swale.layers.dense(units=3, activation="tanh", name="head")
    assert repr(layer) == "dense(units=3, activation='tanh', name='head')"
    with pytest.raises(swale.OptionError, match="twice"):
        swale.layers.dense(3, units=3)
    with pytest.raises(swale.OptionError, match="got 9 values"):
        swale.layers.dense(*range(9))


def test_models():
    layers = swale.layers
    chain = swale.Sequential((2, 2), [layers.flatten(), layers.dense(3, activation="tanh", name="head")])
    assert chain.size == (15, 3)
    assert repr(chain) == "Sequential((2, 2), [flatten(), dense(units=3, activation='tanh', name='head')])"
    graph = swale.Graph(4).add(layers.dense(4), name="a").add(layers.dense(4), name="b", inputs="input")
    graph.add(layers.add(), inputs=["a", "b"])
    assert graph.size == (40, 4)
    with pytest.raises(swale.StateError, match="cannot change"):
        graph.add(layers.dense(2))
    with pytest.raises(swale.ArgumentError, match="not a layer"):
        swale.Sequential(4, ["dense"])
    with pytest.raises(swale.OptionError, match="did you mean 'units'"):
        swale.Sequential(4, [layers.dense(unit=3)])
    with pytest.raises(swale.OptionError, match="allowed"):
        swale.Sequential(4, [layers.dense(0)])


@pytest.mark.parametrize("number", [3, 3.0, np.int32(3), np.float32(3), np.array(3), np.uint8(3)])
def test_numbers_of_any_kind_are_options(number):
    assert swale.objectives.rosenbrock(dimension=number).dimension == 3


@pytest.mark.parametrize(
    "diagonal", [[1, 2], (1.0, 2), np.array([1, 2], np.int8), np.array([1, 2], np.float32), range(1, 3)]
)
def test_lists_of_any_kind_are_options(diagonal):
    assert swale.objectives.quadratic(diagonal=diagonal).value([1, 1]) == 1.5


def test_a_matrix_is_an_option():
    matrix = np.array([[2.0, 1.0], [1.0, 3.0]])
    # Column-major memory, to see that elements and not bytes are passed.
    bowl = swale.objectives.quadratic(matrix=np.asfortranarray(matrix))
    np.testing.assert_array_equal(bowl.hvp([0, 0], np.eye(2)), matrix)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rte": 0.1}, "unknown option of solver 'sgd' 'learning_rte'; did you mean 'learning_rate'"),
        ({"max_step": 3}, "did you mean 'max_steps'"),
        ({"learning_rate": -1}, "allowed 0"),
        ({"learning_rate": "fast"}, "learning_rate.*'fast', allowed float"),
        ({"batch_size": 2.5}, "whole"),
        ({"batch_size": 10**30}, "allowed int"),
        ({"nesterov": "yes"}, "allowed bool"),
        ({"schedule": 3}, "allowed str in constant"),
        ({"schedule": "sine"}, "allowed constant"),
        ({"milestones": ["a"]}, r"allowed list\[float\]"),
        ({"learning_rate": True}, "allowed a value of type"),
        ({"seed": -1}, "allowed 0"),
    ],
)
def test_bad_options_are_refused_in_words(options, message, risk):
    with pytest.raises(swale.OptionError, match=message):
        swale.solve("sgd", risk, risk.initialize(), **options)


@pytest.mark.parametrize("seed", [-1, 1.5, "one", 2**64])
def test_bad_seeds_are_refused(seed, risk, digits):
    with pytest.raises(swale.OptionError, match="seed"):
        risk.initialize(seed=seed)
    with pytest.raises(swale.OptionError, match="seed"):
        digits.split(seed=seed)
    with pytest.raises(swale.OptionError, match="seed"):
        swale.datasets.random_patterns(seed=seed)


def test_none_means_the_default(risk):
    x = risk.initialize()
    expected = swale.solve("sgd", risk, x, max_steps=3).x
    np.testing.assert_array_equal(swale.solve("sgd", risk, x, max_steps=3, momentum=None).x, expected)


def test_settings():
    before = swale.threads()
    try:
        swale.set_threads(1)
        assert swale.threads() == 1
        with pytest.raises(ValueError, match="threads"):
            swale.set_threads(0)
    finally:
        swale.set_threads(before)
    now, peak = swale.memory_used()
    assert 0 <= now <= peak
    try:
        swale.set_memory_limit(1000)
        with pytest.raises(MemoryError):
            swale.datasets.random_patterns(samples=1000, features=1000)
    finally:
        swale.set_memory_limit(None)
    assert "x86-64" in swale.backend("f64") or "generic" in swale.backend("f64") or "neon" in swale.backend("f64")
    assert swale.library_path.exists()
    assert swale.__version__.count(".") == 2
    swale.set_log(lambda level, message: None)
    swale.set_log(None)
    with pytest.raises(swale.PluginError, match="no-such-plugin"):
        swale.load_plugin("/no-such-plugin.so")


def test_errors_are_also_python_errors():
    for error, builtin in [
        (swale.ArgumentError, ValueError),
        (swale.ShapeError, ValueError),
        (swale.UnknownNameError, KeyError),
        (swale.OptionError, ValueError),
        (swale.UnsupportedError, NotImplementedError),
        (swale.StateError, RuntimeError),
        (swale.FileError, OSError),
        (swale.OutOfMemoryError, MemoryError),
        (swale.LibraryError, ImportError),
    ]:
        assert issubclass(error, (swale.SwaleError,))
        assert issubclass(error, builtin)
    assert str(swale.UnknownNameError("as it is")) == "as it is"
