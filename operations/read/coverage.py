"""How the notices of an archive spread over sources and months, and the notices of one month."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Engine, String, cast, func, select

from notices.text.display import masked
from pipeline.sql import tables
from pipeline.sql.withheld import reading, withheld

UNDATED = "undated"


@dataclass(frozen=True, slots=True)
class MonthCount:
    """How many notices of a source were published in a month (2024-03, or UNDATED)."""

    source: str
    month: str
    notices: int


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice in a list. `changed_at` is when its newest revision was archived."""

    id: int
    revision: int
    title: str
    published_date: date | None
    state: str
    changed_at: datetime


def coverage(database: Engine, sources: Collection[str] | None = None) -> tuple[MonthCount, ...]:
    """The counts of every source, or of these, and month that has notices, in order."""
    month = _month()
    query = (
        select(tables.SourceRow.name, month, func.count())
        .join(tables.NoticeRow, tables.NoticeRow.source_id == tables.SourceRow.id)
        .join(tables.RevisionRow, tables.RevisionRow.notice_id == tables.NoticeRow.id)
        .where(tables.RevisionRow.n + 0 == tables.NoticeRow.revisions)  # + 0: see health_facts
        .group_by(tables.SourceRow.name, month)
        .order_by(tables.SourceRow.name, month)
    )
    if sources is not None:
        query = query.where(tables.SourceRow.name.in_(sources))
    with reading(database) as session:
        return tuple(MonthCount(source, found or UNDATED, count) for source, found, count in session.execute(query))


def source_names(database: Engine) -> Sequence[str]:
    """The names of the sources that have notices, in order."""
    has = select(tables.NoticeRow.id).where(tables.NoticeRow.source_id == tables.SourceRow.id).exists()
    with reading(database) as session:
        return session.scalars(select(tables.SourceRow.name).where(has).order_by(tables.SourceRow.name)).all()


def notices_of(database: Engine, source: str, month: str, after: int = 0, limit: int = 500) -> Sequence[NoticeLine]:
    """The notices of a source that were published in a month, by id, those after an id."""
    chosen = tables.RevisionRow.published_date.is_(None) if month == UNDATED else _month() == month
    return _lines(database, (tables.SourceRow.name == source, chosen), after, limit)


def notices_after(database: Engine, after: int, limit: int) -> Sequence[NoticeLine]:
    """All notices by id, those after an id."""
    return _lines(database, (), after, limit)


def _lines(database: Engine, conditions: Sequence[ColumnElement[bool]], after: int, limit: int) -> Sequence[NoticeLine]:
    row, notice = tables.RevisionRow, tables.NoticeRow
    query = (
        select(notice.id, row.n, row.title, row.published_date, notice.state, row.created_at)
        .join(row, row.notice_id == notice.id)
        .join(tables.SourceRow, tables.SourceRow.id == notice.source_id)
        .where(row.n == notice.revisions, notice.id > after, *conditions)
        .order_by(notice.id)
        .limit(limit)
    )
    with reading(database) as session:
        hidden = withheld(session)
        return [NoticeLine(i, n, masked(hidden.text(i, title)), day, state, at) for i, n, title, day, state, at in session.execute(query)]


def _month() -> ColumnElement[str]:
    return func.substr(cast(tables.RevisionRow.published_date, String), 1, 7)
