"""Ctrl-C, exceptions of callbacks, pickling: what leaves a run on another way than its end."""

import concurrent.futures
import pickle
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest

import swale


def _run(code):
    # A process of its own, because an interrupt that goes astray would end the tests.
    prelude = "import os, signal, threading, swale\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    return subprocess.run(
        [sys.executable, "-c", prelude + textwrap.dedent(code)], capture_output=True, text=True, timeout=60, check=False
    )


INTERRUPTED = """
    def interrupt(after):
        threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT)).start()
    bowl = swale.objectives.quadratic(diagonal=[1.0, 2.0])
    options = dict(learning_rate=1e-9, steps=10**12, history=False, max_seconds=20)
"""


@pytest.mark.parametrize("progress", ["False", "True", "lambda now: None"])
def test_ctrl_c_gives_the_partial_result(progress):
    if progress == "True":
        pytest.importorskip("tqdm")
    code = f"""
    interrupt(1.0)
    try:
        swale.solve("sgd", bowl, [1.0, 1.0], progress={progress}, **options)
    except KeyboardInterrupt as error:
        assert error.result.steps > 0 and error.result.message == "cancelled" and not error.result.success
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        print("interrupted")
    """
    ended = _run(textwrap.dedent(INTERRUPTED) + textwrap.dedent(code))
    assert ended.stdout == "interrupted\n"
    assert "Exception ignored" not in ended.stderr


def test_ctrl_c_where_the_program_has_a_handler_of_its_own():
    code = """
    def handler(number, frame):
        raise KeyboardInterrupt
    signal.signal(signal.SIGINT, handler)
    interrupt(1.0)
    try:
        swale.solve("sgd", bowl, [1.0, 1.0], **options)
    except KeyboardInterrupt as error:
        print("interrupted", error.result.steps > 0, signal.getsignal(signal.SIGINT) is handler)
    """
    assert _run(textwrap.dedent(INTERRUPTED) + textwrap.dedent(code)).stdout == "interrupted True True\n"


def test_second_ctrl_c_interrupts_a_python_function():
    code = """
    import time
    def slow(x):
        for _ in range(500):
            time.sleep(0.02)
        return 0.0
    slope = swale.objectives.from_callables(slow, lambda x: x, dimension=1)
    interrupt(1.0)
    interrupt(0.6)
    start = time.perf_counter()
    try:
        swale.solve("lbfgs", slope, [1.0])
    except KeyboardInterrupt:
        print("interrupted", time.perf_counter() - start < 5)
    """
    assert _run(textwrap.dedent(INTERRUPTED) + textwrap.dedent(code)).stdout == "interrupted True\n"


def test_ctrl_c_during_a_single_evaluation():
    code = """
    import time
    def slow(x):
        time.sleep(10)
    interrupt(1.0)
    start = time.perf_counter()
    try:
        swale.objectives.from_callables(slow, dimension=1).value([1.0])
    except KeyboardInterrupt:
        print("interrupted", time.perf_counter() - start < 5)
    """
    assert _run(textwrap.dedent(INTERRUPTED) + textwrap.dedent(code)).stdout == "interrupted True\n"


def test_runs_on_other_threads_leave_the_signal_alone():
    bowl = swale.objectives.quadratic(diagonal=[1.0, 2.0])
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(swale.solve, "lbfgs", bowl, [1.0, k]) for k in range(4)]
        assert all(run.result().fun < 1e-8 for run in runs)


def test_progress_functions_stop_and_fail(risk):
    x = risk.initialize()
    options = {"steps": 10**6, "progress_every": 0, "history": False}
    stopped = swale.solve("sgd", risk, x, progress=lambda now: now.step < 5, **options)
    assert stopped.message == "cancelled"
    assert stopped.steps == 5

    def broken(now):
        raise LookupError(f"at step {now.step}")

    with pytest.raises(LookupError, match="at step 0") as caught:
        swale.solve("sgd", risk, x, progress=broken, **options)
    assert caught.value.result.message == "cancelled"
    with pytest.raises(swale.ArgumentError, match="progress is 3"):
        swale.solve("sgd", risk, x, progress=3)


def test_progress_bar(risk, capsys):
    pytest.importorskip("tqdm")
    swale.solve("sgd", risk, risk.initialize(), steps=500, progress=True, progress_every=0)
    assert "sgd" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["value", "gradient", "hvp"])
def test_exceptions_of_functions_come_out_as_themselves(name):
    def fail(*_):
        raise ZeroDivisionError(name)

    functions = {"value": lambda x: x @ x / 2, "gradient": lambda x: x, "hvp": lambda x, v: v, name: fail}
    landscape = swale.objectives.from_callables(**functions, dimension=2)
    with pytest.raises(ZeroDivisionError, match=name):
        swale.solve("newton_cg", landscape, [1.0, 2.0])


@pytest.mark.parametrize("wrong", [1.0, [1.0], [[1.0, 2.0]], [1.0, 2.0, 3.0]])
def test_gradients_of_the_wrong_shape_are_refused(wrong):
    landscape = swale.objectives.from_callables(lambda x: 0.0, lambda x: wrong, dimension=2)
    with pytest.raises(swale.ShapeError, match=r"the gradient has shape .* needed \(2,\)"):
        landscape.gradient([1.0, 2.0])


def test_functions_may_keep_their_argument():
    path = []

    def value(x):
        path.append(x)
        return float(x @ x), 2 * x

    landscape = swale.objectives.from_callables(value, True, dimension=2)
    swale.solve("sgd", landscape, [1.0, 1.0], learning_rate=0.25, steps=3)
    np.testing.assert_allclose([point[0] for point in path[:3]], [1, 0.5, 0.25])


def test_functions_may_use_the_library():
    inner = swale.objectives.rosenbrock()
    outer = swale.objectives.from_callables(inner.value, inner.gradient, inner.hvp, dimension=2)
    np.testing.assert_allclose(swale.solve("newton_cg", outer, [-1.2, 1.0]).x, [1, 1], atol=1e-6)
    with pytest.raises(swale.NonfiniteError, match="element 0"):
        outer.value([np.nan, 0])


def test_functions_are_released():
    import weakref

    class Function:
        def __call__(self, x):
            return 0.0

    function = Function()
    alive = weakref.ref(function)
    landscape = swale.objectives.from_callables(function, dimension=2)
    del function
    assert alive() is not None
    landscape.close()
    assert alive() is None
    with pytest.raises(swale.ArgumentError, match="dimension"):
        swale.objectives.from_callables(lambda x: 0.0, dimension=0)
    with pytest.raises(swale.ArgumentError, match="value is 3"):
        swale.objectives.from_callables(3, dimension=1)


def test_results_can_be_pickled(risk):
    run = swale.solve("sgd", risk, risk.initialize(), steps=4, seed=3)
    assert run.options == {"steps": 4, "seed": 3}
    copy = pickle.loads(pickle.dumps(run))
    assert list(copy) == list(run)
    np.testing.assert_array_equal(copy.x, run.x)
    assert (copy.nit, copy.fun, copy.message, copy.success) == (run.nit, run.fun, run.message, run.success)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(copy)).loss, run.loss)
    with pytest.raises(AttributeError, match="unknown array"):
        copy.nothing  # noqa: B018
    with pytest.raises(AttributeError, match="unknown array"):
        run.jac  # noqa: B018


def test_closed_objects_are_refused_in_words(risk):
    run = swale.solve("sgd", risk, risk.initialize(), steps=1)
    x = run.x
    kept = x.copy()
    with run:
        pass
    assert run.closed
    with pytest.raises(swale.HandleError, match="closed"):
        run.fun  # noqa: B018
    # A view keeps the memory: other results made meanwhile must not write into it.
    others = [swale.solve("sgd", risk, risk.initialize(seed=k), steps=1) for k in range(20)]
    np.testing.assert_array_equal(x, kept)
    assert len(others) == 20
    run.close()


def test_two_runs_at_once_do_not_mix_their_exceptions():
    def value(x):
        raise KeyError(threading.current_thread().name)

    landscape = swale.objectives.from_callables(value, dimension=1)
    seen = []

    def work():
        for _ in range(50):
            with pytest.raises(KeyError, match=threading.current_thread().name):
                landscape.value([0.0])
            seen.append(True)

    threads = [threading.Thread(target=work, name=f"worker{k}") for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True] * 150


LONG_CALLS = {
    "generator": "swale.datasets.create('random_patterns', samples=10_000_000, features=1000)",
    "transform": "data.standardize()",
    "hessian_products": "risk.hvp(x, rng.normal(size=(2000, risk.dimension)))",
    "gradient": "[risk.value_and_gradient(x) for _ in range(10_000)]",
    "csv": "swale.datasets.create('csv', path='big.csv', label='none')",
}


@pytest.mark.parametrize("name", LONG_CALLS)
def test_ctrl_c_ends_long_calls_without_a_run(name, tmp_path):
    code = f"""
    import time
    import numpy as np
    rng = np.random.default_rng(0)
    def interrupt(after):
        def press():
            global pressed
            pressed = time.perf_counter()
            os.kill(os.getpid(), signal.SIGINT)
        threading.Timer(after, press).start()
    if {name!r} == "csv":
        line = b",".join(b"%.17g" % v for v in rng.normal(size=50)) + b"\\n"
        with open("big.csv", "wb") as file:
            for _ in range(300):
                file.write(line * 1000)
    if {name!r} == "transform":
        data = swale.datasets.from_arrays(np.ones((200_000, 1000), dtype="u1"))
    if {name!r} in ("hessian_products", "gradient"):
        data = swale.datasets.from_arrays(rng.normal(size=(50_000, 64)), np.arange(50_000) % 10)
        model = swale.Sequential(64, [swale.layers.dense(128, activation="tanh"), swale.layers.dense(10)])
        risk = swale.objectives.network(model, data, precision="f32")
        x = risk.initialize()
    interrupt(0.3)
    try:
        {LONG_CALLS[name]}
    except KeyboardInterrupt:
        late = time.perf_counter() - pressed
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        print("interrupted", late < 1, file=sys.stdout)
        if late >= 1:
            print(late, file=sys.stderr)
    """
    ended = _run("import sys\n" + textwrap.dedent(f"os.chdir({str(tmp_path)!r})\n") + textwrap.dedent(code))
    assert ended.stdout == "interrupted True\n", ended.stderr
    assert "Exception ignored" not in ended.stderr


def test_limits_are_named(risk):
    x = risk.initialize()
    run = swale.solve("sgd", risk, x, epochs=10**9, max_seconds=0.05, history=False)
    assert run.message == "maximum time (max_seconds = 0.05)"
    run = swale.solve("sgd", risk, x, epochs=10**9, max_evaluations=7)
    assert run.message == "maximum number of evaluations (max_evaluations = 7)"
    assert run.gradients == 7
    run = swale.solve("sgd", risk, x, epochs=10**9, max_steps=3)
    assert run.message == "maximum number of steps (max_steps = 3)"


def test_limits_hold_between_functions_of_a_block():
    import time

    def slow(x, *_):
        time.sleep(0.03)
        return x

    # A block of 64 products takes two seconds, a gradient of a step a thirtieth of one.
    bowl = swale.objectives.from_callables(lambda x: x @ x / 2, slow, lambda x, v: slow(v), dimension=64)
    start = time.perf_counter()
    dense = swale.measure("hessian_dense", bowl, np.zeros(64), max_seconds=0.2)
    assert time.perf_counter() - start < 1
    assert dense.message == "maximum time (max_seconds = 0.2)"
    assert not dense.success
    start = time.perf_counter()
    run = swale.solve("lbfgs", bowl, np.ones(64), max_seconds=0.2, gradient_tolerance=0.0)
    assert time.perf_counter() - start < 1
    assert run.message.startswith(("maximum time (max_seconds = 0.2)", "stalled", "converged"))
