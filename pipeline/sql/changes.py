"""The change log: what happened to notices, in order, written in the transaction of what it tells; readers keep a cursor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice

from sqlalchemy import Engine, Row, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, load_only

from notices.errors import StaleCursor
from notices.hours import ZONE
from notices.text.language import _
from pipeline.sql import tables
from pipeline.sql.database import for_reading

KINDS = ("new", "edited", "missing", "withdrawn", "back", "corrected", "repealed", "taken_down", "restored")
_SETTLING = timedelta(days=30)
"""A column whose lists are never walked to their end counts as a backlog for so long; its later entries are news."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """In which run a change was noticed, and whether it belongs to the baseline: recorded, never told one by one."""

    run_id: int | None = None
    baseline: bool = True


def note_change(session: Session, kind: str, notice: tables.NoticeRow, at: datetime, occasion: Occasion) -> tables.ChangeRow:
    """Add a row to the log, in the caller's transaction.

    Numbers have no gaps and are in order of commit: there is one writer, on PostgreSQL the one that has the lock until its commit.
    """
    last = session.scalar(select(func.max(tables.ChangeRow.seq))) or 0
    row = tables.ChangeRow(
        seq=last + 1, notice_id=notice.id, revision=notice.revisions, kind=kind, at=at, run_id=occasion.run_id, baseline=occasion.baseline
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def note_repeals(session: Session, by: tables.NoticeRow, targets: Iterable[int], at: datetime, occasion: Occasion) -> None:
    """Note once for each of these notices that another one repeals it."""
    for ident in targets:
        target = session.get(tables.NoticeRow, ident)
        change = tables.ChangeRow
        known = select(change.seq).where(change.kind == "repealed", change.notice_id == ident, change.cause_id == by.id)
        if target is not None and ident != by.id and session.scalar(known.limit(1)) is None:
            note_change(session, "repealed", target, at, occasion).cause_id = by.id
            session.add(tables.OutboxRow(notice_id=ident, created_at=at))  # its validity is another one now


def crawl_occasions(session: Session, run_id: int, days: Mapping[str, date | None], *, backfill: bool) -> dict[str, Occasion]:
    """Whether what a crawl stores at each of these keys is news, or part of what was there before the column was first walked to its end.

    `days` are when the notices were published. What a source publishes after its column was first walked is news, however it was found.
    """
    rows = {row.key: row for row in session.connection().execute(_listed_with_walk(), {"run": run_id, "those": list(days)})}
    return {key: _occasion(rows.get(key), run_id, day, backfill=backfill) for key, day in days.items()}


def _occasion(
    row: Row[str, bool, datetime, date | None, datetime | None, datetime | None] | None, run_id: int, day: date | None, *, backfill: bool
) -> Occasion:
    if row is None:
        return Occasion(run_id, baseline=backfill)
    if row.read_again:
        return Occasion(run_id, baseline=False)
    began = row.began_at or row.first_listed_at
    day = day or row.listed_date
    if day is not None and day > began.astimezone(ZONE).date():
        return Occasion(run_id, baseline=False)
    return Occasion(run_id, baseline=backfill or row.first_listed_at <= (row.completed_at or began + _SETTLING))


@cache
def _listed_with_walk() -> Select[str, bool, datetime, date | None, datetime | None, datetime | None]:
    """What crawl_occasions asks: the list entries with these keys in the run's source, and the walks of their columns."""
    entry, walk, run = tables.ListingRow, tables.ColumnWalkRow, tables.RunRow
    again = entry.read_at.is_not(None).label("read_again")
    columns = entry.key, again, entry.first_listed_at, entry.listed_date, walk.began_at, walk.completed_at
    return (
        select(*columns).join(run, run.source_id == entry.source_id)
        .outerjoin(walk, and_(walk.source_id == entry.source_id, walk.column_url == entry.column_url))
        .where(run.id == bindparam("run"), entry.key.in_(bindparam("those", expanding=True)))
    )  # fmt: skip


def note_walk(session: Session, source_id: int, column_url: str, now: datetime, *, complete: bool) -> None:
    """Note that a walk of a column's lists began or reached its end, and when it did so first."""
    row = session.get(tables.ColumnWalkRow, (source_id, column_url))
    if row is None:
        row = tables.ColumnWalkRow(source_id=source_id, column_url=column_url, began_at=now)
        session.add(row)
    row.complete, row.walked_at = complete, now
    if complete and row.completed_at is None:
        row.completed_at = now


def newest_change(engine: Engine) -> int:
    """The number of the newest change, 0 without one."""
    with Session(for_reading(engine)) as session, session.begin():
        return session.scalar(select(func.max(tables.ChangeRow.seq))) or 0


def changes_after(session: Session, seq: int, limit: int = 500) -> Sequence[tables.ChangeRow]:
    """The next changes, in order."""
    return session.scalars(select(tables.ChangeRow).where(tables.ChangeRow.seq > seq).order_by(tables.ChangeRow.seq).limit(limit)).all()


def cursor_at(engine: Engine, at: datetime) -> int:
    """The number before the first change that was noted at this time or later."""
    with Session(for_reading(engine)) as session, session.begin():
        first = session.scalar(select(func.min(tables.ChangeRow.seq)).where(tables.ChangeRow.at >= at))
        return first - 1 if first else session.scalar(select(func.max(tables.ChangeRow.seq))) or 0


def check_cursor(engine: Engine, seq: int) -> int:
    """The cursor, if the log has come so far. Raises StaleCursor: after SQL was rebuilt from the bytes the log is numbered from 1 again."""
    newest = newest_change(engine)
    if seq < 0 or seq > newest:
        raise StaleCursor(
            _("--since {seq}: the newest change is {newest} (a log that was rebuilt with SQL is numbered from 1 again)").format(
                seq=seq, newest=newest
            )
        )
    return seq


def unlogged_revisions(session: Session) -> list[tables.RevisionRow]:
    """Revisions that no change tells of."""
    change, revision = tables.ChangeRow, tables.RevisionRow
    told = select(change.seq).where(
        change.notice_id == revision.notice_id, change.revision == revision.n, or_(change.kind == "new", change.kind == "edited")
    )
    return list(
        session.scalars(select(revision).where(~told.exists()).order_by(revision.id).options(load_only(revision.notice_id, revision.n)))
    )


def lost_numbers(session: Session, most: int = 1000) -> list[int]:
    """Numbers that the log should have and has not, at most so many."""
    count, newest = session.execute(select(func.count(), func.max(tables.ChangeRow.seq)).select_from(tables.ChangeRow)).one()
    if count == (newest or 0):
        return []
    present = set(session.scalars(select(tables.ChangeRow.seq)))
    return list(islice((seq for seq in range(1, newest) if seq not in present), most))
