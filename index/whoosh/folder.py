"""What a generation of the Whoosh index holds beside Whoosh's own files: the texts that phrases are verified against (folded.bin), and the originals."""

from __future__ import annotations

import errno
import mmap
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index import generations
from index.whoosh.schema import VERSION
from notices.errors import ArchiveUnwritable, DiskFull, IndexUnusable

FOLDED, ORIGINALS = "folded.bin", "originals.bin"
_STAMP = {"version": VERSION}


def current_generation(folder: Path) -> Path:
    """See generations.current_generation; made by this version of this engine."""
    return generations.current_generation(folder, _STAMP)


def new_generation(folder: Path) -> Path:
    """See generations.new_generation."""
    return generations.new_generation(folder, _STAMP)


def append(path: Path, pieces: list[bytes]) -> list[int]:
    """Append the pieces; return the offset of each. They are durable after the commit, which brings every file to the device."""
    with path.open("ab") as handle:
        at = handle.seek(0, os.SEEK_END)
        offsets = []
        for piece in pieces:
            offsets.append(at)
            at += len(piece)
            handle.write(piece)
    return offsets


def packed(text: str) -> bytes:
    """A text compressed, with its length before it; at the lowest level, for time counts more than the last tenth of space."""
    data = zlib.compress(text.encode("utf-8", "surrogatepass"), 1)
    return len(data).to_bytes(4, "big") + data


def unpacked(file: mmap.mmap, offset: int) -> str:
    """The text that was packed at the offset."""
    size = int.from_bytes(file[offset : offset + 4], "big")
    return zlib.decompress(file[offset + 4 : offset + 4 + size]).decode("utf-8", "surrogatepass")


def mapped(path: Path) -> mmap.mmap | None:
    """The file's bytes, mapped; None for an empty one."""
    with path.open("rb") as handle:
        size = os.fstat(handle.fileno()).st_size
        return mmap.mmap(handle.fileno(), size, access=mmap.ACCESS_READ) if size else None


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Translate what writing may raise: DiskFull, ArchiveUnwritable, IndexUnusable for an index that is not sound."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(f"no space left for the index {folder}") from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR):
            raise ArchiveUnwritable(f"cannot write the index {folder}: {error.strerror}") from error
        raise IndexUnusable(f"index {folder}: {error}") from error
