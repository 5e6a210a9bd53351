"""What the other archive took down is taken down here too, at once: bytes and rows that were taken before stay, and nobody is shown them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from notices.config import Config
from notices.errors import DamageFound, TakenDown, UnknownName
from notices.text.language import _
from operations.follow.client import Leader
from operations.follow.shapes import NoticeRows, Takedown, Takedowns
from operations.preserve.taking_down import end, put_in_force
from pipeline.durable import file_errors, write_durably
from pipeline.sql import tables
from pipeline.sql.locks import hold
from pipeline.sql.withheld import TakedownRow

FILE = "takedowns.json"
_STARS = re.compile(r"█(?:\s*█)*")
_MOST = 200  # passages of one takedown

Mirrored = dict[str, list[int]]  # the other's number of a takedown, and those that it has here


def mirror_takedowns(config: Config, database: Engine, leader: Leader) -> int:
    """Bring this archive's takedowns up to date with the other's; how many were put in force or undone."""
    told = leader.json("takedowns", Takedowns).takedowns
    with hold(config.locks_dir, "takedown", wait=60.0):
        known, changed = _read(config), 0
        for each in told:
            if str(each.id) not in known and (made := _put(config, database, leader, each)) is not None:
                known[str(each.id)] = made
                changed += 1
                _write(config, known)
        for ident in sorted(known.keys() - {str(each.id) for each in told}):
            _end(config, database, known.pop(ident))
            changed += 1
            _write(config, known)
    return changed


def _put(config: Config, database: Engine, leader: Leader, told: Takedown) -> list[int] | None:
    """Put it in force; the numbers of its rows here, None where the notice is not here yet: then nothing of it is shown."""
    with Session(database) as session, session.begin():
        key = session.scalar(select(tables.NoticeRow.key).where(tables.NoticeRow.id == told.notice))
    if key is None:
        return None
    passages: Sequence[str | None] = [None]
    if not told.whole:
        try:
            passages = _passages(database, told.notice, leader.json(f"notices/{told.notice}", NoticeRows))
        except (UnknownName, TakenDown):
            return None  # it was taken down as a whole meanwhile
    with Session(database) as session, session.begin():
        rows = [_row(session, config, told, key, passage) for passage in passages]
        session.add(tables.OutboxRow(notice_id=told.notice, created_at=datetime.now(UTC)))
        return [row.id for row in rows]


def _row(session: Session, config: Config, told: Takedown, key: str, passage: str | None) -> TakedownRow:
    row = TakedownRow
    same = row.notice_id == told.notice, row.made_at == told.made_at, row.passage.is_not_distinct_from(passage), row.undone_at.is_(None)
    found = session.scalar(select(row).where(*same).limit(1))  # of a run that was killed before it noted it
    if found is None:
        found = row(
            notice_id=told.notice, key=key, passage=passage, reason=told.reason, legal=told.legal, made_at=told.made_at, undone_reason=""
        )  # fmt: skip
        put_in_force(config, session, found)
    return found


def _passages(database: Engine, notice: int, shown: NoticeRows) -> Sequence[str | None]:
    """The passages that the other stars out, read off the texts that this archive has in full. Raises DamageFound where they are other texts."""
    found = set[str]()
    with Session(database) as session, session.begin():
        mine = {row.n: row for row in session.scalars(select(tables.RevisionRow).where(tables.RevisionRow.notice_id == notice))}
        for parts in shown.rows:
            row = mine.get(int(str(parts.revision.get("n", 0))))
            if row is None:
                continue
            pairs = [(row.title, parts.revision.get("title")), (row.text, parts.revision.get("text"))]
            pairs += [(mine.text, each.get("text")) for mine, each in zip(row.attachments, parts.attachments, strict=False)]
            for text, starred in pairs:
                if not isinstance(starred, str) or (starred != text and len(starred) != len(text)):
                    told = _("notice {id}: the other archive shows another text than it gave")
                    raise DamageFound(told.format(id=notice))
                found |= {text[m.start() : m.end()] for m in _STARS.finditer(starred) if "█" not in text[m.start() : m.end()]}
    if len(found) > _MOST:
        return [None]
    return sorted(found)


def _end(config: Config, database: Engine, rows: Sequence[int]) -> None:
    with Session(database) as session, session.begin():
        for ident in rows:
            row = session.get(TakedownRow, ident)
            if row is not None and row.undone_at is None:
                row.undone_at = datetime.now(UTC)
                end(config, session, row)
                if session.get(tables.NoticeRow, row.notice_id) is not None:
                    session.add(tables.OutboxRow(notice_id=row.notice_id, created_at=row.undone_at))


def _read(config: Config) -> Mirrored:
    path = config.state_paths().following / FILE
    with file_errors(path):
        try:
            return {str(ident): [int(each) for each in rows] for ident, rows in json.loads(path.read_bytes()).items()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, AttributeError) as error:
            raise DamageFound(_("{path}: it is not the list of the other's takedowns: {error}").format(path=path, error=error)) from error


def _write(config: Config, known: Mirrored) -> None:
    path = config.state_paths().following / FILE
    with file_errors(path):
        write_durably(path, json.dumps(known).encode() + b"\n")
