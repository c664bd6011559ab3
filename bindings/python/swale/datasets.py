"""Data: your own arrays, files, generators, and transforms from one dataset to another."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _abi
from ._arrays import Loan, lend, view
from ._errors import ArgumentError, FileError, UnknownNameError
from ._files import FileStamp, stamp, verify
from ._functions import registered_function
from ._interrupts import Interruptible
from ._library import Handle, call, encode, library
from ._options import OptionBag, seed_number, snapshot
from .registry import Component, components, describe

__all__ = ["Dataset", "Split", "create", "digits", "from_arrays", "load_idx"]


class _Recipe(NamedTuple):
    """How a dataset was made, of those that are not made of arrays: a source and the transforms after it."""

    source: str
    options: Mapping[str, Any]
    seed: int
    #: Name, options and seed of each transform.
    steps: tuple[tuple[str, Mapping[str, Any], int], ...] = ()
    #: What the source read.
    files: tuple[FileStamp, ...] = ()

    def make(self) -> Dataset:
        """Make the dataset once more."""
        if self.source == _DIGITS:
            made = digits()
        else:
            made = _make(describe("dataset", self.source), self.options, seed=self.seed)
        for name, options, seed in self.steps:
            made = made._transform(describe("transform", name), options, seed)
        return made


#: Statistics that transforms leave with a dataset.
_STATISTICS = ("mean", "scale", "threshold", "noise_samples")

#: Files that sources read, by the options that name them.
_FILES = {"idx": ("images", "labels"), "csv": ("path",), "npy": ("inputs", "targets")}

#: The source of the data set that is shipped with the package, wherever that is installed.
_DIGITS = "digits of the package"


class Dataset(Handle):
    """Immutable inputs and targets.

    Every registered transform is a method, with its options by position or by name, and `seed`:
    `data.standardize(mode="global")`, `data.select_classes([3, 4])`, `data.subset(100)`,
    `data.label_noise(0.1, seed=0)`.

    A pickle carries the arrays of a dataset that was made of arrays, and the description of one that was generated or
    read from files; files are read again, and must hold what they held. Copies share the native object.
    """

    _destroy_name = "swale_dataset_destroy"

    def __init__(self, handle: int, recipe: _Recipe | None = None) -> None:
        super().__init__(handle)
        self._recipe = recipe
        self._carried: dict[str, NDArray[Any]] = {}
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
        if name in self._carried:
            return self._carried[name]
        struct = _abi.swale_array()
        call(library.swale_dataset_array, self.handle, encode(name, "name"), ctypes.byref(struct))
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
        recipe = self._recipe
        if recipe is not None:
            step = (component.name, snapshot(component, options), number)
            recipe = recipe._replace(steps=(*recipe.steps, step))
        made = Dataset(out.value, recipe)
        made._carried = {name: array for name, array in self._carried.items() if made._optional(name) is None}
        return made

    def _optional(self, name: str) -> NDArray[Any] | None:
        try:
            return self.array(name)
        except UnknownNameError:
            return None

    def __reduce__(self) -> tuple[Any, ...]:
        self._native()
        if self._recipe is not None:
            return _remade, (self._recipe, [file.checksum() for file in self._recipe.files])
        targets = np.array(self.targets) if self.target_width else None
        left = {name: self._optional(name) for name in _STATISTICS}
        statistics = {name: np.array(array) for name, array in left.items() if array is not None}
        return _carried, (np.array(self.inputs), targets, self.classes, statistics)

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


def from_arrays(
    inputs: ArrayLike, targets: ArrayLike | None = None, *, target: str = "auto", copy: bool = True
) -> Dataset:
    """Make a dataset from arrays.

    Parameters
    ----------
    inputs
        Samples x shape, real numbers of any type.
    targets
        Class labels or real targets. Their type decides: arrays of whole numbers are class labels 0, 1, ..., one per
        sample, and arrays of floating-point numbers are real targets, +1/-1 among them. None: no targets.
    target : {"auto", "labels", "real"}
        Says what the targets are, whatever their type.
    copy : bool
        False: contiguous float64, float32 and uint8 arrays are used where they are. They must not change while the
        dataset, or anything made of it, is in use: what is written into them later is computed with, unchecked.

    Examples
    --------
    >>> import swale
    >>> swale.datasets.from_arrays([[0.1, 0.2], [0.3, 0.4]], [1, 0])
    <Dataset: 2 samples of shape (2,), 2 classes>
    >>> swale.datasets.from_arrays([[0.1, 0.2], [0.3, 0.4]], [1, -1], target="real")
    <Dataset: 2 samples of shape (2,), targets of width 1>
    """
    if target not in ("auto", "labels", "real"):
        raise ArgumentError(f"target is {target!r}, allowed 'auto', 'labels' and 'real'")
    first = lend(inputs, "inputs", share=not copy)
    second = None
    out = ctypes.c_uint64()
    try:
        second = None if targets is None else lend(targets, "targets", share=not copy, kind=target)
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


def _carried(
    inputs: NDArray[Any], targets: NDArray[Any] | None, classes: int, statistics: dict[str, NDArray[Any]]
) -> Dataset:
    """Make a dataset from what a pickle carries."""
    made = from_arrays(inputs, targets, target="labels" if classes else "real")
    if made.classes != classes:
        made = made.transform("class_count", classes)
    for array in statistics.values():
        array.flags.writeable = False
    made._carried = statistics
    return made


def _remade(recipe: _Recipe, checksums: list[int]) -> Dataset:
    """Make a dataset from the description in a pickle, with files that must be what they were."""
    for file, checksum in zip(recipe.files, checksums):
        verify(file.path, checksum)
    return recipe.make()


def _withdraw(*loans: Loan | None) -> None:
    for loan in loans:
        if loan is not None:
            loan.withdraw()


def create(source: str, *, seed: int = 0, **options: Any) -> Dataset:
    """Make a dataset from a registered generator or file reader."""
    return _make(describe("dataset", source), options, seed=seed)


def _make(component: Component, options: Mapping[str, Any], *, seed: int = 0) -> Dataset:
    stamps = _stamps(component, options)
    out = ctypes.c_uint64()
    number = seed_number(seed)
    with OptionBag(component, options) as bag, Interruptible():
        call(library.swale_dataset_create, component.name.encode(), bag.handle, number, ctypes.byref(out))
    kept = snapshot(component, options)
    for key in _FILES.get(component.name, ()):
        if kept.get(key):
            kept[key] = os.path.abspath(kept[key])  # who makes it anew may stand in another folder
    return Dataset(out.value, _Recipe(component.name, kept, number, files=stamps))


def _stamps(component: Component, options: Mapping[str, Any]) -> tuple[FileStamp, ...]:
    """Note the files of a source before it reads them, so that what changes meanwhile is noticed later."""
    paths = [options.get(key) for key in _FILES.get(component.name, ())]
    # What is no path, or not there, the library refuses in words.
    named = [os.path.abspath(path) for path in paths if isinstance(path, (str, os.PathLike))]
    return tuple(stamp(path) for path in named if os.path.isfile(path))


def digits() -> Dataset:
    """Give the 1797 handwritten digits of 8x8 pixels from UCI (CC BY 4.0), pixels / 16, shipped with the package."""
    folder = Path(__file__).parent / "data"
    made = create(
        "npy", inputs=str(folder / "digits-inputs.npy"), targets=str(folder / "digits-targets.npy"), scale=1 / 16
    )
    made._recipe = _Recipe(_DIGITS, {}, 0)
    return made


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
