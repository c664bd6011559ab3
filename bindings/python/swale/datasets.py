"""Data: your own arrays, files, generators, and transforms from one dataset to another."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable, NamedTuple

from numpy.typing import ArrayLike, NDArray

from . import _abi
from ._arrays import Loan, lend, view
from ._errors import FileError
from ._functions import registered_function
from ._interrupts import Interruptible
from ._library import Handle, call, library
from ._options import OptionBag, seed_number
from .registry import Component, components, describe

__all__ = ["Dataset", "Split", "create", "digits", "from_arrays", "load_idx"]


class Dataset(Handle):
    """Immutable inputs and targets.

    Every registered transform is a method, with its options by position or by name, and `seed`:
    `data.standardize(mode="global")`, `data.select_classes([3, 4])`, `data.subset(100)`,
    `data.label_noise(0.1, seed=0)`.
    """

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
        """View an array of the dataset: "inputs", "targets", "bytes" (images as stored), or a transform's statistic."""
        struct = _abi.swale_array()
        call(library.swale_dataset_array, self.handle, name.encode(), ctypes.byref(struct))
        return view(struct, self._owner)

    @property
    def inputs(self) -> NDArray[Any]:
        """Inputs as a model sees them, samples x shape: images kept as bytes are scaled."""
        return self.array("inputs")

    @property
    def targets(self) -> NDArray[Any]:
        """Labels, or real targets."""
        return self.array("targets")

    @property
    def target_width(self) -> int:
        """Numbers per target: 1 for labels, 0 without targets."""
        return int(self._info.target_width)

    def transform(self, name: str, *arguments: Any, seed: int = 0, **options: Any) -> Dataset:
        """Make a new dataset by a registered transform; this one is unchanged.

        Parameters
        ----------
        name : str
            One of `swale.components("transform")`.
        *arguments, **options
            Options of the transform, by position or by name.
        seed : int
            For transforms that draw random numbers.
        """
        component = describe("transform", name)
        return self._transform(component, component.bind(arguments, options), seed)

    def _transform(self, component: Component, options: Mapping[str, Any], seed: int) -> Dataset:
        out = ctypes.c_uint64()
        number = seed_number(seed)
        with OptionBag(component, options) as bag, Interruptible():
            call(
                library.swale_dataset_transform,
                self.handle,
                component.name.encode(),
                bag.handle,
                number,
                ctypes.byref(out),
            )
        return Dataset(out.value)

    def split(self, fraction: float = 0.8, *, seed: int = 0, **options: Any) -> Split:
        """Split at random into a training and a test part that together are the dataset.

        Parameters
        ----------
        fraction : float
            Fraction of the samples in the training part.
        seed : int
            The same seed gives the same parts.
        **options
            `stratified=True`: each class is divided by itself.
        """
        parts = [
            self.transform("split", fraction=fraction, part=part, seed=seed, **options) for part in ("train", "test")
        ]
        return Split(*parts)

    def __getattr__(self, name: str) -> Callable[..., Dataset]:
        def make(component: Component, options: dict[str, Any], *, seed: int = 0) -> Dataset:
            return self._transform(component, options, seed)

        return registered_function("transform", name, "Dataset", make)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *components("transform")})

    def __repr__(self) -> str:
        kind = f"{self.classes} classes" if self.classes else f"targets of width {self.target_width}"
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
    second = None
    out = ctypes.c_uint64()
    try:
        second = None if targets is None else lend(targets, "targets")
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
    return _make(describe("dataset", source), options, seed=seed)


def _make(component: Component, options: Mapping[str, Any], *, seed: int = 0) -> Dataset:
    out = ctypes.c_uint64()
    number = seed_number(seed)
    with OptionBag(component, options) as bag, Interruptible():
        call(library.swale_dataset_create, component.name.encode(), bag.handle, number, ctypes.byref(out))
    return Dataset(out.value)


def digits() -> Dataset:
    """Give the 1797 handwritten digits of 8x8 pixels from UCI (CC BY 4.0), pixels / 16, shipped with the package."""
    folder = Path(__file__).parent / "data"
    return create(
        "npy", inputs=str(folder / "digits-inputs.npy"), targets=str(folder / "digits-targets.npy"), scale=1 / 16
    )


_IDX_FOLDERS = ("/usr/share/datasets", "data", "../shared/data")


def load_idx(name: str | os.PathLike[str], *, classes: ArrayLike | None = None, subset: int | None = None) -> Split:
    """Load a data set of IDX files, plain or gzip: a folder, or "fashion-mnist" or "mnist" where they are installed.

    Parameters
    ----------
    name
        Folder with train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-... and t10k-labels-...
        (.gz or not), or the name of such a folder below SWALE_DATA, /usr/share/datasets or ./data.
    classes
        Keep these classes only; two become targets -1 and +1.
    subset
        Keep the first so many training images (of those classes).
    """
    places = [Path(name), *(Path(root) / name for root in (os.environ.get("SWALE_DATA", "."), *_IDX_FOLDERS))]
    folder = next((place for place in places if place.is_dir()), None)
    if folder is None:
        raise FileError(
            f"data set '{os.fspath(name)}' not found; looked in {', '.join(map(str, places))}. "
            "On Debian: apt-get install dataset-fashion-mnist"
        )
    parts = Split(*(_load_part(folder, prefix) for prefix in ("train", "t10k")))
    if classes is not None:
        parts = parts.map(lambda data: data.select_classes(classes))
    return parts if subset is None else Split(parts.train.subset(subset), parts.test)


def _load_part(folder: Path, prefix: str) -> Dataset:
    def find(stem: str) -> Path:
        for suffix in ("", ".gz"):
            if (path := folder / f"{prefix}-{stem}{suffix}").exists():
                return path
        raise FileError(f"{folder}: neither {prefix}-{stem} nor {prefix}-{stem}.gz is there")

    return create("idx", images=find("images-idx3-ubyte"), labels=find("labels-idx1-ubyte"))


def __getattr__(name: str) -> Callable[..., Dataset]:
    return registered_function("dataset", name, __name__, _make)


def __dir__() -> list[str]:
    return sorted([*__all__, *components("dataset")])
