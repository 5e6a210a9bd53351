"""Gzip members: one compressed record each, read strictly. A member counts only if its CRC and length trailer are there and correct."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from pipeline.warc.record import Record, decode
from pipeline.warc.record_file import RecordFile

_CHUNK = 32 << 10  # one chunk inflates to 33 MB at most
_MAGIC = bytes.fromhex("1f8b080000000000")  # as compress() begins every member: no name, no time, no flags
_LARGEST = (1 << 30) + (1 << 20)  # the largest body the configuration allows, and its heads


class BadMember(Exception):
    """The bytes at `offset` are not a whole record. `incomplete`: the file ends inside it, as after a crash."""

    def __init__(self, offset: int, what: str, incomplete: bool = False) -> None:
        super().__init__(what)
        self.offset = offset
        self.incomplete = incomplete


@dataclass(frozen=True)
class Member:
    """A whole record in a file: where its compressed bytes are, their SHA-256, and their content."""

    offset: int
    length: int
    digest: bytes
    record: Record


def compress(data: bytes) -> bytes:
    """One gzip member, without name or time so that the same record gives the same bytes."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def read_member(file: RecordFile, offset: int) -> Member:
    """The record that begins at `offset`. Raises BadMember."""
    unpacker = zlib.decompressobj(31)
    digest, pieces, position, size = sha256(), [], offset, 0
    while not unpacker.eof:
        chunk = file.at(position, _CHUNK)
        if not chunk:
            raise BadMember(offset, "the file ends inside the record" if position > offset else "no record begins here", incomplete=True)
        if position == offset and chunk[: len(_MAGIC)] != _MAGIC[: len(chunk)]:
            raise BadMember(offset, "no record begins here")
        try:
            piece = unpacker.decompress(chunk)
        except zlib.error as error:
            raise BadMember(offset, f"not a gzip member: {error}") from error
        used = len(chunk) - len(unpacker.unused_data)
        digest.update(chunk[:used])
        position += used
        size += len(piece)
        if size > _LARGEST:
            raise BadMember(offset, f"the record is larger than {_LARGEST} bytes")
        pieces.append(piece)
    return Member(offset, position - offset, digest.digest(), _decoded(b"".join(pieces), offset))


def member_in(data: bytes, most: int) -> Member:
    """The one record that these bytes are, to the last of them. Raises BadMember for anything else, or for a record of more than `most` bytes."""
    unpacker = zlib.decompressobj(31)
    try:
        plain = unpacker.decompress(data, most + 1) if data.startswith(_MAGIC) else b""
    except zlib.error as error:
        raise BadMember(0, f"not a gzip member: {error}") from error
    if len(plain) > most:
        raise BadMember(0, f"the record is larger than {most} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise BadMember(0, "these bytes are not one whole record")
    return Member(0, len(data), sha256(data).digest(), _decoded(plain, 0))


def _decoded(data: bytes, offset: int) -> Record:
    try:
        return decode(data)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadMember(offset, f"not a record: {error}") from error


def members(file: RecordFile, start: int, end: int) -> Iterator[Member]:
    """Every record from `start` to `end`, in order. Raises BadMember at the first that is not whole or crosses the end."""
    while start < end:
        member = read_member(file, start)
        start += member.length
        if start > end:
            raise BadMember(member.offset, f"the record crosses the end at {end}")
        yield member


_TRIES = 1000  # chance repeats of the magic are rarer than one in 10^19 bytes; more means a forged file


def members_around_damage(file: RecordFile, start: int, end: int) -> Iterator[Member | BadMember]:
    """Every record from `start` to `end`, with a BadMember in place of each stretch without one."""
    tries = 0
    while start < end:
        try:
            for member in members(file, start, end):
                start = member.offset + member.length
                yield member
        except BadMember as error:
            yield error
            start = error.offset
            while start < end and not _begins_member(file, start := find_bytes(file.at, _MAGIC, start + 1, end)):
                tries += 1
                if tries > _TRIES:
                    return


def _begins_member(file: RecordFile, offset: int) -> bool:
    try:
        read_member(file, offset)
    except BadMember:
        return False
    return True


def find_bytes(read_at: Callable[[int, int], bytes], wanted: bytes, place: int, end: int) -> int:
    """Where the bytes come next in what `read_at(place, size)` reads, or `end`."""
    while place < end:
        chunk = read_at(place, min(1 << 20, end - place))
        found = chunk.find(wanted)
        if found >= 0:
            return place + found
        if len(chunk) < len(wanted):
            break
        place += len(chunk) - len(wanted) + 1
    return end
