"""A lane: the one open WARC file that one process appends to, recovered automatically after a crash.

Order of a rotation, so that a kill between any two steps leaves a state that the next owner finishes: manifest, next open file,
final name, tail removed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from notices.archive_id import read_marker
from notices.errors import ArchiveLocked
from notices.text.language import _
from pipeline.durable import pwrite_all, sync_folder, write_durably, write_new
from pipeline.warc.files import QUARANTINE, file_name, listing, reading, try_lock
from pipeline.warc.gzip_member import compress
from pipeline.warc.manifest import (
    Tail,
    advance,
    describe,
    previous_of,
    read_tail,
    render_tail,
    survey,
    write_manifest,
)
from pipeline.warc.record import encode_warcinfo

_LANES = 64


@dataclass
class Lane:
    """An open file and its tail, both open for writing; `lock` is the descriptor of the lane's lock."""

    folder: Path
    number: int
    serial: int
    lock: int
    data: int
    tail_file: int
    tail: Tail


def take_lane(folder: Path) -> Lane:
    """The first free lane, recovered and ready to append. Raises ArchiveLocked when all are in use; OSError as it comes."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)
    for number in range(_LANES):
        lock = try_lock(folder, number)
        if lock is not None:
            return _open_lane(folder, number, lock)
    raise ArchiveLocked(_("{folder}: all {count} lanes are being written").format(folder=folder, count=_LANES))


def free_lanes(folder: Path) -> Iterator[Lane]:
    """Every lane that no process writes now, each recovered, and released when the next one is asked for."""
    if not folder.is_dir():
        return
    for number in sorted({entry.lane for entry in listing(folder).values() if entry}):
        lock = try_lock(folder, number)
        if lock is None:
            continue
        try:
            lane = _open_lane(folder, number, lock)
        except BaseException:
            os.close(lock)
            raise
        try:
            yield lane
        finally:
            leave_lane(lane)


def settle_lane(folder: Path, number: int) -> None:
    """Recover a lane that no process writes; another is left alone."""
    lock = try_lock(folder, number)
    if lock is not None:
        leave_lane(_open_lane(folder, number, lock))


def leave_lane(lane: Lane) -> None:
    """Close the files and release the lane; the open file stays open for the next owner."""
    for fd in (lane.data, lane.tail_file, lane.lock):
        os.close(fd)


def append(lane: Lane, members: Sequence[tuple[bytes, str]]) -> list[int]:
    """Write records, each with its date, durably and return their offsets. On any error the file is as it was before, and the error comes through."""
    before = after = lane.tail
    offsets = list[int]()
    try:
        for member, date in members:
            pwrite_all(lane.data, member, after.length)
            offsets.append(after.length)
            after = advance(after, len(member), sha256(member).digest(), date)
        os.fsync(lane.data)
        pwrite_all(lane.tail_file, render_tail(after), 0)
    except BaseException:
        # The tail first: were it to state more than the file contains, the next owner would see damage.
        pwrite_all(lane.tail_file, render_tail(before), 0)
        os.ftruncate(lane.data, before.length)
        raise
    lane.tail = after
    return offsets


def rotate(lane: Lane) -> None:
    """Seal the open file and begin the next one."""
    _seal(lane.folder, lane.number, lane.serial, lane.serial + 1)
    old = lane.data, lane.tail_file
    lane.data, lane.tail_file, lane.tail = _open_file(lane.folder, file_name(lane.number, lane.serial + 1))
    lane.serial += 1
    for fd in old:
        os.close(fd)


def _open_lane(folder: Path, number: int, lock: int) -> Lane:
    """The lane, recovered; its lock is released when that fails."""
    try:
        serial = _recover(folder, number)
        data, tail_file, tail = _open_file(folder, file_name(number, serial))
    except BaseException:
        os.close(lock)
        raise
    return Lane(folder, number, serial, lock, data, tail_file, tail)


def _open_file(folder: Path, name: str) -> tuple[int, int, Tail]:
    data = os.open(folder / f"{name}.open", os.O_RDWR | os.O_CLOEXEC)
    tail_file = os.open(folder / f"{name}.tail", os.O_RDWR | os.O_CLOEXEC)
    tail = read_tail(folder / f"{name}.tail")
    if tail is None:
        os.close(data)
        os.close(tail_file)
        raise OSError(f"{name}.tail cannot be read back")
    return data, tail_file, tail


def _recover(folder: Path, number: int) -> int:
    """Finish what a crash interrupted and return the serial of the lane's intact open file."""
    entries = [e for e in listing(folder).values() if e and e.lane == number]
    sealed = {e.serial for e in entries if not e.suffix and not e.temporary}
    opened = {e.serial for e in entries if e.suffix == ".open" and not e.temporary} - sealed
    unborn = {e.serial for e in entries if e.suffix == ".open" and e.temporary} - sealed
    highest = max((e.serial for e in entries), default=0)
    for serial in sealed:
        (folder / f"{file_name(number, serial)}.tail").unlink(missing_ok=True)
    for serial in sorted(opened - {highest}):
        _seal(folder, number, serial, None)
    if highest not in opened:
        # A serial is never used twice: were a file deleted, the gap must stay visible.
        highest += highest not in unborn
        _begin(folder, number, highest)
    return highest if _settle(folder, number, highest) else _retire(folder, number, highest)


def _begin(folder: Path, number: int, serial: int) -> None:
    """Create an open file with its warcinfo. The open name comes last: where it exists, a tail exists too."""
    name = file_name(number, serial)
    temporary = folder / f"{name}.open.tmp"
    member = compress(encode_warcinfo(name, datetime.now(UTC), read_marker(folder.parent)))
    write_new(temporary, member)
    tail = advance(Tail(name, previous=previous_of(folder, number, serial)), len(member), sha256(member).digest(), None)
    write_durably(folder / f"{name}.tail", render_tail(tail))
    os.replace(temporary, folder / f"{name}.open")
    sync_folder(folder)


def _seal(folder: Path, number: int, serial: int, following: int | None) -> None:
    """Write the manifest, begin the following file, give the file its final name, drop its tail."""
    name = file_name(number, serial)
    promised = read_tail(folder / f"{name}.tail")
    write_manifest(folder, describe(folder, name, previous_of(folder, number, serial), promised))
    if following is not None:
        _begin(folder, number, following)
    os.replace(folder / f"{name}.open", folder / name)
    sync_folder(folder)
    (folder / f"{name}.tail").unlink(missing_ok=True)


def _retire(folder: Path, number: int, serial: int) -> int:
    """Seal a damaged open file as it is, the damage noted in its manifest, and go on with a new one."""
    _seal(folder, number, serial, serial + 1)
    return serial + 1


def _settle(folder: Path, number: int, serial: int) -> bool:
    """Make the open file and its tail agree after a crash; False when the file lacks bytes that the tail promises."""
    name = file_name(number, serial)
    stated = read_tail(folder / f"{name}.tail")
    with reading(folder, name) as file:
        size = file.size
        if stated is not None and stated.length >= size:
            return stated.length == size
        tail, bad = survey(file, stated or Tail(name, previous=previous_of(folder, number, serial)), size)
    if stated is None and bad is not None and not (bad.incomplete and tail.records):
        return False  # no tail says how far the file was intact: then only an incomplete end is the work of a crash
    if bad is not None:
        _quarantine(folder, name, tail.length)
    write_durably(folder / f"{name}.tail", render_tail(tail))
    return True


def _quarantine(folder: Path, name: str, offset: int) -> None:
    """Keep the bytes from `offset` on under quarantine/, then cut them off. Doing it twice gives the same as once."""
    path = folder / f"{name}.open"
    with path.open("rb") as file:
        file.seek(offset)
        rest = file.read()
    kept = folder / QUARANTINE
    if not kept.is_dir():
        kept.mkdir(exist_ok=True)
        sync_folder(folder)
    write_durably(kept / f"{name}.{offset}.{sha256(rest).hexdigest()[:16]}", rest)
    os.truncate(path, offset)
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
