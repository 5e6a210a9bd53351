"""The log of takedowns beside the database: a line for each takedown and each undoing, so that rebuilding SQL from the bytes shows nothing again.

A line: {"at", "do": "takedown" | "undo", "id", "notice", "key", "passage", "reason", "legal"}. The file is readable by its owner alone: it quotes passages.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from notices.errors import DamageFound
from notices.text.language import _
from pipeline.durable import file_errors, pwrite_all, sync_folder
from pipeline.sql import tables
from pipeline.sql.withheld import TakedownRow
from preservation.findings import Finding, RowSubject

Line = dict[str, object]


def line_of(row: TakedownRow, *, undone: bool = False) -> Line:
    """The line of a takedown, or of its undoing."""
    at, reason = (row.undone_at, row.undone_reason) if undone else (row.made_at, row.reason)
    assert at is not None
    return {
        "at": at.isoformat(), "do": "undo" if undone else "takedown", "id": row.id, "notice": row.notice_id, "key": row.key,
        "passage": row.passage, "reason": reason, "legal": row.legal,
    }  # fmt: skip


def append(path: Path, line: Line) -> None:
    """Add a line durably."""
    with file_errors(path):
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            end = os.fstat(fd).st_size
            cut = b"" if not end or os.pread(fd, 1, end - 1) == b"\n" else b"\n"  # a line that a power cut left in part
            pwrite_all(fd, cut + json.dumps(line, ensure_ascii=False).encode() + b"\n", end)
            os.fsync(fd)
        finally:
            os.close(fd)
        sync_folder(path.parent)


def logged(path: Path) -> dict[int, TakedownRow]:
    """The takedowns that the file tells of, by id, with their newest state. Raises DamageFound for a line that cannot be read."""
    found: dict[int, TakedownRow] = {}
    for number, raw in enumerate(_lines(path), 1):
        try:
            line = json.loads(raw)
            at = datetime.fromisoformat(line["at"])
            if line["do"] == "undo":
                found[line["id"]].undone_at, found[line["id"]].undone_reason = at, str(line["reason"])
            else:
                found[int(line["id"])] = TakedownRow(
                    id=int(line["id"]), notice_id=int(line["notice"]), key=str(line["key"]), passage=line["passage"], reason=str(line["reason"]),
                    legal=bool(line["legal"]), made_at=at, undone_reason="",
                )  # fmt: skip
        except (ValueError, KeyError, TypeError) as error:
            raise DamageFound(_("{path}, line {number}: it is not a line of this log").format(path=path, number=number)) from error
    return found


def _lines(path: Path) -> Iterator[bytes]:
    with file_errors(path):
        data = path.read_bytes() if path.is_file() else b""
    yield from (line for line in data.split(b"\n") if line)


def check_takedowns(database: Engine, path: Path) -> Iterator[Finding]:
    """Where the table and the file disagree."""
    try:
        told = logged(path)
    except DamageFound as error:
        yield Finding("sql", "takedowns", RowSubject("takedown", 0), str(error))
        return
    with Session(database) as session, session.begin():
        rows = {row.id: row for row in session.scalars(select(TakedownRow))}
        for ident in sorted({*rows, *told}):
            row, line = rows.get(ident), told.get(ident)
            if row is None:
                yield Finding("sql", "takedowns", RowSubject("takedown", ident), _("SQL has lost this takedown; the log has it"))
            elif line is None:
                yield Finding("sql", "takedowns", RowSubject("takedown", ident), _("the log of takedowns has lost it; SQL has it"))
            elif _facts(row) != _facts(line):
                yield Finding("sql", "takedowns", RowSubject("takedown", ident), _("SQL and the log of takedowns disagree"))


def _facts(row: TakedownRow) -> tuple[object, ...]:
    return row.key, row.passage, row.reason, bool(row.legal), row.undone_at is None


def take_over(session: Session, path: Path, only: int | None = None) -> list[int]:
    """Write rows as the log has them, those of all its takedowns or of one, for the notices that now have their keys; the notices' ids.

    A takedown that only SQL has gets its line again.
    """
    told, changed = logged(path), list[int]()
    for ident, line in told.items():
        if only in (None, ident):
            notice = session.scalar(select(tables.NoticeRow.id).where(tables.NoticeRow.key == line.key))
            line.notice_id = line.notice_id if notice is None else notice
            changed.append(session.merge(line).notice_id)
    for row in session.scalars(select(TakedownRow).where(TakedownRow.id.not_in(told))).all():
        if only in (None, row.id):
            append(path, line_of(row))
            if row.undone_at is not None:
                append(path, line_of(row, undone=True))
    return changed
