"""Sets of documents as integers, one bit for each document: union, intersection and count take microseconds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import compress, count

_TO_DIGITS = bytes.maketrans(b"\0\1", b"01")
_SPARSE = 32
_SET = re.compile(rb"[^\0]")
_BITS = [tuple(at for at in range(8) if byte >> at & 1) for byte in range(256)]
_TO_FLAGS = bytes.maketrans(b"01", b"\0\1")


def of_flags(flags: bytes | bytearray) -> int:
    """The set of the positions whose flag is 1, not 0."""
    return int(flags[::-1].translate(_TO_DIGITS) or b"0", 2)


def of_numbers(numbers: Iterable[int], size: int) -> int:
    """The set of the numbers, all below `size`."""
    flags = bytearray(size)
    for number in numbers:
        flags[number] = 1
    return of_flags(flags)


def flags_of(bits: int, size: int) -> bytes:
    """For each number below `size`, 1 if the set contains it."""
    return bin(bits)[:1:-1].encode("ascii").translate(_TO_FLAGS).ljust(size, b"\0")


def numbers_of(bits: int) -> list[int]:
    """The numbers of a set, ascending."""
    if bits.bit_count() * _SPARSE < (length := bits.bit_length()):
        pieces = _SET.finditer(bits.to_bytes(length // 8 + 1, "little"))
        return [8 * piece.start() + at for piece in pieces for at in _BITS[piece[0][0]]]
    return list(compress(count(), bin(bits)[:1:-1].encode("ascii").translate(_TO_FLAGS)))
