"""The newest state of notices, as the index and readers want it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from pipeline.sql import tables
from pipeline.sql.postgresql import BACKEND, among_others
from pipeline.sql.withheld import reading, withheld, withheld_count


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
        return session.scalar(select(func.count(tables.OutboxRow.notice_id.distinct()))) or 0


def notice_count(engine: Engine) -> int:
    """How many notices the archive contains."""
    with Session(engine) as session, session.begin():
        return session.scalar(select(func.count(tables.NoticeRow.id))) or 0


def shown_count(engine: Engine) -> int:
    """How many of them readers see: those that were not taken down. The index contains so many."""
    with Session(engine) as session, session.begin():
        return (session.scalar(select(func.count(tables.NoticeRow.id))) or 0) - withheld_count(session)


def newest_revisions(engine: Engine, notice_ids: Sequence[int]) -> list[tables.RevisionRow]:
    """The newest revision of each notice as readers see it, with notice, source, attachments and aliases loaded; none of one that was taken down."""
    query = (
        select(tables.RevisionRow)
        .join(tables.RevisionRow.notice)
        .where(tables.RevisionRow.n == tables.NoticeRow.revisions, tables.NoticeRow.id.in_(notice_ids))
        .options(
            joinedload(tables.RevisionRow.notice).joinedload(tables.NoticeRow.source),
            selectinload(tables.RevisionRow.attachments).selectinload(tables.AttachmentRow.recognition),
            selectinload(tables.RevisionRow.aliases),
        )
        .order_by(tables.NoticeRow.id)
    )
    with reading(engine) as session:
        return list(session.scalars(query))


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
