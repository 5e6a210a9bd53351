"""Names and locks in the folder of the WARC series.

notices-<lane>-<serial>.warc.gz         a sealed file, never changed again
notices-<lane>-<serial>.warc.gz.json    its manifest
notices-<lane>-<serial>.warc.gz.open    the file a lane appends to; one for each lane
notices-<lane>-<serial>.warc.gz.tail    what the open file must contain at least
notices-<lane>-<serial>.warc.gz.stored  where a store has the file; its local copy may be gone
….tmp                                   a write under way; replaced or finished by the next owner of the lane
lane-<lane>.lock                        held by the process that writes the lane
quarantine/                             bytes that recovery moved away
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from notices.errors import DamageFound
from notices.text.language import _
from pipeline.durable import file_errors, sync_folder
from pipeline.warc.record_file import LocalFile, RecordFile

QUARANTINE, STORED = "quarantine", ".stored"
_NAME = re.compile(r"notices-(\d{1,3})-(\d{6,9})\.warc\.gz(\.(?:open|json|tail|stored)|)(\.tmp)?", re.ASCII)


@dataclass(frozen=True)
class Entry:
    """A file of the series by what its name says; `suffix` is "", ".open", ".json", ".tail" or ".stored"; `temporary` for a write under way."""

    lane: int
    serial: int
    suffix: str
    temporary: bool


def file_name(lane: int, serial: int) -> str:
    """The name of a WARC file once sealed; rows and manifests know it by this name from the start."""
    return f"notices-{lane}-{serial:06d}.warc.gz"


def parse_name(name: str) -> Entry | None:
    """The parts of a file's name, or None when it is not of the series."""
    match = _NAME.fullmatch(name)
    if not match:
        return None
    entry = Entry(int(match[1]), int(match[2]), match[3], bool(match[4]))
    canonical = file_name(entry.lane, entry.serial) + entry.suffix + (".tmp" if entry.temporary else "")
    return entry if canonical == name else None


def listing(folder: Path) -> dict[str, Entry | None]:
    """Every name in the folder, in order, with its parts. Raises ArchiveUnwritable when there is no such folder."""
    with file_errors(folder):
        return {name: parse_name(name) for name in sorted(os.listdir(folder))}


def open_record_file(folder: Path, name: str) -> int | None:
    """A descriptor to read a WARC file, sealed or still open; None when only the store has it. Raises DamageFound when it is missing."""
    entry = parse_name(name)
    if entry is None or entry.suffix or entry.temporary:
        raise DamageFound(_("{name!r} is not the name of a WARC file").format(name=name))
    for suffix in ("", ".open", ""):  # tried again: it may have been sealed in between
        try:
            return os.open(folder / (name + suffix), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise DamageFound(f"{folder / name}: {error.strerror}") from error
    if (folder / f"{name}{STORED}").exists():
        return None
    raise DamageFound(_("{folder}: the file is missing").format(folder=folder / name))


@contextmanager
def reading(folder: Path, name: str) -> Iterator[RecordFile]:
    """A WARC file for reading, sealed, open, or in the store. Raises DamageFound when it is missing; of a store also ConfigError and ServerAway."""
    fd = open_record_file(folder, name)
    if fd is None:
        from pipeline.warc.stored import stored_file  # an archive without a store never loads it

        yield stored_file(folder, name)
        return
    try:
        yield LocalFile(fd)
    finally:
        os.close(fd)


def is_sealed(folder: Path, name: str) -> bool:
    """Whether the file is sealed, here or in the store."""
    return (folder / name).exists() or (folder / f"{name}{STORED}").exists()


def stored_alone(folder: Path) -> list[str]:
    """Names of the files that only the store has."""
    names = listing(folder) if folder.is_dir() else {}
    noted = [name.removesuffix(STORED) for name, entry in names.items() if entry and entry.suffix == STORED and not entry.temporary]
    return [name for name in noted if name not in names and f"{name}.open" not in names]


def to_quarantine(folder: Path, path: Path, now: datetime, name: str = "") -> str:
    """Move a file, its name or another before the time, into the quarantine of the WARC folder; the name that it has there."""
    with file_errors(path):
        (folder / QUARANTINE).mkdir(parents=True, exist_ok=True)
        target = folder / QUARANTINE / f"{name or path.name}.{now:%Y%m%dT%H%M%S%f}"
        os.replace(path, target)
        for each in dict.fromkeys((path.parent, folder, folder / QUARANTINE)):
            sync_folder(each)
    return target.name


def try_lock(folder: Path, lane: int) -> int | None:
    """A descriptor with the lane's lock, or None when another process has it. The kernel drops the lock with its process."""
    fd = os.open(folder / f"lane-{lane}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    except OSError:
        os.close(fd)
        raise
    return fd


def lane_in_use(folder: Path, lane: int) -> bool:
    """Whether a writer has the lane now."""
    try:
        fd = os.open(folder / f"lane-{lane}.lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
