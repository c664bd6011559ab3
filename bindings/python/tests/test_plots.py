"""Plots of every metric that has a picture: the numbers drawn are those of the result."""

import pickle

import numpy as np
import pytest

import swale

mpl = pytest.importorskip("matplotlib")
mpl.use("Agg")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    mpl.pyplot.close("all")


@pytest.fixture(scope="module")
def device():
    return swale.objectives.perceptron(swale.datasets.random_patterns(samples=6, features=21, seed=1))


@pytest.fixture(scope="module")
def solution(device):
    run = swale.solve("sbpi", device, device.initialize(initializer="binary", seed=0), seed=0)
    assert device.evaluate(run.x).error == 0
    return np.where(run.x < 0, -1.0, 1.0)


def line(ax, label):
    """The points of the line with this label."""
    found = [line for line in ax.lines if line.get_label() == label]
    found += [bars.lines[0] for bars in ax.containers if bars.get_label() == label]
    return found[0].get_xydata()


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def theory(name="perceptron_replica", **options):
    return swale.measure(name, **options)


def test_pictures_of_every_kind(risk):
    x = risk.initialize()
    for result in (
        swale.solve("sgd", risk, x, steps=5),
        swale.measure("hessian_spectrum", risk, x, probes=2, steps=10),
        swale.measure("plane", risk, x, resolution=5),
        swale.measure("linear_path", risk, x, x + 1),
        swale.measure("local_energy", risk, x, draws=2),
    ):
        assert result.plot().get_xlabel()


def test_flips(device, solution):
    result = swale.measure("local_energy", device, solution, noise="flips", distances=[0.2, 0.05])
    ax = result.plot()
    np.testing.assert_array_equal(
        line(ax, "closed form"), [[1 / 21, result.closed_form[1]], [4 / 21, result.closed_form[0]]]
    )
    np.testing.assert_array_equal(line(ax, "random flips")[:, 1], result.error_at_distance[::-1])
    assert result.plot(ax) is ax
    assert labels(ax).count("closed form") == 1


def test_local_entropy(device, solution):
    result = swale.measure("local_entropy", device, solution, distances=[0.3, 0.2, 0.1])
    ax = result.plot(color="black", label="mine")
    kept = np.isfinite(result.entropies)
    assert kept.any()
    drawn = line(ax, "mine")
    np.testing.assert_array_equal(drawn, np.transpose([result.distances, result.entropies])[::-1][kept[::-1]])
    bound = line(ax, "all configurations")
    assert bound[-1] == pytest.approx([0.3, result.bound[0]])
    assert np.all(drawn[:, 1] <= np.interp(drawn[:, 0], *bound.T) + 1e-4)


def test_points_that_did_not_converge_are_left_out_and_counted(device, solution):
    result = swale.measure("local_entropy", device, solution, fields=[0.25, 1.0], max_sweeps=1)
    ax = result.plot()
    lost = np.count_nonzero(np.isnan(result.entropies))
    assert lost > 0
    assert ax.get_title(loc="right") == f"{lost} of 2 points not converged"
    assert len(line(ax, "solutions")) == 2 - lost


def test_local_entropy_by_sampling():
    objective = swale.objectives.quadratic(matrix=[1.0, 0.0, 0.0, 2.0])
    result = swale.measure("local_entropy", objective, [0.0, 0.0], gammas=[10.0, 1.0], samples=400, nodes=2)
    ax = result.plot()
    np.testing.assert_allclose(np.sort(result.entropies), np.sort(line(ax, "local measure")[:, 1]))


def test_franz_parisi(device, solution):
    result = swale.measure("franz_parisi", device, solution, distances=[0.3, 0.2])
    np.testing.assert_array_equal(line(result.plot(), "solutions")[:, 1], result.entropies[::-1])


def test_stabilities(device, solution):
    result = swale.measure("stabilities", device, solution, bins=4)
    ax = result.plot()
    np.testing.assert_array_equal(ax.patches[0].get_data().values, result.histogram)
    assert ax.lines[0].get_xdata()[0] == result.margin
    density, edges, _ = swale.measure("stabilities", device, solution).plot().patches[0].get_data()
    assert np.sum(density * np.diff(edges)) == pytest.approx(1)


def test_overlaps(device, solution):
    result = swale.measure("overlaps", device, solution, -solution)
    ax = result.plot()
    np.testing.assert_array_equal(ax.images[0].get_array(), [[1, -1], [-1, 1]])
    assert [text.get_text() for text in ax.texts] == ["1.00", "-1.00", "-1.00", "1.00"]


def test_counts_and_marginals(device, solution):
    counts = swale.measure("enumeration", device)
    assert [bar.get_height() for bar in counts.plot().patches] == list(counts.error_histogram)
    around = swale.measure("enumeration", device, solution)
    drawn = line(around.plot(), "solutions")
    np.testing.assert_array_equal(drawn[:, 1], around.local_entropies[np.isfinite(around.local_entropies)])
    # All configurations at distance 1/21: 21.
    assert line(around.plot(), "all configurations")[1, 1] == pytest.approx(np.log(21) / 21)
    assert sum(bar.get_height() for bar in swale.measure("bethe_entropy", device).plot().patches) == 21


@pytest.mark.parametrize("name", ["perceptron_replica", "committee_replica"])
def test_theory_of_storage(name):
    result = theory(name, quantity="storage", alpha=[1.0, 0.2, 0.5])
    ax = result.plot()
    np.testing.assert_array_equal(line(ax, "solutions"), [[0.2, result.entropy[1]], [0.5, result.entropy[2]]])
    np.testing.assert_array_equal(line(ax, "beyond the capacity")[-1], [1.0, result.entropy[0]])


def test_theory_against_distance():
    wide = theory(quantity="wide_flat", alpha=[0.3, 0.5], q1=[0.8, 0.9])
    np.testing.assert_array_equal(
        line(wide.plot(), r"$\alpha$ = 0.5"), np.transpose([wide.distance[1], wide.entropy[1]])[::-1]
    )
    parity = theory("committee_replica", quantity="franz_parisi", output="parity", hidden=3, distances=[0.1, 0.4])
    ax = parity.plot()
    np.testing.assert_array_equal(line(ax, r"$\alpha$ = 0.5")[:, 1], parity.entropy[0])
    assert ax.lines[-1].get_xdata()[0] == parity.sign_change[0]


def test_theory_of_learning():
    teacher = theory(quantity="teacher_student", alpha=[1.0, 1.3, 2.0])
    ax = teacher.plot()
    np.testing.assert_array_equal(line(ax, "Bayes-optimal")[:, 1], [teacher.bayes_error[0], 0, 0])
    np.testing.assert_array_equal(line(ax, "metastable"), [[1.3, teacher.message_passing_error[1]]])
    mixture = theory(quantity="mixture", alpha=[1.0, 2.0])
    np.testing.assert_array_equal(line(mixture.plot(), "Bayes-optimal")[:, 1], mixture.bayes_error)
    margin = theory(quantity="max_margin", alpha=[0.3, 0.6])
    np.testing.assert_array_equal(margin.plot().lines[0].get_ydata(), margin.max_margin)


def test_single_numbers_have_no_picture(device, solution):
    for result in (theory(quantity="capacity"), swale.measure("generalization_error", device, solution, -solution)):
        with pytest.raises(swale.UnsupportedError, match="number"):
            result.plot()


def test_plots_of_a_pickled_result():
    result = pickle.loads(pickle.dumps(theory(quantity="storage", alpha=[0.2, 0.5])))
    assert len(line(result.plot(), "solutions")) == 2
