"""Copies, pickles and other processes: handles never travel as bare numbers, and views keep their owner alive."""

import array
import concurrent.futures
import copy
import gc
import multiprocessing
import os
import pickle
import signal
import weakref

import numpy as np
import pytest

import swale
from swale._library import Handle
from swale._options import OptionBag

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def _again(thing):
    return pickle.loads(pickle.dumps(thing))


def _datasets():
    """Data of every origin, f32, f64, bytes, bits, labels and real targets, with transforms behind them."""
    x = np.sin(np.arange(60.0)).reshape(20, 3)
    labels = np.arange(20) % 4
    arrays = swale.datasets.from_arrays(x, labels)
    return {
        "arrays": arrays,
        "f32": swale.datasets.from_arrays(x.astype(np.float32), x[:, :2]),
        "bytes": swale.datasets.from_arrays((x > 0).astype(np.uint8).reshape(20, 3, 1)),
        "real targets of bytes": swale.datasets.from_arrays(x, (x[:, 0] > 0).astype(np.uint8), target="real"),
        "fewer labels than classes": arrays.subset(2),
        "standardised": arrays.standardize(),
        "bits": swale.datasets.from_arrays(x, np.where(x[:, 0] > 0, 1.0, -1.0)).binarize(),
        "generated": swale.datasets.random_patterns(samples=9, features=13, seed=5),
        "teacher": swale.datasets.teacher_student(samples=9, features=13, seed=5).subset(4),
        "digits": swale.datasets.digits().standardize(mode="global").split(0.5, seed=3).test,
    }


@pytest.mark.parametrize("name", list(_datasets()))
def test_datasets_travel(name):
    data = _datasets()[name]
    for made in (_again(data), copy.copy(data), copy.deepcopy(data)):
        assert len(made) == len(data)
        assert (made.shape, made.classes, made.target_width) == (data.shape, data.classes, data.target_width)
        np.testing.assert_array_equal(made.inputs, data.inputs)
        if data.target_width:
            np.testing.assert_array_equal(made.targets, data.targets)
            assert made.targets.dtype == data.targets.dtype
        assert made is not data
        assert _again(made).shape == data.shape


def test_statistics_travel():
    data = _datasets()["standardised"]
    made = _again(data)
    for name in ("mean", "scale"):
        np.testing.assert_array_equal(made.array(name), data.array(name))
        np.testing.assert_array_equal(_again(made).array(name), data.array(name))
        # Through transforms too, as without a journey; one that makes its own gives its own.
        np.testing.assert_array_equal(made.shuffle(seed=1).array(name), data.array(name))
        np.testing.assert_array_equal(made.standardize().array(name), data.standardize().array(name))
    teacher = _datasets()["teacher"]
    np.testing.assert_array_equal(_again(teacher).array("teacher"), teacher.array("teacher"))


def test_files_that_changed_are_noticed(tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", np.arange(12, dtype=np.uint8).reshape(4, 3))
    np.save(tmp_path / "y.npy", np.array([0, 1, 0, 1]))
    monkeypatch.chdir(tmp_path)
    data = swale.datasets.npy(inputs="x.npy", targets="y.npy", scale=1 / 255).subset(3)
    stored = pickle.dumps(data)
    monkeypatch.chdir("/")
    np.testing.assert_array_equal(pickle.loads(stored).inputs, data.inputs)
    np.save(tmp_path / "x.npy", np.arange(1, 13, dtype=np.uint8).reshape(4, 3))
    with pytest.raises(swale.FileError, match=r"x\.npy.* not what it was"):
        pickle.loads(stored)
    with pytest.raises(swale.FileError, match=r"x\.npy.* has changed since"):
        pickle.dumps(data)
    os.unlink(tmp_path / "x.npy")
    with pytest.raises(swale.FileError, match=r"x\.npy"):
        pickle.loads(stored)


def _value(x):
    return float(x @ x)


def _gradient(x):
    return 2 * x


def _objectives():
    x = np.sin(np.arange(60.0)).reshape(20, 3)
    data = swale.datasets.from_arrays(x, np.arange(20) % 4)
    model = swale.Sequential(3, [swale.layers.dense(5, activation="tanh"), swale.layers.dense(4)])
    whole = swale.objectives.network(model, data, l2=0.5, precision="f32")
    return {
        "quadratic": swale.objectives.quadratic(diagonal=np.array([1.0, 4.0]), constant=3),
        "network": whole,
        "frozen": whole.freeze(["dense1"], at=whole.initialize(seed=2)),
        "callables": swale.objectives.from_callables(_value, _gradient, dimension=2),
        "perceptron": swale.objectives.perceptron(_datasets()["bits"]),
        "committee": swale.objectives.committee(_datasets()["generated"], hidden=13, loss="cross_entropy"),
    }


@pytest.mark.parametrize("name", list(_objectives()))
def test_objectives_travel(name):
    objective = _objectives()[name]
    x = np.cos(np.arange(objective.dimension))
    for made in (_again(objective), copy.copy(objective), copy.deepcopy(objective), _again(_again(objective))):
        assert made is not objective
        assert made.value(x) == objective.value(x)
        assert (made.name, made.precision, made.capabilities) == (
            objective.name,
            objective.precision,
            objective.capabilities,
        )
        made.close()
    assert np.isfinite(objective.value(x))


def test_what_an_objective_is_made_of_may_be_closed_before_it_travels():
    data = _datasets()["arrays"]
    model = swale.Sequential(3, [swale.layers.dense(4)])
    risk = swale.objectives.network(model, data)
    x = risk.initialize(seed=1)
    data.close()
    model.close()
    assert _again(risk).value(x) == risk.value(x)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_models_travel(protocol):
    layers = swale.layers
    graph = swale.Graph(np.int64(4)).add(layers.dense(4), name="a").add(layers.dense(4), name="b", inputs="input")
    graph.add(layers.add(), inputs=["a", "b"])
    chain = swale.Sequential((2, 2), [layers.flatten(), layers.dense(3, name="head")])
    for model in (graph, chain):
        for made in (pickle.loads(pickle.dumps(model, protocol)), copy.copy(model), copy.deepcopy(model)):
            assert type(made) is type(model)
            assert repr(made) == repr(model)
            # A model of its own: it can grow where the other is finished.
            assert made.add(layers.dense(2)).size[0] > model.size[0]


def test_results_travel_and_their_views_keep_memory():
    bowl = swale.objectives.quadratic(diagonal=[1.0, 2.0, 3.0])
    result = swale.solve("lbfgs", bowl, [1.0, 2.0, 3.0])
    expected = np.array(result.x)
    views = [result.x[1:], copy.copy(result).x, copy.deepcopy(result).x, result.x.copy(), _again(result.x)]
    views += [copy.copy(result.x), copy.deepcopy(result.x), result.x.reshape(3, 1), _again(result).x]
    del result
    gc.collect()
    others = [swale.solve("lbfgs", bowl, [4.0, 5.0, 6.0 + k]) for k in range(50)]
    for view in views:
        np.testing.assert_array_equal(view.ravel(), expected[-view.size :])
    assert len(others) == 50


def test_views_of_data_keep_memory_through_slices():
    inputs = np.arange(12.0).reshape(6, 2).copy()
    data = swale.datasets.from_arrays(inputs, copy=False)
    alive = weakref.ref(inputs)
    part = copy.copy(data).inputs[2:].T[:1]
    del inputs, data
    gc.collect()
    assert alive() is not None
    np.testing.assert_array_equal(part, [[4, 6, 8, 10]])
    del part
    gc.collect()
    assert alive() is None


def test_options_of_every_kind_travel(tmp_path):
    class Folder:
        """A path that cannot be pickled."""

        def __fspath__(self):
            return str(tmp_path / "x.npy")

    np.save(tmp_path / "x.npy", np.eye(2))
    np.testing.assert_array_equal(_again(swale.datasets.npy(inputs=Folder())).inputs, np.eye(2))
    diagonal = array.array("d", [2.0, 4.0])
    for given in (memoryview(diagonal), diagonal, range(2, 5, 2), np.array([2, 4], ">i2")):
        made = swale.objectives.quadratic(diagonal=given, constant=np.float32(0.5))
        assert _again(made).value([1, 1]) == 3.5
    # What is written into an option's array afterwards does not travel.
    changed = np.array([2.0, 4.0])
    made = swale.objectives.quadratic(diagonal=changed)
    changed[:] = 0
    assert _again(made).value([1, 1]) == made.value([1, 1]) == 3


def test_closing_a_copy_leaves_the_other():
    objective = swale.objectives.quadratic(diagonal=[2.0])
    second = copy.copy(objective)
    objective.close()
    assert objective.closed
    assert second.value([1.0]) == 1
    assert copy.copy(objective).closed
    with pytest.raises(swale.HandleError, match="closed"):
        pickle.dumps(objective)


def test_handles_without_a_description_are_refused():
    bag = OptionBag(swale.describe("solver", "sgd"), {})
    with pytest.raises(swale.PicklingError, match=r"OptionBag cannot be pickled.*another object"):
        pickle.dumps(bag)
    bare = Handle.__new__(swale.objectives.Objective)
    bare._value, bare._owner, bare._recipe = 5, object(), None
    for refused in (TypeError, pickle.PicklingError, swale.SwaleError):
        with pytest.raises(refused, match="Objective cannot be pickled"):
            pickle.dumps(bare)
    with pytest.raises((AttributeError, pickle.PicklingError), match=r"lambda|local"):
        pickle.dumps(swale.objectives.from_callables(lambda x: 0.0, dimension=1))


def test_functions_of_components_travel():
    for function in (swale.layers.dense, swale.datasets.random_patterns):
        assert repr(_again(function)) == repr(function)
    assert _again(swale.objectives.quadratic) is swale.objectives.quadratic
    assert _again(swale.layers.dense(3, activation="relu")) == swale.layers.dense(3, activation="relu")


def _worth(objective, x):
    # Another object first, so that a handle which came as a number would be its.
    swale.objectives.quadratic(diagonal=[21.0])
    return objective.value(x)


def _first(data):
    return np.array(data.inputs[0]), data.classes


@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
def test_other_processes_compute_with_the_same_objects(method):
    objective = swale.objectives.quadratic(diagonal=[6.0])
    data = _datasets()["arrays"]
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        # 3 = 6 / 2; the other object of that process says 10.5.
        assert pool.submit(_worth, objective, [1.0]).result(timeout=60) == 3
        row, classes = pool.submit(_first, data).result(timeout=60)
        run = pool.submit(swale.solve, "lbfgs", objective, [1.0]).result(timeout=60)
    np.testing.assert_array_equal(row, data.inputs[0])
    assert classes == 4
    assert run.success
    assert run.x == pytest.approx(0, abs=1e-6)


def test_a_forked_child_keeps_its_handles():
    objective = swale.objectives.quadratic(diagonal=[6.0])
    data = swale.datasets.from_arrays(np.eye(3), copy=False)
    result = swale.solve("lbfgs", objective, [1.0])
    view = result.x
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        good = objective.value([1.0]) == 3 and data.inputs[1, 1] == 1 and result.fun <= 1e-9 and abs(view[0]) < 1e-4
        objective.close()
        os._exit(0 if good else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert objective.value([1.0]) == 3
