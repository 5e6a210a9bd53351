"""A consistent copy of the WARC series while writers are at work: for backups."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from notices.errors import DamageFound
from notices.text.language import _
from pipeline.durable import file_errors, pwrite_all, sync_folder, write_durably
from pipeline.warc.files import STORED, is_sealed, listing, reading
from pipeline.warc.manifest import Tail, read_tail, render_tail

_CHUNK = 1 << 20
_TRIES = 1000

Progress = Callable[[int], None]


def copy_series(folder: Path, target: Path, progress: Progress = lambda _: None, *, leave_stored: bool = False) -> int:
    """Copy the series into the new folder `target` and return its bytes: sealed files whole, open files as far as their tails go.

    Everything that was acknowledged before the call is in the copy, and the copy verifies. Files that only a store has are read from there;
    with `leave_stored` those that a store has at all stay there, and the copy has their notes. Raises DamageFound, DiskFull, ArchiveUnwritable;
    of a store ConfigError, ServerAway.
    """
    with file_errors(target):
        target.mkdir(parents=True)
        copied: dict[str, int] = {}
        sealed: set[str] = set()
        # A file that is sealed meanwhile is copied again as sealed: the file after it names its manifest.
        while wanted := _files(folder).items() - {(name, name in sealed) for name in copied}:
            for name, _length in sorted(wanted):
                copied[name], done = _copy_file(folder, target, name, _Manner(progress, leave_stored))
                sealed |= {name} if done else set()
        sync_folder(target)
    return sum(copied.values())


def _files(folder: Path) -> dict[str, bool]:
    """Every WARC file by its final name, and whether it is sealed."""
    entries = {name: entry for name, entry in listing(folder).items() if entry and not entry.temporary}
    opened = {name.removesuffix(".open"): False for name, entry in entries.items() if entry.suffix == ".open"}
    return opened | {name.removesuffix(STORED): True for name, entry in entries.items() if entry.suffix in ("", STORED)}


class _Manner(NamedTuple):
    """How files are copied."""

    progress: Progress
    leave_stored: bool


def _copy_file(folder: Path, target: Path, name: str, manner: _Manner) -> tuple[int, bool]:
    """Copy one file in the state it has now; return its bytes and whether it was sealed."""
    tail = None if is_sealed(folder, name) else _tail(folder, name)
    if tail is not None:
        _copy_bytes(folder, name, target / f"{name}.open", tail.length, manner.progress)
        write_durably(target / f"{name}.tail", render_tail(tail))
        return tail.length, False
    for suffix in (".open", ".tail"):  # from the time when it was open
        (target / (name + suffix)).unlink(missing_ok=True)
    size = 0
    if manner.leave_stored and (note := folder / f"{name}{STORED}").exists():
        write_durably(target / note.name, note.read_bytes())
    else:
        with reading(folder, name) as file:
            size = file.size
        _copy_bytes(folder, name, target / name, size, manner.progress)
    if (folder / f"{name}.json").exists():  # verification of the copy names it where it is missing
        write_durably(target / f"{name}.json", (folder / f"{name}.json").read_bytes())
    return size, True


def _tail(folder: Path, name: str) -> Tail | None:
    """The open file's tail, or None once the file is sealed; read again when it was just being rewritten."""
    for _attempt in range(_TRIES):
        if (tail := read_tail(folder / f"{name}.tail")) is not None:
            return tail
        if is_sealed(folder, name):
            return None
    raise DamageFound(_("{folder}.tail: not a tail").format(folder=folder / name))


def _copy_bytes(folder: Path, name: str, target: Path, length: int, progress: Progress) -> None:
    out = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        with reading(folder, name) as file:
            for start in range(0, length, _CHUNK):
                chunk = file.at(start, min(_CHUNK, length - start))
                if not chunk:
                    raise DamageFound(
                        _("{folder}: shorter than the {length} bytes that it should have").format(folder=folder / name, length=length)
                    )
                pwrite_all(out, chunk, start)
                progress(len(chunk))
        os.fsync(out)
    finally:
        os.close(out)
