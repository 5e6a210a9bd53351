"""The files of a Whoosh index: read where they are mapped, and unpickled only as far as a list of names allows.

Whoosh pickles its table of contents and a few small tables. A pickle can name any function of any module to be called,
so anyone who can write to an index could run code in the process that reads it. Here a pickle can only use the classes of
_CLASSES. The segments' codec is not in the file: index.whoosh.folder sets it when it has read the table of contents.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import io
import os
import pickle
from collections import defaultdict
from typing import TYPE_CHECKING, cast

from whoosh.codec.whoosh3 import W3Codec, W3Segment
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import BufferFile, StructFile

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from index.whoosh.interfaces import File, Storage

_CODEC = "codec"  # in the place of a segment's codec in the table of contents
_CLASSES = {
    ("whoosh.codec.whoosh3", "W3Segment"): W3Segment,
    ("collections", "defaultdict"): defaultdict,
    ("builtins", "int"): int,
    # Tables of contents written before November 2026 name our codec by the modules of that time. Any codec will do: it is replaced.
    ("index.whoosh_codec", "WholeCodec"): W3Codec,
    ("index.whoosh.codec", "WholeCodec"): W3Codec,
}


class _Unpickler(pickle.Unpickler):
    """Reads numbers, strings and their collections, and the classes that a table of contents needs."""

    def find_class(self, module: str, name: str) -> type:
        """The class of that name. Raises UnpicklingError for one that is not in the list."""
        found = _CLASSES.get((module, name))
        if found is None:
            raise pickle.UnpicklingError(f"the pickle names {module}.{name}, which an index does not contain")
        return found

    def persistent_load(self, ident: object) -> None:
        """No codec, see the module. Raises UnpicklingError for anything else."""
        if ident != _CODEC:
            raise pickle.UnpicklingError(f"the pickle refers to {ident!r}, which an index does not contain")


class _Pickler(pickle.Pickler):
    """Leaves out the codec, so that no file names a module of ours."""

    def persistent_id(self, value: object) -> str | None:
        """_CODEC for a codec; None for anything else, which is written as it is."""
        return _CODEC if isinstance(value, W3Codec) else None


def unpickled(data: bytes) -> object:
    """The value of a pickle. Raises UnpicklingError for one that names anything foreign."""
    return _Unpickler(io.BytesIO(data)).load()


class IndexFile(StructFile):
    """A file of the folder."""

    def read_pickle(self) -> object:
        """The next value. Raises UnpicklingError for a pickle that names anything foreign."""
        try:
            return _Unpickler(self.file).load()
        except Exception:
            self.close()  # Whoosh leaves it open
            raise

    def write_pickle(self, obj: object, protocol: int = -1) -> None:
        """Write a value."""
        _Pickler(self.file, protocol).dump(obj)


class IndexStorage(FileStorage):
    """A generation's folder as Whoosh sees it."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder, supports_mmap=True)

    def open_file(self, name: str, **options: object) -> IndexFile:
        """The file, for reading."""
        return IndexFile(super().open_file(name, **options).file, name=name)

    def create_file(self, name: str, excl: bool = False, mode: str = "wb", **options: object) -> IndexFile:
        """A new file, for writing."""
        return IndexFile(super().create_file(name, excl, mode, **options).file, name=name)


class _View(io.RawIOBase):
    """A stretch of memory, read as a file."""

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

    def readinto(self, buffer: WriteableBuffer) -> int:
        target = memoryview(buffer)
        some = self._view[self._at : self._at + len(target)]
        target[: len(some)] = some
        self._at += len(some)
        return len(some)


class MappedFile(BufferFile):
    """A file inside a compound segment, read where it is mapped. Whoosh's own copies it into memory when it is opened."""

    def __init__(self, view: memoryview, name: str) -> None:
        super().__init__(b"", name)
        self._buf = view
        self.file = cast(io.BytesIO, io.BufferedReader(_View(view), 4096))  # BufferFile is typed for its own copy

    def read_pickle(self) -> object:
        """See IndexFile.read_pickle."""
        return _Unpickler(self.file).load()


def open_mapped(storage: Storage, name: str) -> File:
    """A segment's file from the storage that SegmentReader gives a codec: a compound file over the folder, or the folder."""
    compound = getattr(storage, "a", None)
    source = getattr(compound, "_source", None)
    if compound is None or source is None:
        return storage.open_file(name)
    at, length = compound.range(name)
    return MappedFile(memoryview(source)[at : at + length], name)


def view_of(file: File, start: int, end: int) -> memoryview:
    """A part of a segment's file, not copied where the file is mapped."""
    return memoryview(file._buf)[start:end] if isinstance(file, MappedFile) else memoryview(file.get(start, end - start))
