"""Data: your own arrays, files, generators, and transforms from one dataset to another."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any, Callable, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _abi
from ._arrays import Loan, lend, view
from ._errors import FileError, UnknownNameError
from ._library import Handle, call, library
from ._options import OptionBag
from .registry import components, describe

__all__ = ["Dataset", "Split", "create", "digits", "from_arrays", "load_idx"]


class Dataset(Handle):
    """Immutable inputs and targets; every registered transform is a method: `data.standardize()`, `data.subset()`."""

    _destroy_name = "swale_dataset_destroy"

    def __init__(self, handle: int) -> None:
        super().__init__(handle)
        info = _abi.swale_dataset_info()
        info.struct_size = ctypes.sizeof(info)
        call(library.swale_dataset_describe, handle, ctypes.byref(info))
        self._info = info

    def __len__(self) -> int:
        return int(self._info.sample_count)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one input sample."""
        return tuple(self._info.shape[: self._info.ndim])

    @property
    def classes(self) -> int:
        """Number of classes; 0 for real targets."""
        return int(self._info.class_count)

    def array(self, name: str) -> NDArray[Any]:
        """View an array of the dataset: "inputs", "targets", or a statistic that a transform left."""
        struct = _abi.swale_array()
        call(library.swale_dataset_array, self.handle, name.encode(), ctypes.byref(struct))
        return view(struct, self)

    @property
    def inputs(self) -> NDArray[Any]:
        """Inputs as they are stored, samples x shape."""
        return self.array("inputs")

    @property
    def targets(self) -> NDArray[Any]:
        """Labels, or real targets."""
        return self.array("targets")

    def transform(self, name: str, *, seed: int = 0, **options: Any) -> Dataset:
        """Make a new dataset by a registered transform; this one is unchanged."""
        out = ctypes.c_uint64()
        bag = OptionBag(options)
        call(library.swale_dataset_transform, self.handle, name.encode(), bag.handle, seed, ctypes.byref(out))
        return Dataset(out.value)

    def select_classes(self, classes: ArrayLike, **options: Any) -> Dataset:
        """Keep some classes; two classes become targets -1 (first) and +1 (second)."""
        return self.transform("select_classes", classes=classes, **options)

    def split(self, fraction: float = 0.8, *, seed: int = 0, **options: Any) -> Split:
        """Split into a training and a test part that together are the dataset."""
        parts = [
            self.transform("split", fraction=fraction, part=part, seed=seed, **options) for part in ("train", "test")
        ]
        return Split(*parts)

    def __getattr__(self, name: str) -> Callable[..., Dataset]:
        if name.startswith("_") or name not in components("transform"):
            raise AttributeError(f"a dataset has no attribute or transform '{name}'")

        def apply(*, seed: int = 0, **options: Any) -> Dataset:
            return self.transform(name, seed=seed, **options)

        apply.__name__ = name
        apply.__doc__ = str(describe("transform", name))
        return apply

    def __repr__(self) -> str:
        kind = f"{self.classes} classes" if self.classes else f"targets of width {self._info.target_width}"
        return f"<Dataset: {len(self)} samples of shape {self.shape}, {kind}>"


class Split(NamedTuple):
    """A training and a test part. Transforms of both: `split.map(lambda data: data.subset(count=100))`."""

    train: Dataset
    test: Dataset

    def map(self, function: Callable[[Dataset], Dataset]) -> Split:
        """Apply a function to both parts."""
        return Split(function(self.train), function(self.test))

    def standardize(self, **options: Any) -> Split:
        """Standardise both parts with the statistics of the training part."""
        train = self.train.transform("standardize", **options)
        given: dict[str, Any] = {**options, "mean": train.array("mean"), "scale": train.array("scale")}
        return Split(train, self.test.transform("standardize", **given))


def from_arrays(inputs: ArrayLike, targets: ArrayLike | None = None) -> Dataset:
    """Make a dataset from arrays.

    Parameters
    ----------
    inputs
        Samples x shape. Contiguous float64, float32 and uint8 arrays are used without a copy: do not change them
        while the dataset is in use.
    targets
        Whole numbers are class labels 0, 1, ...; floats are real targets, +1/-1 among them. None: no targets.
    """
    first = lend(inputs, "inputs")
    second = None if targets is None else lend(targets, "targets")
    out = ctypes.c_uint64()
    try:
        call(
            library.swale_dataset_from_arrays,
            ctypes.byref(first.struct),
            None if second is None else ctypes.byref(second.struct),
            ctypes.byref(out),
        )
    except BaseException:
        _withdraw(first, second)
        raise
    return Dataset(out.value)


def _withdraw(*loans: Loan | None) -> None:
    for loan in loans:
        if loan is not None:
            loan.withdraw()


def create(source: str, *, seed: int = 0, **options: Any) -> Dataset:
    """Make a dataset from a registered generator or file reader."""
    out = ctypes.c_uint64()
    bag = OptionBag(options)
    call(library.swale_dataset_create, source.encode(), bag.handle, seed, ctypes.byref(out))
    return Dataset(out.value)


def digits() -> Dataset:
    """Give the 1797 handwritten digits of 8x8 pixels from UCI (CC BY 4.0), pixels / 16, shipped with the package."""
    with np.load(Path(__file__).parent / "data" / "digits.npz") as archive:
        return from_arrays(archive["inputs"].astype(np.float32) / 16, archive["targets"].astype(np.int32))


_IDX_FOLDERS = ("/usr/share/datasets", "data", "../shared/data")


def load_idx(name: str | os.PathLike[str], *, classes: ArrayLike | None = None) -> Split:
    """Load a data set of IDX files, plain or gzip: a folder, or "fashion-mnist" or "mnist" where they are installed.

    Parameters
    ----------
    name
        Folder with train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-... and t10k-labels-...
        (.gz or not), or the name of such a folder below SWALE_DATA, /usr/share/datasets or ./data.
    classes
        Keep these classes only; two become targets -1 and +1.
    """
    places = [Path(name), *(Path(root) / name for root in (os.environ.get("SWALE_DATA", "."), *_IDX_FOLDERS))]
    folder = next((place for place in places if place.is_dir()), None)
    if folder is None:
        raise FileError(
            f"data set '{os.fspath(name)}' not found; looked in {', '.join(map(str, places))}. "
            "On Debian: apt-get install dataset-fashion-mnist"
        )
    parts = Split(*(_load_part(folder, prefix) for prefix in ("train", "t10k")))
    return parts if classes is None else parts.map(lambda data: data.select_classes(classes))


def _load_part(folder: Path, prefix: str) -> Dataset:
    def find(stem: str) -> Path:
        for suffix in ("", ".gz"):
            if (path := folder / f"{prefix}-{stem}{suffix}").exists():
                return path
        raise FileError(f"{folder}: neither {prefix}-{stem} nor {prefix}-{stem}.gz is there")

    return create("idx", images=find("images-idx3-ubyte"), labels=find("labels-idx1-ubyte"))


def __getattr__(name: str) -> Callable[..., Dataset]:
    """Every registered source is a function: `random_patterns(...)`, `csv(path=...)`, ..."""
    if name.startswith("_") or name not in components("dataset"):
        raise AttributeError(f"module 'swale.datasets' has no attribute or source '{name}'")

    def source(*, seed: int = 0, **options: Any) -> Dataset:
        return create(name, seed=seed, **options)

    source.__name__ = name
    source.__doc__ = str(describe("dataset", name))
    return source


def __dir__() -> list[str]:
    try:
        return [*__all__, *components("dataset")]
    except UnknownNameError:  # pragma: no cover
        return list(__all__)
