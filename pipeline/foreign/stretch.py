"""A stretch of bytes in an open file, read by place: a whole WARC file, or one that lies uncompressed in a WACZ package."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pipeline.warc.series import find_bytes


@dataclass(frozen=True, slots=True)
class Stretch:
    """`length` bytes from `start` of the open file `fd`, under the name that a person knows them by."""

    name: str
    fd: int
    start: int
    length: int

    def read_at(self, place: int, size: int) -> bytes:
        """Up to `size` bytes from `place` on; fewer at the end."""
        size = min(size, self.length - place)
        pieces = list[bytes]()
        while size > 0:
            piece = os.pread(self.fd, size, self.start + place)
            if not piece:
                break
            pieces.append(piece)
            place, size = place + len(piece), size - len(piece)
        return b"".join(pieces)

    def find(self, wanted: bytes, place: int) -> int:
        """Where `wanted` comes next; the length where it does not."""
        return find_bytes(self.read_at, wanted, place, self.length)
