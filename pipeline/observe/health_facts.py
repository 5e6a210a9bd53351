"""The facts about a source's health (pipeline.observe.health.Facts) in the database, read in a few queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Text, case, cast, func, select
from sqlalchemy.orm import Session

from notices.hours import ZONE
from notices.model import has_little_text
from pipeline.observe.health import RECENT, ColumnFact, Facts, Filled, RunFact, Tried
from pipeline.observe.yields import ColumnRecord, columns_of, counts_alone
from pipeline.sql import tables

_RUNS = 10
_TRIED = ("stored", "failed", "blocked", "gone")
_PROVENANCE = {"date": "published_date"}


def facts(session: Session, source: tables.SourceRow) -> Facts:
    """The facts about one source."""
    mine = tables.NoticeRow.source_id == source.id
    published = _by_date(session, source.id)
    runs = _runs(session, source.id)
    return Facts(
        notices=session.scalar(select(func.count()).where(mine)) or 0,
        published={day: n for day, n in published.items() if day is not None},
        undated=published.get(None, 0),
        seen=_by_first_sight(session, source.id) if published.get(None) else {},
        newest_seen_at=session.scalar(select(func.max(tables.NoticeRow.first_seen_at)).where(mine)),
        first_run_at=session.scalar(select(func.min(tables.RunRow.started_at)).where(*_crawls(source.id))),
        runs=runs,
        columns=_columns(session, source.id),
        tried=_tried(session, source.id),
        filled=_filled(session, source.id),
        paused_until=source.paused_until,
        yields=_yields(session, source.id),
        little_text=_little_text(session, source.id),
        last_success=session.scalar(
            select(func.max(tables.RunRow.finished_at)).where(*_crawls(source.id), tables.RunRow.outcome == "done")
        ),
    )


def _by_date(session: Session, source_id: int) -> Mapping[date | None, int]:
    """How many of the newest revisions are of each day: read from two indexes, never from the rows, which are as large as their texts.

    The 0 that is added keeps SQLite from the unique index of notice and number, from which it would go on to each row (0.42 s at 100,000 notices, 0.06 so).
    """
    day = tables.RevisionRow.published_date
    newest = tables.RevisionRow.n + 0 == tables.NoticeRow.revisions, tables.NoticeRow.source_id == source_id
    query = select(day, func.count()).join(tables.RevisionRow.notice).where(*newest).group_by(day)
    return {row[0]: row[1] for row in session.execute(query)}


def _by_first_sight(session: Session, source_id: int) -> Mapping[date, int]:
    """How many notices were first seen on each day in China. Counted by hours in SQL: rows for each notice would take longer than all the rest."""
    seen = tables.NoticeRow.first_seen_at
    hour = func.substr(cast(seen, Text), 1, 13)
    days: dict[date, int] = {}
    for first, count in session.execute(select(func.min(seen), func.count()).where(tables.NoticeRow.source_id == source_id).group_by(hour)):
        day = first.astimezone(ZONE).date()
        days[day] = days.get(day, 0) + count
    return days


def _crawls(source_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return tables.RunRow.source_id == source_id, tables.RunRow.kind == "crawl"


def _newest_runs(session: Session, source_id: int) -> Sequence[tables.RunRow]:
    return session.scalars(select(tables.RunRow).where(*_crawls(source_id)).order_by(tables.RunRow.id.desc()).limit(_RUNS)).all()


def _runs(session: Session, source_id: int) -> Sequence[RunFact]:
    """The newest runs. The entries of the last finished one are counted in the listing; it keeps no trace of earlier runs."""
    found = _newest_runs(session, source_id)
    last = next((r.id for r in found if r.finished_at), None)
    return [_run_fact(session, r, seen=r.id == last) for r in found]


def _run_fact(session: Session, run: tables.RunRow, *, seen: bool) -> RunFact:
    listed = counts_alone(run.counts).get("entries", 0)
    if seen:  # a run with --since leaves old entries unmarked: then its own count is the larger one
        query = select(func.count()).where(tables.ListingRow.source_id == run.source_id, tables.ListingRow.last_listed_at >= run.started_at)
        listed = max(listed, session.scalar(query) or 0)
    return RunFact(run.started_at, run.finished_at, run.outcome, run.reason, listed)


def _columns(session: Session, source_id: int) -> Sequence[ColumnFact]:
    """Every column as the last finished one of the newest runs left it."""
    run = next((r for r in _newest_runs(session, source_id) if r.finished_at), None)
    if run is None:
        return ()
    row = tables.ListingRow
    shown = func.max(case((row.last_listed_at >= run.started_at, row.listed_date)))
    query = select(row.column_url, shown, func.max(row.last_listed_at)).where(row.source_id == source_id).group_by(row.column_url)
    return [
        ColumnFact(url, newest, *_newer_gone(session, run, url, newest), last) if newest else ColumnFact(url, None, 0, None, last)
        for url, newest, last in session.execute(query)
    ]


def _yields(session: Session, source_id: int) -> tuple[ColumnRecord, ...]:
    """What the lists gave in the last finished one of the newest runs."""
    return next((columns_of(run.counts) for run in _newest_runs(session, source_id) if run.finished_at), ())


def _newer_gone(session: Session, run: tables.RunRow, column_url: str, newest: date) -> tuple[int, date | None]:
    """How many entries newer than the newest shown the column no longer shows, and the newest of them."""
    row = tables.ListingRow
    gone = row.source_id == run.source_id, row.column_url == column_url, row.last_listed_at < run.started_at
    newer = row.listed_date > newest, row.listed_date <= run.started_at.astimezone(ZONE).date()
    count, latest = session.execute(select(func.count(), func.max(row.listed_date)).where(*gone, *newer)).one()
    return count, latest


def _tried(session: Session, source_id: int) -> Sequence[Tried]:
    row = tables.ListingRow
    mine = row.source_id == source_id, row.state.in_(_TRIED)
    query = select(row.state, row.reason, row.tries).where(*mine).order_by(row.first_listed_at.desc(), row.id.desc()).limit(RECENT)
    return [Tried(*found) for found in session.execute(query)]


def _filled(session: Session, source_id: int) -> Sequence[Filled]:
    """Which fields the pages of the newest notices gave; a notice that is itself a file has no page and is left out."""
    revision, notice = tables.RevisionRow, tables.NoticeRow
    itself = (
        select(tables.AttachmentRow.id)
        .where(tables.AttachmentRow.revision_id == revision.id, tables.AttachmentRow.url == notice.url)
        .exists()
    )
    columns = revision.title != "", revision.published_date.is_not(None), revision.issuer.is_not(None), revision.text != ""
    query = (
        select(*columns, revision.provenance)
        .join(revision.notice)
        .where(revision.n == notice.revisions, notice.source_id == source_id, ~itself)
        .order_by(notice.first_seen_at.desc(), notice.id.desc())
        .limit(2 * RECENT)
    )
    return [_fields(tuple(row[:4]), row[4]) for row in session.execute(query)]


def _little_text(session: Session, source_id: int) -> int:
    """Of the newest notices, how many have little of their page's block as text."""
    revision, notice = tables.RevisionRow, tables.NoticeRow
    query = select(revision.provenance).join(revision.notice).where(revision.n == notice.revisions, notice.source_id == source_id)
    newest = session.scalars(query.order_by(notice.first_seen_at.desc(), notice.id.desc()).limit(RECENT))
    return sum(map(has_little_text, newest))


def _fields(values: Sequence[bool], provenance: Mapping[str, str]) -> Filled:
    """Title and date count when the page itself gives them: the list's value would hide that the page is no longer understood."""
    has = dict(zip(("title", "date", "issuer", "text"), map(bool, values), strict=True))
    return {name: there and provenance.get(_PROVENANCE.get(name, name)) != "list" for name, there in has.items()}
