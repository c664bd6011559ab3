"""Files that a dataset was read from: whether they still hold what they held."""

from __future__ import annotations

import os
import zlib
from typing import NamedTuple

from ._errors import FileError

__all__ = ["FileStamp", "stamp", "verify"]


class FileStamp(NamedTuple):
    """A file as it was when it was read."""

    path: str
    size: int
    #: Time of the last change, in nanoseconds.
    changed: int

    def checksum(self) -> int:
        """Give the checksum of the content, which must be what was read."""
        if stamp(self.path) != self:
            raise FileError(f"file '{self.path}' has changed since the dataset was read from it")
        return _checksum(self.path)


def stamp(path: str) -> FileStamp:
    """Note how a file is now."""
    try:
        found = os.stat(path)
    except OSError as error:
        raise FileError(f"file '{path}': {error.strerror}") from None
    return FileStamp(path, found.st_size, found.st_mtime_ns)


def verify(path: str, checksum: int) -> None:
    """Refuse a file whose content has another checksum."""
    if _checksum(path) != checksum:
        raise FileError(f"file '{path}': the content is not what it was when the dataset was pickled")


def _checksum(path: str) -> int:
    total = 0
    try:
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                total = zlib.crc32(block, total)
    except OSError as error:
        raise FileError(f"file '{path}': {error.strerror}") from None
    return total
