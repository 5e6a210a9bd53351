"""The change log as a reader with a cursor sees it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as time_of_day

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from notices.errors import UserError
from notices.hours import ZONE
from notices.text.display import masked
from notices.text.language import _
from pipeline.sql import tables
from pipeline.sql.changes import changes_after, check_cursor, cursor_at
from pipeline.sql.withheld import reading, withheld

_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change: `revision` is the number of the notice's newest revision then; `by` the notice that repeals it.

    Of a notice that was taken down url, title and source are empty.
    """

    seq: int
    kind: str
    notice: int
    revision: int
    url: str
    title: str
    source: str
    at: datetime
    run: int | None
    baseline: bool
    by: int | None


def cursor_of(database: Engine, since: str | None) -> int:
    """The number after which to read: of a number itself, of a date (Asia/Shanghai) or time the one before it. Raises UserError."""
    if since is None:
        return 0
    if since.lstrip("-").isdecimal() and len(since) < 19:
        return check_cursor(database, int(since))
    try:
        day = date.fromisoformat(since) if len(since) <= 10 else None
        moment = datetime.combine(day, time_of_day(), ZONE) if day else datetime.fromisoformat(since)
    except ValueError as error:
        raise UserError(
            _("--since {since!r} is neither the number of a change nor a date (2026-03-01) or time").format(since=since)
        ) from error
    return cursor_at(database, moment if moment.tzinfo else moment.replace(tzinfo=ZONE))


def changes(database: Engine, after: int = 0) -> Iterator[ChangeView]:
    """The changes after that number, in order; no transaction lasts while they are used."""
    while found := _page(database, after, 500):
        yield from found
        after = found[-1].seq


def newest_changes(database: Engine, limit: int, before: int | None = None) -> list[ChangeView]:
    """The newest changes that are no part of the baseline, the newest first; those before a number."""
    change = tables.ChangeRow
    query = select(change).where(change.baseline.is_(False)).order_by(change.seq.desc()).limit(limit)
    with reading(database) as session:
        return _views(session, session.scalars(query if before is None else query.where(change.seq < before)).all())


def follow(database: Engine, after: int, wait: Callable[[float], None] = time.sleep) -> Iterator[ChangeView]:
    """As changes, without an end: it waits for further ones."""
    while True:
        for each in changes(database, after):
            after = each.seq
            yield each
        wait(_PAUSE)


def _page(database: Engine, after: int, limit: int) -> list[ChangeView]:
    with reading(database) as session:
        return _views(session, changes_after(session, after, limit))


def _views(session: Session, rows: Sequence[tables.ChangeRow]) -> list[ChangeView]:
    notice, revision, source = tables.NoticeRow, tables.RevisionRow, tables.SourceRow
    query = (
        select(notice.id, revision.n, notice.url, revision.title, source.name)
        .join(revision, revision.notice_id == notice.id)
        .join(source, source.id == notice.source_id)
        .where(notice.id.in_({row.notice_id for row in rows}))
    )
    hidden = withheld(session)
    facts = {(i, n): (url, masked(hidden.text(i, title)), name) for i, n, url, title, name in session.execute(query)}
    return [_view(row, facts.get((row.notice_id, row.revision), ("", "", ""))) for row in rows]


def _view(row: tables.ChangeRow, facts: tuple[str, str, str]) -> ChangeView:
    return ChangeView(row.seq, row.kind, row.notice_id, row.revision, *facts, row.at, row.run_id, row.baseline, row.cause_id)
