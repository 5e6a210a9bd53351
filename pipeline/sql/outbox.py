"""The newest state of notices, as the index and readers want it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, Select, delete, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from pipeline.sql import tables
from pipeline.sql.base import table_of
from pipeline.sql.database import for_reading
from pipeline.sql.postgresql import BACKEND, among_others
from pipeline.sql.withheld import reading, withheld, withheld_count

_OUTBOX = table_of(tables.OutboxRow)


@dataclass(frozen=True, slots=True)
class Pending:
    """Notices that wait for the index, and the ids of the outbox rows that say so."""

    notice_ids: tuple[int, ...]
    rows: tuple[int, ...]


def pending(engine: Engine, limit: int = 500) -> Pending:
    """The oldest waiting notices, each once."""
    with Session(engine) as session, session.begin():
        rows = session.execute(select(tables.OutboxRow.id, tables.OutboxRow.notice_id).order_by(tables.OutboxRow.id).limit(limit)).all()
    return Pending(tuple(dict.fromkeys(r.notice_id for r in rows)), tuple(r.id for r in rows))


@contextmanager
def claimed(engine: Engine, refused: Collection[int] = frozenset(), limit: int = 500) -> Iterator[Pending]:
    """The oldest waiting notices; they wait no more when the context ends without an error: the index contains them durably then.

    Those in `refused` are left out, and wait on if they come into it meanwhile. On PostgreSQL nobody else is given the claimed ones, and a process that
    is killed gives them back.
    """
    row = tables.OutboxRow
    query = select(row.id, row.notice_id).where(row.notice_id.not_in(refused)).order_by(row.id).limit(limit)
    if engine.dialect.name != BACKEND:
        with Session(engine) as session, session.begin():
            rows = session.execute(query).all()
        yield Pending(tuple(dict.fromkeys(each.notice_id for each in rows)), tuple(each.id for each in rows))
        acknowledge(engine, [each.id for each in rows if each.notice_id not in refused])
        return
    with among_others(engine).begin() as connection:
        rows = connection.execute(query.with_for_update(skip_locked=True)).all()
        yield Pending(tuple(dict.fromkeys(each.notice_id for each in rows)), tuple(each.id for each in rows))
        done = [each.id for each in rows if each.notice_id not in refused]
        connection.execute(delete(row).where(row.id.in_(done)))


def acknowledge(engine: Engine, rows: Sequence[int]) -> None:
    """Remove these outbox rows: the index contains the notices durably."""
    with Session(engine) as session, session.begin():
        for start in range(0, len(rows), 500):
            session.execute(delete(tables.OutboxRow).where(tables.OutboxRow.id.in_(rows[start : start + 500])))


def pending_count(engine: Engine) -> int:
    """How many notices wait for the index."""
    with Session(engine) as session, session.begin():
        return session.scalar(select(func.count(_OUTBOX.c.notice_id.distinct()))) or 0


def waiting_since(engine: Engine) -> datetime | None:
    """Since when the notice that waits longest does; None when none waits."""
    with Session(engine) as session, session.begin():
        oldest: datetime | None = session.scalar(select(func.min(_OUTBOX.c.created_at)))
        return oldest


def notice_count(engine: Engine) -> int:
    """How many notices the archive contains."""
    with Session(engine) as session, session.begin():
        return session.scalar(select(func.count(tables.NoticeRow.id))) or 0


def shown_count(engine: Engine) -> int:
    """How many of them readers see: those that were not taken down. The index contains so many."""
    with Session(engine) as session, session.begin():
        return (session.scalar(select(func.count()).select_from(table_of(tables.NoticeRow))) or 0) - withheld_count(session)


def shown_ids(engine: Engine, notice_ids: Sequence[int]) -> list[int]:
    """Those of these notices of which newest_revisions gives one, in order."""
    row = tables.RevisionRow
    newest = select(row.notice_id).join(row.notice).where(row.n == tables.NoticeRow.revisions, row.notice_id.in_(notice_ids))
    with reading(engine) as session:
        return list(session.scalars(newest.order_by(row.notice_id)))


def newest_revisions(engine: Engine, notice_ids: Sequence[int]) -> list[tables.RevisionRow]:
    """The newest revision of each notice as readers see it, with notice, source, attachments and aliases loaded; none of one that was taken down."""
    query = _revisions(tables.RevisionRow.n == tables.NoticeRow.revisions, tables.NoticeRow.id.in_(notice_ids))
    with reading(engine) as session:
        return list(session.scalars(query))


def _revisions(*wanted: ColumnElement[bool]) -> Select[tables.RevisionRow]:
    row = tables.RevisionRow
    return select(row).join(row.notice).where(*wanted).order_by(row.notice_id, row.n).options(
        joinedload(row.notice).joinedload(tables.NoticeRow.source),
        selectinload(row.attachments).selectinload(tables.AttachmentRow.recognition),
        selectinload(row.aliases),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PastRevision:
    """A revision that its source shows no longer: "replaced" by the next one, or "withdrawn" with its notice, and when that was noticed."""

    revision: tables.RevisionRow
    went: str
    at: datetime


_PAST = (tables.RevisionRow.n < tables.NoticeRow.revisions) | (tables.NoticeRow.state == "withdrawn")


def past_revisions(engine: Engine, notice_ids: Sequence[int]) -> list[PastRevision]:
    """Every revision of these notices that their sources show no longer, as readers see it; none of one that was taken down."""
    row, change = tables.RevisionRow, tables.ChangeRow
    with reading(engine) as session:
        found = list(session.scalars(_revisions(_PAST, tables.NoticeRow.id.in_(notice_ids))))
        if not found:
            return []
        idents = {each.notice_id for each in found}
        since = {(i, n): at for i, n, at in session.execute(select(row.notice_id, row.n, row.created_at).where(row.notice_id.in_(idents)))}
        told = select(change.notice_id, func.max(change.at)).where(change.kind == "withdrawn", change.notice_id.in_(idents))
        withdrawn = {ident: at for ident, at in session.execute(told.group_by(change.notice_id))}
    return [
        PastRevision(each, "replaced", since.get((each.notice_id, each.n + 1), each.created_at))
        if each.n < each.notice.revisions
        else PastRevision(each, "withdrawn", withdrawn.get(each.notice_id, each.notice.last_seen_at))
        for each in found
    ]


def every_past_revision(engine: Engine, batch: int = 200) -> Iterator[PastRevision]:
    """Every revision that its source shows no longer, a batch of notices in memory at a time."""
    notice, last = tables.NoticeRow, 0
    some = (notice.revisions > 1) | (notice.state == "withdrawn")
    while True:
        with Session(for_reading(engine)) as session, session.begin():
            ids = list(session.scalars(select(notice.id).where(notice.id > last, some).order_by(notice.id).limit(batch)))
        if not ids:
            return
        yield from past_revisions(engine, ids)
        last = ids[-1]


def past_count(engine: Engine) -> int:
    """How many revisions the sources show no longer, without those of notices that were taken down."""
    with reading(engine) as session:
        return session.scalar(select(func.count(tables.RevisionRow.id)).join(tables.RevisionRow.notice).where(_PAST)) or 0


def revision_ids(engine: Engine, notice_ids: Sequence[int]) -> list[int]:
    """The row ids of all revisions of these notices."""
    with Session(for_reading(engine)) as session, session.begin():
        return list(session.scalars(select(tables.RevisionRow.id).where(tables.RevisionRow.notice_id.in_(notice_ids))))


def every_revision(engine: Engine, batch: int = 200) -> Iterator[tables.RevisionRow]:
    """The newest revision of every notice, in order of id, a batch in memory at a time."""
    last = 0
    while True:
        with Session(engine) as session, session.begin():
            ids = list(
                session.scalars(select(tables.NoticeRow.id).where(tables.NoticeRow.id > last).order_by(tables.NoticeRow.id).limit(batch))
            )
        if not ids:
            return
        yield from newest_revisions(engine, ids)
        last = ids[-1]


def alias_counts(engine: Engine) -> list[tuple[str, str, int]]:
    """(short form, long form, how many instruments define it so), from the newest revisions; copies of an instrument count once."""
    counted = func.count(func.coalesce(tables.NoticeRow.group_id, -tables.NoticeRow.id).distinct())
    query = (
        select(tables.AliasRow.short, tables.AliasRow.long, counted)
        .join(tables.RevisionRow, tables.AliasRow.revision_id == tables.RevisionRow.id)
        .join(tables.RevisionRow.notice)
        .where(tables.RevisionRow.n == tables.NoticeRow.revisions)
        .group_by(tables.AliasRow.short, tables.AliasRow.long)
    )
    with reading(engine) as session:
        hidden = withheld(session)
        return [(short, long, count) for short, long, count in session.execute(query) if not hidden.hides(short) and not hidden.hides(long)]
