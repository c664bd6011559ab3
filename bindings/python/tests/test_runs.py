import os
import signal
import threading

import numpy as np
import pytest

import swale


def test_training_and_measuring_digits(digits):
    data = digits.split(0.8, seed=0).standardize(mode="global")
    model = swale.Sequential(64, [swale.layers.dense(32, activation="relu"), swale.layers.dense(10)])
    risk = swale.objectives.network(model, data.train, precision="f32")
    test = swale.objectives.network(model, data.test, precision="f32")
    run = swale.solve("sgd", risk, risk.initialize(seed=0), learning_rate=0.1, momentum=0.9, batch_size=32, epochs=20)
    assert run.success
    assert run.nit == 20 * 45
    assert test.evaluate(run.x)[1] < 0.06
    again = swale.solve("sgd", risk, risk.initialize(seed=0), learning_rate=0.1, momentum=0.9, batch_size=32, epochs=20)
    np.testing.assert_array_equal(run.x, again.x)
    top = swale.measure("hessian_top", risk, run.x, k=3)
    assert np.all(top.converged)
    spectrum = swale.measure("hessian_spectrum", risk, run.x, probes=4, steps=40)
    assert spectrum.lambda_max == pytest.approx(top.eigenvalues[0], rel=0.05)


def test_options_are_split_and_checked(risk):
    x = risk.initialize()
    assert swale.solve("sgd", risk, x, learning_rate=0.1, max_steps=3).steps == 3
    with pytest.raises(swale.OptionError, match="did you mean 'learning_rate'"):
        swale.solve("sgd", risk, x, learning_rat=0.1)
    with pytest.raises(swale.OptionError, match="allowed"):
        swale.solve("sgd", risk, x, learning_rate=-1)
    with pytest.raises(swale.UnknownNameError):
        swale.solve("sgdd", risk, x)


def test_progress_function_can_stop(risk):
    seen = []

    def progress(now):
        seen.append(now.step)
        return len(seen) < 3

    run = swale.solve("sgd", risk, risk.initialize(), max_steps=10**6, steps=10**6, progress=progress, progress_every=0)
    assert run.message == "cancelled"
    assert not run.success
    assert len(seen) >= 3


def test_exceptions_of_progress_functions(risk):
    def progress(now):
        raise LookupError("on purpose")

    with pytest.raises(LookupError, match="on purpose"):
        swale.solve("sgd", risk, risk.initialize(), steps=1000, progress=progress, progress_every=0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_interrupt_stops_a_run(risk):
    # A shell that runs tests in the background ignores the signal, and Python then keeps ignoring it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            swale.solve("sgd", risk, risk.initialize(), learning_rate=1e-6, steps=10**9, history=False, max_seconds=30)
    finally:
        signal.signal(signal.SIGINT, before)
    assert caught.value.result.steps > 0


def test_two_threads_share_an_objective(risk):
    x = risk.initialize(seed=3)
    expected = risk.gradient(x)
    agreed = []

    def work():
        agreed.extend(np.array_equal(risk.gradient(x), expected) for _ in range(200))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert agreed == [True] * 400


def test_views_outlive_the_result(risk):
    x = swale.solve("sgd", risk, risk.initialize(), steps=2).x
    assert np.all(np.isfinite(x))
    with pytest.raises(ValueError, match="read-only"):
        x[0] = 1


def test_registry():
    assert "sgd" in swale.components("solver")
    component = swale.describe("solver", "sgd")
    assert component.option("learning_rate").type == "float"
    assert "learning_rate" in str(component)
    assert "momentum" in component.signature.parameters
    with pytest.raises(swale.UnknownNameError):
        swale.components("solvers")


def test_data_sources_and_transforms(digits, tmp_path):
    assert len(digits) == 1797
    assert digits.classes == 10
    assert np.bincount(digits.targets).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    pair = digits.select_classes([3, 4])
    assert set(np.unique(pair.targets)) == {-1.0, 1.0}
    train, test = digits.split(0.75, seed=1)
    assert len(train) + len(test) == 1797
    patterns = swale.datasets.random_patterns(features=11, samples=7, seed=2)
    assert set(np.unique(patterns.inputs)) == {-1.0, 1.0}
    np.save(tmp_path / "x.npy", np.arange(6.0).reshape(3, 2))
    np.testing.assert_array_equal(swale.datasets.npy(inputs=tmp_path / "x.npy").inputs, [[0, 1], [2, 3], [4, 5]])
    with pytest.raises(swale.FileError, match="not found"):
        swale.datasets.load_idx("no-such-set")
    with pytest.raises(AttributeError, match="no attribute or transform"):
        digits.standardise()


def test_a_forked_child_has_its_own_threads():
    before = swale.threads()
    swale.set_threads(2)
    try:
        random = np.random.default_rng(0)
        data = swale.datasets.from_arrays(random.normal(size=(4000, 100)), random.integers(0, 10, 4000))
        model = swale.Sequential(100, [swale.layers.dense(128, activation="relu"), swale.layers.dense(10)])
        risk = swale.objectives.network(model, data, precision="f32")
        x = risk.initialize(seed=0)
        wanted = risk.gradient(x)
        child = os.fork()
        if child == 0:
            signal.alarm(60)  # a child that hangs is a failure, not a test that never ends
            os._exit(0 if np.array_equal(risk.gradient(x), wanted) else 1)
        assert os.waitpid(child, 0)[1] == 0
        np.testing.assert_array_equal(risk.gradient(x), wanted)
    finally:
        swale.set_threads(before)
