"""The runs of an archive, and what one of them brought, could not read or no longer found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Engine, func, select
from sqlalchemy.orm import Session

from notices.config import Config
from notices.errors import UnknownName
from notices.text.display import masked
from notices.text.language import _
from operations.read.json_values import json_object, json_value
from operations.schedule.logs import log_of_crawl
from pipeline.observe.presence import ON_LIST_AGAIN, SEEN
from pipeline.observe.yields import ColumnRecord, columns_of, counts_alone
from pipeline.sql import tables
from pipeline.sql.database import for_reading
from pipeline.sql.runs import CRASHED, NOT_REPORTED, ended_runs

Item = TypeVar("Item")
_UNREAD = ("failed", "blocked", "refused", "gone")


@dataclass(frozen=True, slots=True)
class RunView:
    """A run: kind is crawl, import or reparse; `source` is None for one that has no single source."""

    id: int
    kind: str
    source: str | None
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    reason: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """A revision that a run brought; revision 1 is a new notice."""

    notice: int
    revision: int
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Absence:
    """An archived notice that a run did not find, and the evidence."""

    notice: int
    url: str
    evidence: str
    detail: str


@dataclass(frozen=True, slots=True)
class UnreadEntry:
    """A list entry that is not archived, as it is now: failed, blocked, refused or gone, and why."""

    state: str
    title: str
    url: str
    reason: str
    tries: int


@dataclass(frozen=True, slots=True)
class Section(Generic[Item]):
    """The first items, and how many there are in all."""

    total: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class RunDetail:
    """A run with its addresses. `unread` are the entries that no later run has listed; `log` is the file that the clock had it write.

    `columns`: what the lists of each column gave.
    """

    run: RunView
    stored: Section[StoredNotice]
    absent: Section[Absence]
    unread: Section[UnreadEntry]
    log: str | None = None
    columns: tuple[ColumnRecord, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The run's keys, then a list for each section."""
        sections = {"stored": self.stored.items, "absent": self.absent.items, "unread": self.unread.items}
        columns = [msgspec.to_builtins(column) for column in self.columns]
        return {
            **json_object(self.run),
            "log": self.log,
            "columns": columns,
            **{name: json_value(items) for name, items in sections.items()},
        }


def runs(database: Engine, locks: Path, *, source: str | None = None, limit: int = 20) -> list[RunView]:
    """The newest runs, of one source or of all. Raises UnknownName for a source that the archive does not know."""
    ended = ended_runs(for_reading(database), locks)
    with Session(for_reading(database)) as session, session.begin():
        query = select(tables.RunRow, tables.SourceRow.name).outerjoin(tables.SourceRow, tables.RunRow.source_id == tables.SourceRow.id)
        if source is not None:
            if session.scalar(select(tables.SourceRow.id).where(tables.SourceRow.name == source)) is None:
                raise UnknownName(_("the archive has no run of a source {source!r}").format(source=source))
            query = query.where(tables.SourceRow.name == source)
        return [_view(row, name, ended) for row, name in session.execute(query.order_by(tables.RunRow.id.desc()).limit(limit))]


def run_detail(database: Engine, config: Config, run_id: int, *, limit: int = 50) -> RunDetail:
    """One run with at most `limit` items in each section. Raises UnknownName."""
    ended = ended_runs(for_reading(database), config.locks_dir)
    with Session(for_reading(database)) as session, session.begin():
        run = session.get(tables.RunRow, run_id)
        if run is None:
            raise UnknownName(_("the archive has no run {run_id}; notices runs lists them").format(run_id=run_id))
        name = session.scalar(select(tables.SourceRow.name).where(tables.SourceRow.id == run.source_id))
        sections = _stored(session, run, limit), _absent(session, run, limit), _unread(session, run, limit)
        file = log_of_crawl(session, config, name, run.started_at) if name else None
        return RunDetail(_view(run, name, ended), *sections, str(file) if file else None, columns_of(run.counts))


def _view(run: tables.RunRow, source: str | None, ended: frozenset[int]) -> RunView:
    outcome, reason = (CRASHED, NOT_REPORTED) if run.id in ended else (run.outcome, run.reason)
    return RunView(run.id, run.kind, source, run.started_at, run.finished_at, outcome, reason, counts_alone(run.counts))


def _stored(session: Session, run: tables.RunRow, limit: int) -> Section[StoredNotice]:
    query = (
        select(tables.RevisionRow.notice_id, tables.RevisionRow.n, tables.RevisionRow.title, tables.NoticeRow.url)
        .join(tables.RevisionRow.notice)
        .join(tables.SnapshotRow, tables.RevisionRow.snapshot_id == tables.SnapshotRow.id)
        .where(tables.SnapshotRow.run_id == run.id)
    )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.execute(query.order_by(tables.RevisionRow.id).limit(limit))
    return Section(total, tuple(StoredNotice(notice, n, masked(title), url) for notice, n, title, url in rows))


def _absent(session: Session, run: tables.RunRow, limit: int) -> Section[Absence]:
    seen = tables.ObservationRow
    absent = seen.run_id == run.id, seen.evidence.not_in((SEEN, ON_LIST_AGAIN))
    total = session.scalar(select(func.count()).select_from(seen).where(*absent)) or 0
    query = select(seen.notice_id, tables.NoticeRow.url, seen.evidence, seen.detail).join(
        tables.NoticeRow, seen.notice_id == tables.NoticeRow.id
    )
    return Section(total, tuple(Absence(*row) for row in session.execute(query.where(*absent).order_by(seen.id).limit(limit))))


def _unread(session: Session, run: tables.RunRow, limit: int) -> Section[UnreadEntry]:
    listing = tables.ListingRow
    unread = listing.source_id == run.source_id, listing.state.in_(_UNREAD), *_listed_last_by(session, run)
    total = session.scalar(select(func.count()).select_from(listing).where(*unread)) or 0
    rows: Sequence[tables.ListingRow] = session.scalars(
        select(listing).where(*unread).order_by(listing.state, listing.id).limit(limit)
    ).all()
    return Section(total, tuple(UnreadEntry(row.state, masked(row.title), row.url, row.reason, row.tries) for row in rows))


def _listed_last_by(session: Session, run: tables.RunRow) -> tuple[ColumnElement[bool], ...]:
    later = tables.RunRow.source_id == run.source_id, tables.RunRow.kind == run.kind, tables.RunRow.id > run.id
    following = session.scalar(select(func.min(tables.RunRow.started_at)).where(*later))
    since = tables.ListingRow.last_listed_at >= run.started_at
    return (since,) if following is None else (since, tables.ListingRow.last_listed_at < following)
