"""The records of a WARC file that another program wrote (ISO 28500, versions 0.17 to 1.1), byte for byte; damage is passed over and named.

warcio is not used: it does not give a record's own bytes, and ends at the first damage.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from notices.errors import BadInput
from notices.text.language import N_, _
from pipeline.foreign.stretch import Stretch

LARGEST_RECORD = 256 << 20
"""Bytes of a record that is read; a larger one is a film or a data set."""
_HEAD = 1 << 16
_CHUNK = 1 << 16
_GZIP = b"\x1f\x8b\x08"
_VERSION = re.compile(rb"WARC/[01]\.\d{1,2}\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z?")
_ALGORITHMS = {"sha1": "sha1", "sha-1": "sha1", "sha256": "sha256", "sha-256": "sha256", "sha512": "sha512", "md5": "md5"}
_OTHER_SHAPES = (
    (b"\x28\xb5\x2f\xfd", N_("it is compressed with Zstandard; `zstd -d` makes a WARC file of it")),
    (b"filedesc://", N_("it is an ARC file; `warcio recompress` makes a WARC file of it")),
    (b"PK\x03\x04", N_("it is a ZIP file; a WACZ package has the ending .wacz")),
)


@dataclass(frozen=True, slots=True)
class ForeignRecord:
    """A record where it begins in its file: its head and its block byte for byte. The names of `fields` are in lower case."""

    offset: int
    length: int
    head: bytes
    block: bytes
    fields: Mapping[str, str]

    @property
    def type(self) -> str:
        """response, revisit, resource, request, metadata, warcinfo, conversion or continuation."""
        return self.fields.get("warc-type", "").lower()

    @property
    def url(self) -> str:
        """The address, without the brackets that wget 1.19 writes around it."""
        return self.fields.get("warc-target-uri", "").strip("<> ")

    @property
    def record_id(self) -> str:
        """The record's id."""
        return self.fields.get("warc-record-id", "").strip("<> ")


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A stretch of `length` bytes from `offset` on that is not a whole record."""

    offset: int
    length: int
    reason: str


def is_whole_gzip(file: Stretch) -> bool:
    """Whether all records are in one gzip member (`gzip file.warc`): no record can be read by itself then. Raises BadInput for a file of no WARC."""
    begin = file.read_at(0, _CHUNK)
    if not begin:
        raise BadInput(_("{name}: the file is empty").format(name=file.name))
    gzipped = begin.startswith(_GZIP)
    shown = _unpacked_begin(begin) if gzipped else begin
    reason = next((_(why) for sign, why in _OTHER_SHAPES if shown.startswith(sign)), _("no record of WARC/0.17 to WARC/1.1 begins it"))
    if not _VERSION.match(shown):
        raise BadInput(_("{name}: not a WARC file: {reason}").format(name=file.name, reason=reason))
    if not gzipped:
        return False
    found = _member(file, 0)
    if isinstance(found, BadRecord):
        return False
    end = _end_of_record(found[0])
    return end is not None and bool(_VERSION.match(found[0][end:].lstrip(b"\r\n")[:_CHUNK]))


def unpacked(file: Stretch) -> Iterator[bytes]:
    """The content of a file whose records are in one gzip member."""
    place = 0
    while place < file.length:
        unpacker = zlib.decompressobj(31)
        while not unpacker.eof and place < file.length:
            chunk = file.read_at(place, _CHUNK)
            try:
                while chunk:
                    yield unpacker.decompress(chunk, 1 << 20)
                    place += len(chunk) - len(unpacker.unconsumed_tail) - len(unpacker.unused_data)
                    chunk = unpacker.unconsumed_tail
            except zlib.error:
                return
        if file.read_at(place, 3) != _GZIP:
            return


def records(file: Stretch) -> Iterator[ForeignRecord | BadRecord]:
    """Every record in order, and in place of each stretch without one a BadRecord."""
    gzipped, place = file.read_at(0, 3) == _GZIP, 0
    while place < file.length:
        found = record_at(file, place)
        if isinstance(found, BadRecord):
            if not file.read_at(place, _CHUNK).strip(b"\0\r\n\t "):
                place = _end_of_blanks(file, place)
                continue
            after = _next_record(file, place + max(1, found.length), gzipped=gzipped)
            found = BadRecord(place, after - place, found.reason)
        yield found
        place += found.length


def record_at(file: Stretch, offset: int) -> ForeignRecord | BadRecord:
    """The record that begins at the offset. `length` of a bad one is what of it is known to be its own: 0 if nothing is."""
    if file.read_at(offset, 3) != _GZIP:
        return _plain_record(file, offset)
    found = _member(file, offset)
    if isinstance(found, BadRecord):
        return found
    data, length = found
    return _record(data, offset, length)


def _plain_record(file: Stretch, offset: int) -> ForeignRecord | BadRecord:
    begin = file.read_at(offset, _HEAD)
    blanks = len(begin) - len(begin.lstrip(b"\r\n"))
    if not _VERSION.match(begin, blanks):
        return BadRecord(offset, 0, _("no record begins here"))
    end = _HEAD_END.search(begin, blanks)
    size = _stated_length(begin[blanks : end.start()]) if end else None
    if end is None or size is None:
        return BadRecord(offset, 0, _("its head is cut short, or states no length"))
    if size > LARGEST_RECORD:
        return BadRecord(
            offset,
            min(file.length - offset, end.end() + size),
            _("its block has {size} bytes; {most} are read").format(size=size, most=LARGEST_RECORD),
        )
    data = file.read_at(offset + blanks, end.end() - blanks + size)
    after = file.read_at(offset + blanks + len(data), 4)
    return _record(data, offset, blanks + len(data) + len(after) - len(after.lstrip(b"\r\n")))


def _record(data: bytes, offset: int, length: int) -> ForeignRecord | BadRecord:
    data = data.lstrip(b"\r\n")
    end, head_end = _end_of_record(data), _HEAD_END.search(data, 0, _HEAD)
    if not _VERSION.match(data) or head_end is None or end is None:
        return BadRecord(offset, length, _("not a WARC record with a head and a length"))
    if end > len(data):
        told = _("the record is cut short: {stated} bytes are stated, {there} are there")
        return BadRecord(offset, 0, told.format(stated=end - head_end.end(), there=len(data) - head_end.end()))
    head = data[: head_end.start()]
    return ForeignRecord(offset, length, head, data[head_end.end() : end], _fields(head))


def _end_of_record(data: bytes) -> int | None:
    """Where the block ends by what the head states; it may be beyond the data."""
    start = len(data) - len(data.lstrip(b"\r\n"))
    end = _HEAD_END.search(data, start, start + _HEAD)
    size = _stated_length(data[start : end.start()]) if end else None
    return None if end is None or size is None else end.end() + size


def _stated_length(head: bytes) -> int | None:
    stated = _fields(head).get("content-length", "")
    return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 16 else None


def _fields(head: bytes) -> dict[str, str]:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    found, last = dict[str, str](), ""
    for line in text.replace("\r\n", "\n").split("\n")[1:]:
        if line[:1] in (" ", "\t") and last:
            found[last] += " " + line.strip()
            continue
        name, _, value = line.partition(":")
        last = name.strip().lower()
        found.setdefault(last, value.strip())
    return found


def _member(file: Stretch, offset: int) -> tuple[bytes, int] | BadRecord:
    """The content of a gzip member and its length in the file."""
    unpacker, pieces, size, place = zlib.decompressobj(31), list[bytes](), 0, offset
    while not unpacker.eof:
        chunk = file.read_at(place, _CHUNK)
        if not chunk:
            return BadRecord(offset, 0, _("the file ends inside the record"))
        try:
            while chunk and not unpacker.eof:
                piece = unpacker.decompress(chunk, 1 << 20)
                size += len(piece)
                if size <= LARGEST_RECORD:
                    pieces.append(piece)
                place += len(chunk) - len(unpacker.unconsumed_tail) - len(unpacker.unused_data)
                chunk = unpacker.unconsumed_tail
        except zlib.error as error:
            return BadRecord(offset, 0, _("the gzip member is damaged: {error}").format(error=error))
    if size > LARGEST_RECORD:
        return BadRecord(offset, place - offset, _("the record has {size} bytes; {most} are read").format(size=size, most=LARGEST_RECORD))
    return b"".join(pieces), place - offset


def _unpacked_begin(begin: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(begin, _CHUNK).lstrip(b"\r\n")
    except zlib.error:
        return b""


def _next_record(file: Stretch, place: int, *, gzipped: bool) -> int:
    """Where the next record may begin after damage; the file's end if nothing does."""
    sign = _GZIP if gzipped else b"\nWARC/"
    while place < file.length:
        place = file.find(sign, place)
        if gzipped and place < file.length and not _VERSION.match(_unpacked_begin(file.read_at(place, _CHUNK))):
            place += 1
            continue
        break
    return min(file.length, place if gzipped else place + 1)


def _end_of_blanks(file: Stretch, place: int) -> int:
    """Where something but blanks and zero bytes comes: some programs fill up a file's last block."""
    while place < file.length:
        chunk = file.read_at(place, _CHUNK)
        kept = chunk.lstrip(b"\0\r\n\t ")
        if kept:
            return place + len(chunk) - len(kept)
        place += len(chunk)
    return file.length


def moment_of(fields: Mapping[str, str], now: datetime) -> datetime:
    """When the record's bytes were fetched, by WARC-Date. Raises ValueError for no date, and for one in the future."""
    stated = fields.get("warc-date", "")
    found = _DATE.fullmatch(stated)
    if not found:
        raise ValueError(_("WARC-Date is {stated!r}; a time like 2024-05-01T08:00:00Z is needed").format(stated=stated))
    *numbers, fraction = found.groups()
    moment = datetime(*(int(n) for n in numbers), int((fraction or "0").ljust(6, "0")[:6]), tzinfo=UTC)  # type: ignore[arg-type, misc]
    if moment > now + timedelta(days=1):
        raise ValueError(_("WARC-Date {stated} is in the future").format(stated=stated))
    return moment


def wrong_digest(record: ForeignRecord, payloads: Iterator[bytes]) -> str | None:
    """What the record states of its bytes and is not so; None where all that it states is. `payloads` are the ways in which programs count a payload.

    The standard does not say whether a payload is counted with its transfer encoding: any of the ways will do.
    """
    stated = record.fields.get("warc-block-digest")
    if stated and record.type != "revisit" and not _agrees(stated, record.block):
        return _("WARC-Block-Digest {stated} is not that of its bytes").format(stated=stated)
    stated = record.fields.get("warc-payload-digest")
    if stated and record.type in ("response", "resource") and not any(_agrees(stated, each) for each in payloads):
        return _("WARC-Payload-Digest {stated} is not that of its payload").format(stated=stated)
    return None


def _agrees(stated: str, data: bytes) -> bool:
    """Whether bytes have the digest, in base 32, 16 or 64; of an algorithm that is not known here nothing can be said."""
    name, _, value = stated.partition(":")
    algorithm = _ALGORITHMS.get(name.strip().lower())
    if algorithm is None:
        return True
    digest = hashlib.new(algorithm, data, usedforsecurity=False).digest()
    spellings = (
        base64.b32encode(digest).decode().rstrip("=").lower(),
        digest.hex(),
    )
    exact = (base64.b64encode(digest).decode().rstrip("="), base64.urlsafe_b64encode(digest).decode().rstrip("="))
    value = value.strip().rstrip("=")
    return value.lower() in spellings or value in exact
