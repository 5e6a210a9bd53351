"""The WARC series: every capture kept as one durable record, read back with its digest checked. The only module that other rooms import.

Several processes write at once, each in a lane of its own (docs/warc.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from itertools import accumulate, islice
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from notices.capture import Capture, payload_digest
from notices.errors import DamageFound
from notices.text.language import _
from pipeline.durable import file_errors
from pipeline.warc.copy import copy_series
from pipeline.warc.files import (
    QUARANTINE,
    STORED,
    file_name,
    is_sealed,
    lane_in_use,
    listing,
    parse_name,
    reading,
    stored_alone,
    to_quarantine,
)
from pipeline.warc.gzip_member import BadMember, Member, compress, find_bytes, member_in, members, members_around_damage, read_member
from pipeline.warc.http_block import HttpAnswer, answer_in, body_of
from pipeline.warc.lane import Lane, append, free_lanes, leave_lane, rotate, settle_lane, take_lane
from pipeline.warc.manifest import read_manifest
from pipeline.warc.record import encode, encode_warcinfo, warc_date
from pipeline.warc.restore import FilePlan, Folders, plan_file, restore_file, wanted_files
from pipeline.warc.store import Store
from pipeline.warc.stored import Sent, Upload, fetch_file, store_again, stores_of, upload_series
from pipeline.warc.verify import Damage, series_bytes, unsettled, verify_series

__all__ = [
    "QUARANTINE",
    "STORED",
    "BadMember",
    "Damage",
    "FilePlan",
    "Folders",
    "HttpAnswer",
    "Member",
    "Sent",
    "SnapshotWriter",
    "Store",
    "Stored",
    "Upload",
    "answer_in",
    "body_of",
    "compress",
    "copy_series",
    "encode_warcinfo",
    "fetch_file",
    "file_name",
    "find_bytes",
    "free_lanes",
    "lane_in_use",
    "member_bytes",
    "member_in",
    "parse_name",
    "plan_file",
    "read_capture",
    "read_member",
    "reading",
    "record_count",
    "restore_file",
    "scan",
    "scan_intact",
    "series_bytes",
    "settle",
    "store_again",
    "stored_alone",
    "stores_of",
    "to_quarantine",
    "unsettled",
    "upload_series",
    "verify_series",
    "wanted_files",
    "warc_date",
    "warc_files",
]

Previous = Callable[[str], tuple[str, datetime] | None]
Original = Callable[[str], tuple[str, int] | None]


@dataclass(frozen=True)
class Stored:
    """Where a capture's record is. `warc_file` is the file's final name, valid before and after it is sealed."""

    warc_file: str
    offset: int
    length: int
    payload_digest: str
    revisit: bool
    record_id: str


class _Record(NamedTuple):
    """A capture as it is written."""

    id: str
    member: bytes
    digest: str
    revisit: bool


class SnapshotWriter:
    """Appends captures to the series in `folder`; each is on the device when write returns. Not for use by several threads at once.

    `previous(payload_digest)` names URI and date of an earlier record with the same payload, if there is one.
    Raises DiskFull, ArchiveUnwritable or ArchiveLocked; after an error no partial record is left and writing may be tried again.
    """

    def __init__(self, folder: Path, max_bytes: int, *, previous: Previous | None = None) -> None:
        self._folder, self._max_bytes, self._previous = folder, max_bytes, previous
        self._lane: Lane | None = None
        with file_errors(folder):
            self._lane = take_lane(folder)

    def __enter__(self) -> SnapshotWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def write(self, capture: Capture) -> Stored:
        """Keep a capture; as a revisit record when its payload is already kept, unless the payload says nothing: a redirect is in its headers.

        A record of another archive is kept byte for byte: only what was a revisit there is one here.
        """
        return self.write_all((capture,))[0]

    def write_all(self, captures: Sequence[Capture]) -> list[Stored]:
        """Keep captures in their order, as write does, with one wait for the device; after an error those of files that were full before it are kept."""
        records = [self._record(capture) for capture in captures]
        with file_errors(self._folder):
            places = self._append(
                [(record.member, warc_date(capture.fetched_at)) for record, capture in zip(records, captures, strict=True)]
            )
        return [
            Stored(name, offset, len(record.member), record.digest, record.revisit, record.id)
            for record, (name, offset) in zip(records, places, strict=True)
        ]

    def write_members(self, records: Sequence[tuple[bytes, Member]]) -> list[Stored]:
        """Keep records of another archive's series as they are, byte for byte, in their order; each as its gzip member, with what member_in read of it."""
        with file_errors(self._folder):
            places = self._append([(data, member.record.date) for data, member in records])
        return [
            Stored(name, offset, len(data), member.record.payload_digest, member.record.type == "revisit", member.record.record_id)
            for (data, member), (name, offset) in zip(records, places, strict=True)
        ]

    def _record(self, capture: Capture) -> _Record:
        digest = payload_digest(capture.body)
        repeats = capture.body and capture.kind != "redirect" and (capture.original is None or capture.original.type == "revisit")
        refers_to = self._previous(digest) if self._previous and repeats else None
        record_id, data = encode(capture, digest, refers_to)
        return _Record(record_id, compress(data), digest, refers_to is not None)

    def _append(self, records: Sequence[tuple[bytes, str]]) -> list[tuple[str, int]]:
        """File and offset of each record."""
        if self._lane is None:
            self._lane = take_lane(self._folder)
        places = list[tuple[str, int]]()
        try:
            lane = self._lane
            while len(places) < len(records):
                if lane.tail.records > 1 and lane.tail.length + len(records[len(places)][0]) > self._max_bytes:
                    rotate(lane)
                some = self._fitting(lane.tail.length, records[len(places) :])
                places += [(lane.tail.name, offset) for offset in append(lane, some)]
        except BaseException:
            self.close()  # the next write takes a lane again and finishes what was interrupted
            raise
        return places

    def _fitting(self, length: int, records: Sequence[tuple[bytes, str]]) -> Sequence[tuple[bytes, str]]:
        """The first record and those after it that its file has room for."""
        ends = accumulate((len(member) for member, _date in records), initial=length)
        return records[: max(1, sum(end <= self._max_bytes for end in islice(ends, 1, None)))]

    def close(self) -> None:
        """Let the lane go. Its file stays open for the next writer: many short runs make no more files than one long run."""
        lane, self._lane = self._lane, None
        if lane is not None:
            leave_lane(lane)


def settle(folder: Path) -> None:
    """Finish what a crash may have left in any lane that nobody writes now, as the next writer would; makes no new lane."""
    with file_errors(folder):
        for lane in sorted({entry.lane for entry in listing(folder).values() if entry}):
            settle_lane(folder, lane)


def warc_files(folder: Path) -> list[str]:
    """The final names of all WARC files, sealed, open or in the store alone, in order of lane and serial; for `scan`."""
    entries = [entry for entry in listing(folder).values() if entry and entry.suffix in ("", ".open", STORED) and not entry.temporary]
    return [file_name(lane, serial) for lane, serial in sorted({(e.lane, e.serial) for e in entries})]


def read_capture(folder: Path, warc_file: str, offset: int, original: Original | None = None) -> Capture:
    """The capture whose record begins at `offset`, its digests checked. Raises DamageFound naming file, offset and what is wrong.

    `original(payload_digest)` gives file and offset of the record with the payload of a revisit.
    """
    member = _member(folder, warc_file, offset)
    capture = _captured(member, warc_file)
    if member.record.type != "revisit":
        return capture
    found = original(member.record.payload_digest) if original else None
    if found is None:
        raise DamageFound(
            _("{warc_file} offset {offset}: no record contains the payload {payload_digest} of this revisit").format(
                warc_file=warc_file, offset=offset, payload_digest=member.record.payload_digest
            )
        )
    kept = _member(folder, *found).record
    if kept.capture is None or kept.type == "revisit" or kept.payload_digest != member.record.payload_digest:
        raise DamageFound(
            _("{warc_file} offset {offset}: not the payload {payload_digest}").format(
                warc_file=found[0], offset=found[1], payload_digest=member.record.payload_digest
            )
        )
    return replace(capture, body=kept.capture.body)


def _member(folder: Path, warc_file: str, offset: int) -> Member:
    with reading(folder, warc_file) as file:
        try:
            return read_member(file, offset)
        except (BadMember, OSError) as error:
            raise DamageFound(_("{warc_file} offset {offset}: {error}").format(warc_file=warc_file, offset=offset, error=error)) from error


def _captured(member: Member, warc_file: str) -> Capture:
    if member.record.capture is None:
        raise DamageFound(
            _("{warc_file} offset {offset}: a {type} record, not a capture").format(
                warc_file=warc_file, offset=member.offset, type=member.record.type
            )
        )
    return member.record.capture


def member_bytes(folder: Path, warc_file: str, offset: int) -> tuple[bytes, Member]:
    """The compressed bytes of the record that begins at `offset`, and what they contain, its digests checked. Raises DamageFound."""
    member = _member(folder, warc_file, offset)
    with reading(folder, warc_file) as file:
        data = file.at(offset, member.length)
    if sha256(data).digest() != member.digest:
        raise DamageFound(_("{warc_file} offset {offset}: it was read differently twice").format(warc_file=warc_file, offset=offset))
    return data, member


def scan(folder: Path, warc_file: str, start: int = 0) -> Iterator[tuple[Stored, Capture]]:
    """Every capture of a file from offset `start` on, in order; the body of a revisit is empty.

    An incomplete last record of an open file ends the scan. Raises DamageFound at any other record that cannot be read.
    """
    with reading(folder, warc_file) as file:
        sealed = is_sealed(folder, warc_file)
        try:
            for member in members(file, start, file.size):
                if member.record.capture is not None:
                    yield _stored(member, warc_file), member.record.capture
        except BadMember as error:
            if sealed or not error.incomplete:
                raise DamageFound(
                    _("{warc_file} offset {offset}: {error}").format(warc_file=warc_file, offset=error.offset, error=error)
                ) from error


def record_count(folder: Path, warc_file: str) -> int | None:
    """How many captures a sealed file contains, as its manifest states; None without an intact manifest, or for a file sealed with damage."""
    manifest = read_manifest(folder / f"{warc_file}.json")
    return None if manifest is None or manifest.damage is not None else manifest.records - 1  # without the warcinfo


def scan_intact(folder: Path, warc_file: str) -> Iterator[tuple[Stored, Capture] | int]:
    """Every intact capture of a file, in order; in place of each stretch that is damaged the offset where it begins."""
    with reading(folder, warc_file) as file:
        for member in members_around_damage(file, 0, file.size):
            if isinstance(member, BadMember):
                yield member.offset
            elif member.record.capture is not None:
                yield _stored(member, warc_file), member.record.capture


def _stored(member: Member, warc_file: str) -> Stored:
    record = member.record
    return Stored(warc_file, member.offset, member.length, record.payload_digest, record.type == "revisit", record.record_id)
