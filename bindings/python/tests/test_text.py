"""Texts that C cannot hold are refused: cut at the NUL they would name another file, option or layer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest

import swale

NUL = "a\0b"


@pytest.fixture
def bowl() -> swale.objectives.Objective:
    return swale.objectives.quadratic(diagonal=[1.0, 2.0, 3.0])


@pytest.fixture
def network(bowl: object) -> swale.objectives.Objective:
    data = swale.datasets.from_arrays(np.eye(4), np.arange(4) % 2)
    model = swale.Sequential(4, [swale.layers.dense(2)])
    return swale.objectives.network(model, data)


def test_a_path_does_not_open_another_file(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("1,2,0\n3,4,1\n")
    assert len(swale.datasets.csv(str(table))) == 2
    for path in (f"{table}\0", f"{table}\0.bak"):
        with pytest.raises(swale.SwaleError, match="NUL"):
            swale.datasets.csv(path)
        with pytest.raises(swale.SwaleError, match="NUL"):
            swale.datasets.npy(path)
        with pytest.raises(swale.SwaleError, match="NUL"):
            swale.datasets.idx(path)
        with pytest.raises(swale.SwaleError, match="NUL"):
            swale.load_plugin(path)


@pytest.mark.parametrize("text", [NUL, "\0", "lbfgs\0", "\ud800"])
def test_every_text_is_checked(text: str, bowl: Any, network: Any) -> None:
    x = np.ones(3)
    theta = network.initialize(seed=0)
    result = swale.solve("lbfgs", bowl, x)
    data = swale.datasets.random_patterns(samples=3, features=5)
    calls: list[Callable[[], object]] = [
        lambda: swale.solve(text, bowl, x),
        lambda: swale.measure(text, bowl, x),
        lambda: swale.describe("solver", text),
        lambda: swale.measure("hessian_top", network, theta, block=text),
        lambda: swale.measure("hessian_top", network, theta, which=text),
        lambda: network.freeze(text, theta),
        lambda: network.initialize(initializer=text),
        lambda: swale.objectives.perceptron(data, loss=text),
        lambda: swale.Sequential(4, [swale.layers.dense(2, activation=text)]),
        lambda: swale.Sequential(4, [swale.layers.dense(2, name=text)]),
        lambda: result[text],
    ]
    for number, call in enumerate(calls):
        with pytest.raises(swale.SwaleError) as caught:
            call()
        # Names are looked up in a list of known ones first, where such a text is unknown; all others say what is wrong.
        assert re.search("NUL|UTF-8|unknown|no array", str(caught.value)), (number, str(caught.value))


def test_a_text_without_a_nul_goes_through() -> None:
    layers = [swale.layers.dense(3, name="größe"), swale.layers.dense(2)]
    data = swale.datasets.from_arrays(np.eye(4), np.arange(4) % 2)
    risk = swale.objectives.network(swale.Sequential(4, layers), data)
    assert risk.freeze("größe", risk.initialize()).dimension == 3 * 2 + 2
