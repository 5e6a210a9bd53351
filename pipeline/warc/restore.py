"""Damaged files of the WARC series, restored with a backup's bytes: only bytes that the archive itself attests.

A sealed file must have the SHA-256 that its manifest states, and the manifest the one that the file after it in its lane names. An open file
must contain every record that its tail and the snapshot rows name. A file that only grew since the backup is put together: its beginning from
the backup, the rest as it is here, when the sum is what was promised. The damaged file goes to quarantine before another takes its place.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from notices.errors import DamageFound
from notices.text.language import _
from pipeline.durable import file_errors, sync_folder, write_new
from pipeline.warc.files import STORED, file_name, listing, parse_name, to_quarantine, try_lock
from pipeline.warc.gzip_member import BadMember, members
from pipeline.warc.manifest import Manifest, Tail, advance, file_digest, previous_of, read_manifest, read_tail, render_tail
from pipeline.warc.record_file import LocalFile

Rows = Callable[[str], Mapping[int, tuple[int, str]]]  # of a file: offset to length and payload digest, as the snapshot rows say
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Folders:
    """The archive's WARC folder, the backup's, and an empty one in which files are put together."""

    folder: Path
    backup: Path
    scratch: Path


@dataclass(frozen=True)
class FilePlan:
    """How one file can be restored: its bytes and the manifest or tail that attests them; or the `problem` when none does. `how` says where the bytes are from."""

    name: str
    how: str = ""
    data: Path | None = None
    attested_by: bytes = b""
    sealed: bool = False
    problem: str = ""


def wanted_files(folders: Folders, named: Iterable[str], in_rows: Iterable[str]) -> list[str]:
    """Names of the files to restore: those that findings name, and those that rows or the backup name and that are gone."""
    folder = folders.folder
    names = {name.removesuffix(".open").removesuffix(".json").removesuffix(".tail") for name in named}
    have: dict[int, set[int]] = {}
    for entry in listing(folder).values() if folder.is_dir() else ():
        if entry and not entry.temporary and entry.suffix in ("", ".open", STORED):
            have.setdefault(entry.lane, set()).add(entry.serial)
    for name in (*in_rows, *(listing(folders.backup) if folders.backup.is_dir() else ())):
        entry = parse_name(name)
        if entry and not entry.suffix and entry.serial not in have.get(entry.lane, set()):
            names.add(name)
    return sorted(name for name in names if (entry := parse_name(name)) and not entry.suffix and not entry.temporary)


def plan_file(folders: Folders, name: str, rows: Rows) -> FilePlan:
    """How the file can be restored. Nothing of the archive is changed."""
    entry = parse_name(name)
    if entry is None:
        return FilePlan(name, problem="its name is not of the series")
    link = _named_by_next(folders.folder, entry.lane, entry.serial)
    here, there = folders.folder / f"{name}.json", folders.backup / f"{name}.json"
    with file_errors(folders.scratch):
        if link or here.exists() or (folders.folder / name).exists() or there.exists():
            return _sealed(folders, name, [path.read_bytes() for path in (here, there) if path.exists()], link, rows)
        return _open(folders, name, rows)


def _named_by_next(folder: Path, lane: int, serial: int) -> str | None:
    """SHA-256 of the file's manifest as the next file of the lane names it."""
    after = file_name(lane, serial + 1)
    stated = read_manifest(folder / f"{after}.json") or read_tail(folder / f"{after}.tail")
    return stated.previous.sha256 if stated and stated.previous and stated.previous.name == file_name(lane, serial) else None


def _sealed(folders: Folders, name: str, found: list[bytes], link: str | None, rows: Rows) -> FilePlan:
    for manifest in found:
        if link and sha256(manifest).hexdigest() != link:
            continue
        stated = _manifest(folders.scratch, manifest)
        if stated is None or stated.name != name or stated.damage:
            continue
        for how, data in _versions(folders, name, stated.length):
            if _digest(data) != stated.sha256:
                continue
            lacks = None if link else _not_covered(data, stated.length, rows(name))
            return FilePlan(name, problem=lacks) if lacks else FilePlan(name, how, data, manifest, sealed=True)
        return FilePlan(
            name, problem=f"neither the backup nor the archive has the {stated.length} bytes with the digest that its manifest states"
        )
    return FilePlan(
        name, problem="there is no manifest that the next file of its lane names" if link else "there is no manifest of an intact file"
    )


def _manifest(scratch: Path, data: bytes) -> Manifest | None:
    path = scratch / "manifest"
    path.write_bytes(data)
    return read_manifest(path)


def _open(folders: Folders, name: str, rows: Rows) -> FilePlan:
    entry = parse_name(name)
    if entry is None or not (folders.backup / f"{name}.open").exists():
        return FilePlan(name, problem="the backup has no such file")
    promised = read_tail(folders.folder / f"{name}.tail")
    start = Tail(name, previous=previous_of(folders.folder, entry.lane, entry.serial))
    problem = "the backup's copy does not contain all that its tail and the rows name"
    for how, data in _versions(folders, name, promised.length if promised else None):
        tail = _tail_of(data, start)
        if tail is None or (promised and tail != promised):
            continue
        lacks = _not_covered(data, tail.length, rows(name))
        if lacks is None:
            return FilePlan(name, how, data, render_tail(tail))
        problem = lacks
    return FilePlan(name, problem=problem)


def _versions(folders: Folders, name: str, length: int | None) -> Iterator[tuple[str, Path]]:
    """Bytes that the file may have had: the archive's, the backup's, the backup's with those that were added here since."""
    here = _file_of(folders.folder, name)
    there, known = _of_backup(folders.backup, name)
    if here is not None and (length is None or here.stat().st_size == length):
        yield "its bytes as they are here; its manifest or tail rewritten", here
    if there is not None and (length is None or known == length):
        whole = there.stat().st_size == known
        yield f"{known} bytes from the backup", there if whole else _part(folders.scratch / name, there, known)
    end = length if length is not None else here.stat().st_size if here else 0
    if here is not None and known < end <= here.stat().st_size:
        target = _part(folders.scratch / name, there, known) if there is not None else folders.scratch / name
        yield f"the first {known} bytes from the backup, {end - known} as they are here", _part(target, here, end, known)


def _file_of(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.open") if path.is_file()), None)


def _of_backup(backup: Path, name: str) -> tuple[Path | None, int]:
    """The backup's file and how many of its bytes its manifest or tail attests."""
    path = _file_of(backup, name)
    stated = read_manifest(backup / f"{name}.json") if path and path.name == name else read_tail(backup / f"{name}.tail")
    if path is None or stated is None or stated.length > path.stat().st_size:
        return None, 0
    return path, stated.length


def _part(target: Path, source: Path, end: int, start: int = 0) -> Path:
    """Bytes [start, end) of the source at that place in the target."""
    with source.open("rb") as read, target.open("r+b" if start else "wb") as write:
        for at in range(start, end, _CHUNK):
            read.seek(at)
            write.seek(at)
            write.write(read.read(min(_CHUNK, end - at)))
        write.truncate(end)
    return target


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(LocalFile(file.fileno()))


def _tail_of(path: Path, start: Tail) -> Tail | None:
    """The tail over all of the file; None when a record of it is damaged."""
    tail = start
    try:
        with path.open("rb") as file:
            for member in members(LocalFile(file.fileno()), 0, os.fstat(file.fileno()).st_size):
                if member.offset == 0 and member.record.filename != start.name:
                    return None
                tail = advance(tail, member.length, member.digest, member.record.date if member.record.capture else None)
    except BadMember:
        return None
    return tail


def _not_covered(path: Path, end: int, rows: Mapping[int, tuple[int, str]]) -> str | None:
    """Which row names a record that the file does not contain; None when it contains all of them."""
    left = dict(rows)
    with path.open("rb") as file:
        try:
            for member in members(LocalFile(file.fileno()), 0, end):
                if left.get(member.offset) == (member.length, member.record.payload_digest):
                    del left[member.offset]
        except BadMember as error:
            return f"its record at offset {error.offset} cannot be read: {error}"
    return f"it lacks the records that {len(left)} rows name, the first at offset {min(left)}" if left else None


def restore_file(folders: Folders, plan: FilePlan, now: datetime) -> str:
    """Put the file in its place, what was there into quarantine; what was done. Raises DamageFound while the lane is being written."""
    entry = parse_name(plan.name)
    if entry is None or plan.data is None:
        raise DamageFound(plan.problem or _("{name}: nothing to put there").format(name=plan.name))
    folder = folders.folder
    with file_errors(folder / plan.name):
        folder.mkdir(parents=True, exist_ok=True)
        lock = try_lock(folder, entry.lane)
        if lock is None:
            raise DamageFound(_("{name}: its lane is being written; try again when the run has ended").format(name=plan.name))
        try:
            _put(folder, plan, now)
        finally:
            os.close(lock)
    return plan.how


def _put(folder: Path, plan: FilePlan, now: datetime) -> None:
    """First the new bytes under another name, then the old ones away, then the names: a kill leaves a gap that can be repaired again."""
    file, beside = (plan.name, f"{plan.name}.json") if plan.sealed else (f"{plan.name}.open", f"{plan.name}.tail")
    assert plan.data is not None
    stays = plan.data == folder / file
    if not stays:
        shutil.copyfile(plan.data, folder / f"{file}.tmp")
        fd = os.open(folder / f"{file}.tmp", os.O_RDONLY | os.O_CLOEXEC)
        os.fsync(fd)
        os.close(fd)
    write_new(folder / f"{beside}.tmp", plan.attested_by)
    for suffix in ("", ".open", ".json", ".tail"):
        if (folder / f"{plan.name}{suffix}").exists() and not (stays and plan.name + suffix == file):
            to_quarantine(folder, folder / f"{plan.name}{suffix}", now)
    if not stays:
        os.replace(folder / f"{file}.tmp", folder / file)
    os.replace(folder / f"{beside}.tmp", folder / beside)
    sync_folder(folder)
