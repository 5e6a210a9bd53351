"""A WARC file as its readers see it: bytes at a place, wherever the file is."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from typing import Protocol

_CHUNK = 1 << 20


class RecordFile(Protocol):
    """A file whose bytes can be read at any place. Raises OSError, or the archive's own errors for a file in a store."""

    @property
    def size(self) -> int:
        """How many bytes it has now."""

    def at(self, place: int, size: int) -> bytes:
        """Up to `size` bytes from `place` on; fewer only where the file ends."""


class LocalFile:
    """A file of this machine, by its descriptor."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    @property
    def size(self) -> int:
        """How many bytes it has now."""
        return os.fstat(self._fd).st_size

    def at(self, place: int, size: int) -> bytes:
        """Bytes from `place` on."""
        return os.pread(self._fd, size, place)


_FIRST, _LARGEST = 64 << 10, 8 << 20


class RangedFile:
    """A file that is read by requests for ranges: small ones for single records, growing ones for whoever reads on."""

    def __init__(self, size: Callable[[], int], get: Callable[[int, int], bytes]) -> None:
        self._ask_size, self._get = size, get
        self._size: int | None = None
        self._start, self._bytes, self._ahead, self._ended = 0, b"", _FIRST, False

    @property
    def size(self) -> int:
        """How many bytes the object has, asked once."""
        if self._size is None:
            self._size = self._ask_size()
        return self._size

    def at(self, place: int, size: int) -> bytes:
        """Bytes from `place` on; of those that were read ahead, if they are enough."""
        known = place - self._start
        if known < 0 or (known + size > len(self._bytes) and not (self._ended and known <= len(self._bytes))):
            reads_on = 0 < known <= len(self._bytes)
            self._ahead = min(2 * self._ahead, _LARGEST) if reads_on else _FIRST
            kept = self._bytes[known:] if reads_on else b""
            wanted = max(size - len(kept), self._ahead)
            more = self._get(place + len(kept), place + len(kept) + wanted)
            self._start, self._bytes, self._ended, known = place, kept + more, len(more) < wanted, 0
        return self._bytes[known : known + size]


class Digested:
    """A file whose digest is taken while it is read from its beginning to its end, so that it is read once."""

    def __init__(self, file: RecordFile) -> None:
        self._file, self._sum, self._end = file, sha256(), 0

    @property
    def size(self) -> int:
        """How many bytes it has now."""
        return self._file.size

    def at(self, place: int, size: int) -> bytes:
        """Bytes from `place` on."""
        chunk = self._file.at(place, size)
        if place <= self._end < place + len(chunk):
            self._sum.update(memoryview(chunk)[self._end - place :])
            self._end = place + len(chunk)
        return chunk

    def digest(self) -> str:
        """SHA-256 of the whole file, in hex."""
        while self.at(self._end, _CHUNK):
            pass
        return self._sum.hexdigest()
