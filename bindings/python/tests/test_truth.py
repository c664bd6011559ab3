"""Runs and measurements that have no answer, or not enough of one, do not say that they have."""

import time

import numpy as np
import pytest

import swale


@pytest.mark.parametrize("diagonal", [[1, 0, 3.0], [0, 0, 5.0], [1e200, 0, 3e200], [1, 1e-17, 3.0]])
def test_log_det_of_a_singular_matrix(diagonal):
    # log det is -inf, or beyond what products resolve; a rounding error of 1e-16 is not an eigenvalue.
    singular = swale.objectives.quadratic(diagonal=diagonal)
    found = swale.measure("hessian_spectrum", singular, np.ones(3), log_det=True)
    assert not found.success
    damping = 0.1 * max(diagonal)
    damped = swale.measure("hessian_spectrum", singular, np.ones(3), log_det=True, damping=damping)
    assert damped.log_det == pytest.approx(np.log(np.array(diagonal) + damping).sum(), rel=1e-9)


def test_ends_of_a_spectrum():
    found = swale.measure("hessian_spectrum", swale.objectives.quadratic(diagonal=[1, 2, 3.0]), np.zeros(3))
    assert (found.lambda_min, found.lambda_max) == pytest.approx((1, 3))
    assert np.all(np.isfinite(found.density))


@pytest.mark.parametrize("limit", [{"max_evaluations": 40}, {"max_steps": 60}, {"max_steps": 200}])
def test_the_largest_margin_is_not_found_early(limit):
    data = swale.datasets.random_patterns(samples=60, features=101, seed=5)
    sphere = swale.objectives.perceptron(data, weights="spherical")
    found = swale.solve("min_over", sphere, sphere.initialize(seed=1), **limit)
    assert found.gap > 1e-3
    assert found.solved
    assert not found.success


@pytest.mark.parametrize("radius", [30, 61])
def test_a_large_ball_ends_with_its_limit(radius):
    device = swale.objectives.perceptron(swale.datasets.random_patterns(samples=8, features=61, seed=1))
    started = time.monotonic()
    found = swale.measure("enumeration", device, np.ones(61), radius=radius, max_seconds=0.5)
    # A tenth of a second, and what a busy machine adds.
    assert time.monotonic() - started < 0.5 + 0.1 + 0.3
    assert not found.success


def test_one_reference_has_no_error_bar():
    device = swale.objectives.perceptron(swale.datasets.random_patterns(samples=7, features=15, seed=2))
    found = swale.measure("franz_parisi", device, distances=[0.1, 0.2], references=1, seed=1)
    assert np.all(np.isnan(found.entropies_error))
    assert not found.success
