"""Data: arrays that are shared, transforms, files."""

import gc
import gzip
import struct
import weakref

import numpy as np
import pytest

import swale


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint8])
def test_arrays_are_shared_without_a_copy(dtype):
    inputs = np.ones((3, 2), dtype)
    alive = weakref.ref(inputs)
    data = swale.datasets.from_arrays(inputs, copy=False)
    assert np.shares_memory(data.inputs, inputs)
    # The release reaches Python only when nothing native uses the memory: neither data set nor what is made of it.
    view = data.shuffle(seed=1)
    model = swale.Sequential(2, [swale.layers.dense(1)])
    del inputs
    data.close()
    gc.collect()
    assert len(view) == 3
    assert alive() is None
    assert model.size == (3, 1)


def test_an_objective_keeps_the_memory_of_its_data():
    # A copy, because what reshape gives is a view, which can die while its memory lives.
    inputs, targets = np.arange(6.0).reshape(3, 2).copy(), np.array([1.0, -1.0, 1.0])
    alive = weakref.ref(inputs)
    data = swale.datasets.from_arrays(inputs, targets, copy=False)
    risk = swale.objectives.network(swale.Sequential(2, [swale.layers.dense(1)]), data, loss="mse")
    expected = np.mean((inputs @ [1.0, 2.0] + 3 - targets) ** 2) / 2
    del inputs, data
    gc.collect()
    assert alive() is not None
    assert risk.value([1, 2, 3]) == pytest.approx(expected, rel=1e-14)
    risk.close()
    assert alive() is None


def test_arrays_that_must_be_converted():
    inputs = np.arange(12.0).reshape(3, 4)[:, ::2]
    data = swale.datasets.from_arrays(inputs, np.array([True, False, True]))
    np.testing.assert_array_equal(data.inputs, inputs)
    assert data.classes == 2
    big_endian = swale.datasets.from_arrays(inputs.astype(">f4"), [0, 1, 2])
    np.testing.assert_array_equal(big_endian.inputs, inputs)
    assert big_endian.target_width == 1
    assert swale.datasets.from_arrays([[1, 2], [3, 4]]).target_width == 0


def test_views_are_read_only_and_keep_the_data(digits):
    pixels = digits.subset(5).inputs
    gc.collect()
    assert pixels.sum() > 0
    with pytest.raises(ValueError, match="read-only"):
        pixels[0, 0] = 1


def test_bad_arrays_are_refused_and_forgotten():
    inputs = np.array([[1.0, np.nan]])
    alive = weakref.ref(inputs)
    with pytest.raises(swale.NonfiniteError, match=r"inputs\[0, 1\]"):
        swale.datasets.from_arrays(inputs)
    del inputs
    gc.collect()
    assert alive() is None
    with pytest.raises(swale.ShapeError, match="samples"):
        swale.datasets.from_arrays(np.ones((3, 2)), np.zeros(4, int))
    with pytest.raises(swale.ArgumentError, match="targets has dtype complex"):
        swale.datasets.from_arrays(np.ones((3, 2)), np.ones(3, complex))
    with pytest.raises(swale.ShapeError, match="dimensions"):
        swale.datasets.from_arrays(np.ones((1,) * 9))


def test_transforms_take_options_by_position(digits):
    assert len(digits.subset(7)) == 7
    assert digits.select_classes([3, 4]).classes == 0
    noisy = digits.label_noise(0.5, seed=1)
    changed = np.mean(noisy.targets != digits.targets)
    # Half of the labels are drawn anew from 10 classes; three standard deviations of 1797 draws.
    assert changed == pytest.approx(0.45, abs=3 * np.sqrt(0.45 * 0.55 / 1797))
    np.testing.assert_array_equal(noisy.targets, digits.transform("label_noise", 0.5, seed=1).targets)
    scaled = digits.standardize(mode="global")
    assert scaled.inputs.mean() == pytest.approx(0, abs=1e-6)
    assert scaled.inputs.std() == pytest.approx(1, abs=1e-6)
    assert "standardize" in dir(digits)
    train, test = digits.split(0.75, seed=3, stratified=True)
    assert abs(np.bincount(train.targets) - 3 * np.bincount(test.targets)).max() <= 3


def test_a_split_is_standardised_by_its_training_part(digits):
    parts = digits.split(0.5, seed=0)
    scaled = parts.standardize(mode="global")
    mean, deviation = parts.train.inputs.mean(dtype=float), parts.train.inputs.std(dtype=float)
    # Inputs are kept in f32.
    np.testing.assert_allclose(scaled.test.inputs, (parts.test.inputs - mean) / deviation, atol=1e-5)


def _write_idx(path, array, pack):
    content = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content) if pack else content)


@pytest.mark.parametrize("pack", [False, True])
def test_idx_files(tmp_path, pack):
    images = np.arange(8 * 4).reshape(8, 2, 2)
    labels = np.arange(8) % 4
    for stem in ("train", "t10k"):
        suffix = ".gz" if pack else ""
        _write_idx(tmp_path / f"{stem}-images-idx3-ubyte{suffix}", images, pack)
        _write_idx(tmp_path / f"{stem}-labels-idx1-ubyte{suffix}", labels, pack)
    data = swale.datasets.load_idx(tmp_path)
    assert data.train.shape == (2, 2)
    np.testing.assert_array_equal(data.test.targets, labels)
    np.testing.assert_array_equal(data.train.array("bytes"), images)
    np.testing.assert_array_equal(data.train.inputs, images.astype(np.float32) * np.float32(1 / 255))
    with pytest.raises(swale.SwaleError, match="not kept as bytes"):
        swale.datasets.from_arrays(images.astype(float)).array("bytes")
    pair = swale.datasets.load_idx(tmp_path, classes=[1, 2], subset=3)
    assert (len(pair.train), len(pair.test)) == (3, 4)
    np.testing.assert_array_equal(pair.train.targets, [-1, 1, -1])
    (tmp_path / f"t10k-labels-idx1-ubyte{suffix}").unlink()
    with pytest.raises(OSError, match="t10k-labels"):
        swale.datasets.load_idx(tmp_path)


def test_sources_by_name():
    patterns = swale.datasets.random_patterns(20, 11, seed=2)
    np.testing.assert_array_equal(
        patterns.inputs, swale.datasets.create("random_patterns", samples=20, features=11, seed=2).inputs
    )
    teacher = swale.datasets.teacher_student(samples=50, features=9, seed=1)
    np.testing.assert_array_equal(np.sign(teacher.inputs @ teacher.array("teacher")), teacher.targets)
    with pytest.raises(swale.UnknownNameError, match="teacher"):
        teacher.array("teachers")
    assert "50 samples" in repr(teacher)
