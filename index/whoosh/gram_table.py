"""Where a segment's grams have their postings, in eight bytes a gram: Whoosh's own table of terms takes eighty.

The file has two arrays of 32-bit numbers, little-endian: the keys, ascending, and the places of the postings, one more than there are keys.
A key is the first character in the upper half and the second, or zero, in the lower. A place counts postings from the start of the file of
postings; a gram's end where the next one's begin. A gram with a character beyond U+FFFF has no key: it is in Whoosh's table.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

ENDING = ".grm"
_HALF, _LONGEST = 16, 2
_MOST = (1 << _HALF) - 1


class Extent(NamedTuple):
    """A gram's postings: the place of the first, and how many there are."""

    place: int
    size: int


def key_of(term: bytes) -> int | None:
    """The key of a gram in UTF-8; None for one that has none."""
    gram = term.decode("utf-8", "surrogatepass")
    if not gram or len(gram) > _LONGEST or max(gram) > chr(_MOST) or gram[-1] == "\0":
        return None
    return (ord(gram[0]) << _HALF) + (ord(gram[1]) if len(gram) == _LONGEST else 0)


class GramTable:
    """The table of one segment, read where it is mapped."""

    def __init__(self, file: memoryview) -> None:
        size = (len(file) // 4 - 1) // 2
        self._keys, self._places = _numbers(file[: 4 * size]), _numbers(file[4 * size :])

    def find(self, term: bytes) -> Extent | None:
        """The postings of a gram; None where the table lacks it."""
        key = key_of(term)
        if key is None:
            return None
        at = bisect_left(self._keys, key)
        if at == len(self._keys) or self._keys[at] != key:
            return None
        return Extent(self._places[at], self._places[at + 1] - self._places[at])

    def every(self) -> Iterator[tuple[bytes, Extent]]:
        """Each gram in UTF-8, ascending, with its postings."""
        places = iter(self._places)
        place = next(places)
        for key, end in zip(self._keys, places, strict=True):
            gram = chr(key >> _HALF) + (chr(key & _MOST) if key & _MOST else "")
            yield gram.encode("utf-8", "surrogatepass"), Extent(place, end - place)
            place = end


class NewGramTable:
    """The table of a segment that is being written."""

    def __init__(self) -> None:
        self._keys, self._places, self._end = array("I"), array("I"), 0

    def add(self, key: int, extent: Extent) -> None:
        """Note a gram's postings; keys ascend, and the postings of one follow those of the one before."""
        self._keys.append(key)
        self._places.append(extent.place)
        self._end = extent.place + extent.size

    def as_bytes(self) -> bytes:
        """The file."""
        numbers = [self._keys, array("I", [*self._places, self._end])]
        if sys.byteorder == "big":
            for each in numbers:
                each.byteswap()
        return b"".join(each.tobytes() for each in numbers)


def _numbers(data: memoryview) -> memoryview | array[int]:
    if sys.byteorder == "little":
        return data.cast("I")
    swapped = array("I", data.tobytes())
    swapped.byteswap()
    return swapped
