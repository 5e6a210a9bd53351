"""The other archive's log as this one contains it: entries with their bytes are rows of snapshots, the others are lines of a file.

A line of following/withheld.jsonl: {"snapshot", "leaf", "why"} for an entry whose bytes are not handed out; {"upto"} once all entries up to a snapshot
were taken. An entry that is handed out later becomes a row; its line stays and counts no more.
"""

from __future__ import annotations

import heapq
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from notices.errors import DamageFound
from notices.text.language import _
from pipeline.durable import file_errors, pwrite_all, sync_folder, write_durably
from pipeline.sql import tables
from pipeline.sql.database import for_reading
from preservation.proofs.checkpoints import leaves_of

FILE, _AGAIN = "withheld.jsonl", "rows-again"


@dataclass(frozen=True, slots=True)
class Withheld:
    """An entry without its bytes: its hash, and why: taken_down, personal or unreadable."""

    snapshot: int
    leaf: bytes
    why: str


@dataclass(frozen=True, slots=True)
class WithheldLog:
    """The lines of the file: the newest of each snapshot, and up to which snapshot all entries were taken."""

    entries: Mapping[int, Withheld] = field(default_factory=dict)
    upto: int = 0


def read_withheld(folder: Path) -> WithheldLog:
    """What the file says; nothing without one. Raises DamageFound for a line that cannot be read: not for the last, which a power cut may have left in part."""
    path, found, upto = folder / FILE, dict[int, Withheld](), 0
    with file_errors(path):
        lines = path.read_bytes().split(b"\n") if path.is_file() else []
    for number, raw in enumerate(lines, 1):
        try:
            if raw:
                line = json.loads(raw)
                if "upto" in line:
                    upto = int(line["upto"])
                else:
                    found[int(line["snapshot"])] = Withheld(int(line["snapshot"]), bytes.fromhex(line["leaf"]), str(line["why"]))
        except (ValueError, KeyError, TypeError) as error:
            if number == len(lines):
                break
            raise DamageFound(_("{path}, line {number}: it is not a line of this log").format(path=path, number=number)) from error
    return WithheldLog(found, upto)


def add_withheld(folder: Path, entries: Sequence[Withheld], upto: int | None = None) -> None:
    """Add lines durably; `upto`: the entries up to this snapshot are taken."""
    lines: list[dict[str, object]] = [{"snapshot": each.snapshot, "leaf": each.leaf.hex(), "why": each.why} for each in entries]
    lines += [{"upto": upto}] if upto is not None else []
    data, path = b"".join(json.dumps(each).encode() + b"\n" for each in lines), folder / FILE
    with file_errors(path):
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            end = _end_of_lines(fd)
            os.ftruncate(fd, end)  # a line that a power cut left in part
            pwrite_all(fd, data, end)
            os.fsync(fd)
        finally:
            os.close(fd)
        sync_folder(folder)


def _end_of_lines(fd: int) -> int:
    end = os.fstat(fd).st_size
    start = max(0, end - 4096)
    tail = os.pread(fd, end - start, start)
    return start + tail.rfind(b"\n") + 1 if b"\n" in tail else 0 if start == 0 else end


def mark_rows(folder: Path) -> None:
    """Note that rows were read from entries whose bytes come only now: they are to be taken once more, whatever ends this run."""
    if not (folder / _AGAIN).exists():
        with file_errors(folder / _AGAIN):
            write_durably(folder / _AGAIN, b"rows are taken once more\n")


def are_rows_marked(folder: Path) -> bool:
    """Whether rows are to be taken once more."""
    return (folder / _AGAIN).exists()


def unmark_rows(folder: Path) -> None:
    """Note that they were."""
    (folder / _AGAIN).unlink(missing_ok=True)


def kept_leaves(database: Engine, withheld: WithheldLog) -> Iterator[tuple[int, bytes]]:
    """Snapshot and hash of every entry that was taken, in the order of the log; rows of a run that was killed before it noted them are left out.

    Raises DamageFound for a row whose hash is not that of its line.
    """
    lines = ((ident, withheld.entries[ident].leaf) for ident in sorted(withheld.entries) if ident <= withheld.upto)
    before: tuple[int, bytes] | None = None
    for each in heapq.merge(leaves_of(for_reading(database), withheld.upto), lines):
        if before is not None and before[0] == each[0]:
            if before[1] != each[1]:
                raise DamageFound(_("snapshot {ident} is not the entry that was noted for it").format(ident=each[0]))
            continue
        before = each
        yield each


def not_handed_out(database: Engine, withheld: WithheldLog) -> list[Withheld]:
    """The entries without bytes, in order."""
    ids, present, row = sorted(withheld.entries), set[int](), tables.SnapshotRow
    with Session(for_reading(database)) as session, session.begin():
        for start in range(0, len(ids), 400):
            present |= set(session.scalars(select(row.id).where(row.id.in_(ids[start : start + 400]))))
    return [withheld.entries[ident] for ident in ids if ident not in present]
