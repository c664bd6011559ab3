"""What arrays may be: masks, types, byte orders, layouts, texts with NUL inside; and who owns the memory."""

import array
import collections
import decimal
import fractions

import numpy as np
import pytest

import swale


@pytest.fixture
def bowl():
    return swale.objectives.quadratic(diagonal=[1.0, 2.0])


def test_what_is_written_afterwards_is_not_seen():
    inputs, targets = np.ones((3, 2)), np.array([1.0, -1.0, 1.0])
    data = swale.datasets.from_arrays(inputs, targets)
    risk = swale.objectives.network(swale.Sequential(2, [swale.layers.dense(1)]), data, loss="mse")
    before = risk.value([1, 2, 3])
    inputs[:], targets[:] = np.nan, np.nan
    assert risk.value([1, 2, 3]) == before
    assert np.all(data.inputs == 1)
    np.testing.assert_array_equal(data.targets, [1, -1, 1])


def test_sharing_is_asked_for():
    inputs = np.ones((3, 2))
    shared = swale.datasets.from_arrays(inputs, copy=False)
    inputs[0, 0] = 5
    assert shared.inputs[0, 0] == 5


MASKED = np.ma.array([1.0, 2.0], mask=[False, True])


@pytest.mark.parametrize(
    "use",
    [
        lambda bowl: bowl.value(MASKED),
        lambda bowl: bowl.gradient(MASKED),
        lambda bowl: bowl.hvp([0, 0], MASKED),
        lambda bowl: bowl.hvp([0, 0], [[1.0, 2.0], MASKED]),
        lambda bowl: bowl.hvp([0, 0], (MASKED, MASKED)),
        lambda bowl: bowl.value([1.0, np.ma.masked]),
        lambda bowl: swale.solve("lbfgs", bowl, MASKED),
        lambda bowl: swale.measure("hessian_top", bowl, MASKED),
        lambda bowl: swale.measure("distance", bowl, [0, 0], MASKED),
        lambda bowl: swale.datasets.from_arrays(np.ma.array(np.ones((2, 2)), mask=[[0, 0], [0, 1]])),
        lambda bowl: swale.datasets.from_arrays(np.ones((2, 2)), MASKED),
        lambda bowl: swale.objectives.quadratic(diagonal=MASKED),
        lambda bowl: swale.objectives.quadratic(diagonal=[1.0], constant=np.ma.masked),
        lambda bowl: swale.solve("sgd", bowl, [1, 1], learning_rate=np.ma.array(0.1, mask=True)),
        lambda bowl: bowl.initialize(seed=np.ma.array(3, mask=True)),
        lambda bowl: swale.datasets.digits().subset(indices=np.ma.array([1, 2], mask=[0, 1])),
    ],
)
def test_masks_are_refused(use, bowl):
    with pytest.raises(swale.ArgumentError, match="masked"):
        use(bowl)


def test_masks_that_hide_nothing_are_arrays(bowl):
    assert bowl.value(np.ma.array([1.0, 2.0])) == 4.5
    assert bowl.value(np.ma.array([1.0, 2.0], mask=[False, False])) == 4.5
    assert swale.objectives.quadratic(diagonal=np.ma.array([2.0])).value([1]) == 1
    with pytest.raises(swale.ArgumentError, match=r"x is masked at \[1\]"):
        bowl.value(MASKED)


@pytest.mark.parametrize("name", ["value", "gradient", "hvp"])
@pytest.mark.parametrize("wrong", [np.ma.array([1.0, 2.0], mask=[0, 1]), np.array([1j, 2]), ["1", "2"], object()])
def test_functions_must_give_numbers(name, wrong):
    functions = {"value": lambda x: x @ x / 2, "gradient": lambda x: x, "hvp": lambda x, v: v}
    given = (
        wrong
        if name != "value" or isinstance(wrong, np.ma.MaskedArray)
        else wrong[0]
        if isinstance(wrong, list)
        else 1j
    )
    landscape = swale.objectives.from_callables(**{**functions, name: lambda *_: given}, dimension=2)
    with pytest.raises((ValueError, TypeError)):
        {"value": landscape.value, "gradient": landscape.gradient, "hvp": lambda x: landscape.hvp(x, x)}[name]([1, 2])


@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", ">f4", "<f2", ">f2", "g", "i1", ">i2", "u4", ">i8", "u8", "?"])
def test_real_numbers_of_every_type_are_points_inputs_and_options(dtype, bowl):
    x = np.array([1, 0], dtype)
    assert bowl.value(x) == 0.5
    assert bowl.value(np.stack([x, x])[0]) == 0.5
    data = swale.datasets.from_arrays(np.array([[1, 0], [0, 1]], dtype))
    np.testing.assert_array_equal(data.inputs, [[1, 0], [0, 1]])
    if dtype != "?":
        assert swale.objectives.quadratic(diagonal=np.array([2, 4], dtype)).value([1, 1]) == 3


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.array([1, 2], object), "dtype object"),
        ((value for value in (1.0, 2.0)), "generator.*make a list"),
        (np.array([1 + 1j, 2]), "complex"),
        (np.array(["1", "2"]), "<U1"),
        (["1.0", "2.0"], "<U3"),
        (np.array(["2020-01-01", "2020-01-02"], "M8[D]"), "datetime64"),
        ([[1, 2], [3]], "does not make an array"),
        (np.float64(3), r"needed \(2,\)"),
        (np.array(3.0), r"needed \(2,\)"),
        ({1.0, 2.0}, "dtype object"),
        (None, "dtype object"),
    ],
)
def test_what_is_no_array_of_numbers(x, words, bowl):
    with pytest.raises(ValueError, match=words):
        bowl.value(x)


def test_layouts(bowl):
    grid = np.array([[1.0, 9.0, 2.0, 9.0], [3.0, 9.0, 4.0, 9.0]])
    assert bowl.value(grid[0, ::2]) == 4.5
    assert bowl.value(grid[::-1, ::2][0]) == 20.5
    np.testing.assert_array_equal(bowl.hvp([0, 0], np.asfortranarray(grid[:, ::2])), [[1, 4], [3, 8]])
    assert bowl.value(memoryview(array.array("d", [1, 2]))) == 4.5
    assert bowl.value(array.array("f", [1, 2])) == 4.5
    shifted = np.frombuffer(b"\0" + np.array([1.0, 2.0]).tobytes(), np.float64, offset=1)
    assert not shifted.flags.aligned
    assert bowl.value(shifted) == 4.5
    rows = np.frombuffer(b"\0" + np.ones((2, 2), np.float32).tobytes(), np.float32, offset=1).reshape(2, 2)
    for share in (False, True):
        np.testing.assert_array_equal(swale.datasets.from_arrays(rows, copy=not share).inputs, np.ones((2, 2)))
    frozen = np.array([1.0, 2.0])
    frozen.flags.writeable = False
    assert bowl.value(frozen) == 4.5
    with pytest.raises(swale.ShapeError, match="writable"):
        bowl.hvp([0, 0], [1, 1], out=frozen)
    v = np.array([1.0, 1.0])
    assert bowl.hvp([0, 0], v, out=v) is v
    np.testing.assert_array_equal(v, [1, 2])


@pytest.mark.parametrize(
    ("value", "good"), [(decimal.Decimal("0.5"), True), (fractions.Fraction(1, 2), True), (1j, False)]
)
def test_numbers_of_other_kinds_as_options(value, good):
    if good:
        assert swale.objectives.quadratic(diagonal=[2.0], constant=value).value([0]) == 0.5
    else:
        with pytest.raises(swale.OptionError, match="constant"):
            swale.objectives.quadratic(diagonal=[2.0], constant=value)


@pytest.mark.parametrize("value", [np.array([0.5]), [0.5], "0.5", b"0.5", np.array("0.5"), object()])
def test_what_is_no_number_as_an_option(value):
    with pytest.raises(swale.OptionError, match="constant"):
        swale.objectives.quadratic(diagonal=[2.0], constant=value)


@pytest.mark.parametrize("labels", [np.array([0, 1], np.uint64), np.array([False, True]), np.array([0, 1], ">i4")])
def test_labels_of_every_type(labels):
    assert swale.datasets.from_arrays(np.ones((2, 1)), labels).classes == 2


def test_labels_too_large_to_be_any():
    with pytest.raises(swale.ArgumentError, match="2\\^63"):
        swale.datasets.from_arrays(np.ones((2, 1)), np.array([0, 2**63], np.uint64))


# Targets


@pytest.mark.parametrize("dtype", [int, np.int8, np.int32, ">i8"])
def test_the_type_of_targets_decides(dtype):
    x = np.ones((2, 1))
    assert swale.datasets.from_arrays(x, np.array([1, 1], dtype)).classes == 2
    assert swale.datasets.from_arrays(x, np.array([0, 1], dtype)).classes == 2
    with pytest.raises(swale.ArgumentError, match=r"targets\[0\]: label -1 is negative.*floating-point.*target = real"):
        swale.datasets.from_arrays(x, np.array([-1, 1], dtype))
    for values in ([-1, 1], [1, 1], [0, 1]):
        real = swale.datasets.from_arrays(x, np.array(values, dtype), target="real")
        assert real.classes == 0
        np.testing.assert_array_equal(real.targets, values)
        assert swale.datasets.from_arrays(x, np.array(values, float)).classes == 0
    assert swale.datasets.from_arrays(x, [0.0, 3.0], target="labels").classes == 4
    with pytest.raises(swale.ArgumentError, match=r"targets\[1\] is 0.5, but labels are whole"):
        swale.datasets.from_arrays(x, [0.0, 0.5], target="labels")
    with pytest.raises(swale.ArgumentError, match="allowed 'auto', 'labels' and 'real'"):
        swale.datasets.from_arrays(x, [0, 1], target="signs")


def test_whole_numbers_for_regression_are_refused_with_a_hint():
    data = swale.datasets.from_arrays(np.ones((3, 1)), [3, 5, 7])
    model = swale.Sequential(1, [swale.layers.dense(1)])
    with pytest.raises(swale.ShapeError, match=r"8 classes but the model only 1 outputs.*floating-point"):
        swale.objectives.network(model, data, loss="mse")


def test_devices_say_what_they_found():
    data = swale.datasets.from_arrays(np.ones((2, 3)), [1, 1])
    with pytest.raises(swale.ShapeError, match=r"class labels \(whole numbers\).*floating-point"):
        swale.objectives.perceptron(data)


# Empty is not "none given"


@pytest.mark.parametrize(
    "use",
    [
        lambda data, bowl: data.subset(indices=[]),
        lambda data, bowl: data.subset(0),
        lambda data, bowl: data.select_classes([]),
        lambda data, bowl: swale.objectives.quadratic(diagonal=[]),
        lambda data, bowl: swale.objectives.quadratic(diagonal=[1.0], center=[]),
        lambda data, bowl: swale.solve("sgd", bowl, [1, 1], milestones=np.empty(0)),
        lambda data, bowl: swale.measure("hessian_top", bowl, [1, 1], block=[]),
        lambda data, bowl: swale.measure("hessian_top", bowl, [1, 1], block=","),
        lambda data, bowl: bowl.freeze([], at=[1, 1]),
        lambda data, bowl: swale.measure("hessian_top", bowl, np.empty((0, 2))),
        lambda data, bowl: swale.measure("perceptron_replica", alpha=[]),
        lambda data, bowl: swale.Graph(2).add(swale.layers.dense(1), inputs=[]),
        lambda data, bowl: swale.datasets.from_arrays(np.empty((0, 2))),
        lambda data, bowl: swale.set_memory_limit(0),
    ],
)
def test_empty_is_not_none_given(use, digits, bowl):
    with pytest.raises((ValueError, KeyError), match=r"empty|names no|no point|is 0|no data|allowed str"):
        use(digits, bowl)


def test_no_vectors_have_no_products(bowl):
    assert bowl.hvp([0, 0], np.empty((0, 2))).shape == (0, 2)


# Text


@pytest.mark.parametrize(
    "use",
    [
        lambda path: swale.datasets.npy(inputs=f"{path}\0.txt"),
        lambda path: swale.datasets.csv(path=f"{path}\0.txt"),
        lambda path: swale.load_plugin(f"{path}\0.so"),
        lambda path: swale.load_plugin(f"{path}\0.so".encode()),
        lambda path: swale.Graph(2).add(swale.layers.dense(1), name="a\0b"),
        lambda path: swale.Graph(2).add(swale.layers.dense(1), inputs="input\0"),
        lambda path: swale.datasets.digits().array("inputs\0x"),
        lambda path: swale.solve("lbfgs", swale.objectives.rosenbrock(), [1, 1])["fun\0x"],
        lambda path: swale.objectives.rosenbrock().freeze("x\0y", at=[1, 1]),
        lambda path: swale.solve("sgd", swale.objectives.rosenbrock(), [1, 1], schedule="constant\0x"),
        lambda path: _risk().activations(np.zeros(6), "dense0\0x"),
    ],
)
def test_text_with_nul_inside_is_refused(use, tmp_path):
    np.save(tmp_path / "x.npy", np.ones((2, 2)))
    with pytest.raises(ValueError, match="NUL"):
        use(tmp_path / "x.npy")


def test_text_that_is_no_unicode_is_refused():
    with pytest.raises(swale.ArgumentError, match="UTF-8"):
        swale.datasets.npy(inputs="\udcff")


def test_names_with_nul_are_unknown():
    for use in (
        lambda: swale.solve("sgd\0x", swale.objectives.rosenbrock(), [1, 1]),
        lambda: swale.objectives.rosenbrock().initialize(initializer="he\0x"),
        lambda: swale.datasets.create("npy\0x"),
        lambda: swale.describe("solver", "sgd\0"),
    ):
        with pytest.raises(swale.UnknownNameError):
            use()


def _risk():
    data = swale.datasets.from_arrays(np.eye(2), [0, 1])
    return swale.objectives.network(swale.Sequential(2, [swale.layers.dense(2)]), data)


class Wrapped:
    """Something that is no array but turns into one."""

    def __array__(self, dtype=None, copy=None):
        return np.ma.array([0.3, 0.2], mask=[False, True])


@pytest.mark.parametrize("x", [Wrapped(), collections.deque([np.ma.array([0.3, 0.2], mask=[0, 1])])])
def test_masks_inside_of_other_things_are_refused(bowl, x):
    with pytest.raises(swale.SwaleError, match="masked"):
        bowl.hvp([0, 0], x)
