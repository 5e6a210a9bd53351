"""Files of a compound segment read where they are mapped. Whoosh copies each into memory on opening: all postings, every time."""

# mypy: allow-untyped-calls

from __future__ import annotations

import io
import os
from typing import Any

from whoosh.filedb.structfile import BufferFile


class _View(io.RawIOBase):
    """Reading a stretch of memory as a file."""

    def __init__(self, view: memoryview) -> None:
        self._view, self._at = view, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: len(self._view)}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        some = self._view[self._at : self._at + len(buffer)]
        buffer[: len(some)] = some
        self._at += len(some)
        return len(some)


class MappedFile(BufferFile):
    """What BufferFile is, without the copy."""

    def __init__(self, view: memoryview, name: str) -> None:
        super().__init__(b"", name)
        self._buf = view
        self.file: Any = io.BufferedReader(_View(view), 4096)


def open_mapped(storage: Any, name: str) -> Any:
    """A segment's file from what SegmentReader gives the codec: a compound file over the folder, or the folder."""
    compound = getattr(storage, "a", None)
    source = getattr(compound, "_source", None)
    if compound is None or source is None:
        return storage.open_file(name)
    at, length = compound.range(name)
    return MappedFile(memoryview(source)[at : at + length], name)


def view_of(file: Any, start: int, end: int) -> memoryview:
    """A part of a segment's file, where it is mapped without copying it."""
    return memoryview(file._buf)[start:end] if isinstance(file, MappedFile) else memoryview(file.get(start, end - start))
