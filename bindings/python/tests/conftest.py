import numpy as np
import pytest

import swale


@pytest.fixture
def risk():
    """A small classifier on waves, in f64."""
    n = 30
    inputs = np.sin(np.arange(n * 5, dtype=np.float64) * 1.7).reshape(n, 5)
    labels = (np.arange(n) % 3).astype(np.int64)
    model = swale.Sequential(5, [swale.layers.dense(6, activation="tanh"), swale.layers.dense(3)])
    return swale.objectives.network(model, swale.datasets.from_arrays(inputs, labels))


@pytest.fixture
def digits():
    return swale.datasets.digits()
