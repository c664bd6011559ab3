"""The native library: finding and loading it, calling it, and the life of its handles."""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from pathlib import Path
from typing import Any, Callable

from . import _abi
from ._errors import ArgumentError, CallbackError, HandleError, LibraryError, PicklingError, from_status

__all__ = ["Handle", "call", "encode", "keep_exception", "library", "library_path", "python_callbacks", "text"]

_FILE_NAME = "libswale.so"
_BUILD_COMMAND = "swift build -c release --product swale"


def _candidates() -> list[Path]:
    named = os.environ.get("SWALE_LIBRARY")
    if named:
        return [Path(named)]
    package = Path(__file__).resolve().parent
    places = [package / _FILE_NAME]
    # bindings/python/swale of a checkout
    if len(package.parents) > 2 and (package.parents[2] / "Package.swift").exists():
        places.append(package.parents[2] / ".build" / "release" / _FILE_NAME)
    return places


def _version_text(number: int) -> str:
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"


def _load() -> tuple[ctypes.CDLL, Path]:
    tried: list[str] = []
    for path in _candidates():
        if not path.exists():
            tried.append(f"  {path}: no such file")
            continue
        try:
            loaded = ctypes.CDLL(str(path))
            found = int(loaded.swale_version())
        except (OSError, AttributeError) as error:
            tried.append(f"  {path}: {error}")
            continue
        if found // 100 != _abi.VERSION // 100:
            raise LibraryError(
                f"{path} has version {_version_text(found)}, this package was made for {_version_text(_abi.VERSION)}; "
                "build both from the same checkout"
            )
        try:
            _abi.declare(loaded)
        except AttributeError as error:
            raise LibraryError(f"{path} lacks a function of version {_version_text(_abi.VERSION)}: {error}") from error
        return loaded, path
    raise LibraryError(
        f"cannot load {_FILE_NAME}; tried\n" + "\n".join(tried) + f"\nRun '{_BUILD_COMMAND}' in the checkout of Swale, "
        "or set SWALE_LIBRARY to the path of the library."
    )


class LibraryPath(type(Path())):  # type: ignore[misc]
    """A path that can be called, so that `swale.library_path()` reads like `swale.threads()` and `swale.backend()`."""

    def __call__(self) -> Path:
        """Give the path."""
        return Path(self)


library, _path = _load()
#: The file of the native library that is in use.
library_path = LibraryPath(_path)


def text(value: bytes | None) -> str:
    """Decode a text that the library returned."""
    return (value or b"").decode("utf-8", "replace")


def encode(value: str, name: str) -> bytes:
    """Give a text as the library takes it; one that C would cut, or cannot read, is refused."""
    if not isinstance(value, str):
        raise ArgumentError(f"{name} is {value!r}, needed a text")
    if "\0" in value:
        raise ArgumentError(f"{name} is {value!r}, which has a NUL character inside: the text would end there")
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise ArgumentError(f"{name} is {value!r}, which cannot be written as UTF-8") from None


class _Frames(threading.local):
    """Exceptions of user callbacks, one list per call of the library that is running on this thread."""

    def __init__(self) -> None:
        self.stack: list[list[BaseException]] = []


_frames = _Frames()

#: Numbers of the landscapes that are Python functions, while they live.
python_callbacks: set[int] = set()


def keep_exception(error: BaseException) -> None:
    """Keep what a user callback raised until the call that runs it has returned; `call` raises it then."""
    if _frames.stack:
        _frames.stack[-1].append(error)


def call(function: Callable[..., int], *arguments: Any) -> None:
    """Call a function that returns a status.

    Raises
    ------
    BaseException
        What a user callback raised during the call, as itself.
    KeyboardInterrupt
        When Ctrl-C ended a long call.
    SwaleError
        The subclass of the status, with the library's sentence.
    """
    frame: list[BaseException] = []
    _frames.stack.append(frame)
    try:
        status = function(*arguments)
    finally:
        _frames.stack.pop()
    if frame:
        raise frame[0]
    if status == _abi.SWALE_OK:
        return
    if status == _abi.SWALE_E_INTERRUPTED:
        raise KeyboardInterrupt
    on_main_thread = threading.current_thread() is threading.main_thread()
    if status == _abi.SWALE_E_CALLBACK and python_callbacks and on_main_thread:
        # Trampolines keep every exception, except one that Python delivers before their first line has run: Ctrl-C.
        raise KeyboardInterrupt from CallbackError(text(library.swale_last_error()))
    raise from_status(status, text(library.swale_last_error()))


class Owner:
    """Frees a native object when nobody refers to it any more: neither its handle nor a view of its memory."""

    def __init__(self, destroy: Callable[[int], int], value: int) -> None:
        # At the end of the process the memory goes anyway, and release callbacks would reach a dying interpreter.
        weakref.finalize(self, destroy, value).atexit = False


class Handle:
    """A native object: freed when nobody refers to it any more, or by `close()`, or at the end of `with`.

    Arrays that are views of its memory stay valid: the object is freed with the last of them. A copy (`copy.copy`,
    `copy.deepcopy`) is a second owner of the same native object, which cannot change. The number of a handle means
    nothing in another process, or something else: pickling is refused, unless a subclass says how to make the object
    anew.
    """

    _destroy_name = ""

    def __init__(self, value: int) -> None:
        self._value = value
        self._owner: Owner | None = Owner(getattr(library, self._destroy_name), value)

    def _native(self) -> int:
        if self._owner is None:
            raise HandleError(f"this {type(self).__name__} is closed")
        return self._value

    @property
    def handle(self) -> int:
        """The native handle, for calls through ctypes."""
        return self._native()

    def __copy__(self) -> Any:
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        # What a handle stands for does not change, so there is nothing deeper to copy.
        return Handle.__copy__(self)

    def __reduce__(self) -> Any:
        raise PicklingError(
            f"a {type(self).__name__.lstrip('_')} cannot be pickled: it is an object of the library in this process, "
            "and its handle would mean another object elsewhere; make it anew in the other process"
        )

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._owner is None

    def close(self) -> None:
        """Let go of the native object; closing twice does nothing."""
        self._owner = None

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        Handle.close(self)
