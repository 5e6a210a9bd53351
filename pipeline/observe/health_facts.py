"""The facts about a source's health (pipeline.observe.health.Facts) in the database, read in a few queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import CTE, ColumnElement, Row, Text, cast, func, select
from sqlalchemy.orm import Session

from notices.hours import ZONE
from notices.model import has_little_text
from pipeline.observe.health import RECENT, ColumnFact, Facts, Filled, RunFact, Tried
from pipeline.observe.yields import columns_of, counts_alone
from pipeline.sql import tables
from pipeline.sql.base import table_of

_NOTICE, _REVISION, _ATTACHMENT = table_of(tables.NoticeRow), table_of(tables.RevisionRow), table_of(tables.AttachmentRow)
_RUN, _LISTING = table_of(tables.RunRow), table_of(tables.ListingRow)
_Run = Row[*tuple[object, ...]]  # of the table of runs
_RUNS = 10
_TRIED = ("stored", "failed", "blocked", "gone")
_PROVENANCE = {"date": "published_date"}


def facts(session: Session, source: Row[*tuple[object, ...]]) -> Facts:
    """The facts about one source, a row of its table."""
    mine = _NOTICE.c.source_id == source.id
    published = _by_date(session, source.id)
    newest = _newest_runs(session, source.id)
    last = next((run for run in newest if run.finished_at), None)
    columns = _columns(session, last) if last is not None else []
    return Facts(
        notices=session.scalar(select(func.count()).select_from(_NOTICE).where(mine)) or 0,
        published={day: n for day, n in published.items() if day is not None},
        undated=published.get(None, 0),
        seen=_by_first_sight(session, source.id) if published.get(None) else {},
        newest_seen_at=session.scalar(select(func.max(_NOTICE.c.first_seen_at)).where(mine)),
        first_run_at=session.scalar(select(func.min(_RUN.c.started_at)).where(*_crawls(source.id))),
        runs=[_run_fact(run, columns if run is last else ()) for run in newest],
        columns=[column.fact for column in columns],
        tried=_tried(session, source.id),
        filled=_filled(session, source.id),
        paused_until=source.paused_until,
        yields=columns_of(last.counts) if last is not None else (),
        little_text=_little_text(session, source.id),
        last_success=session.scalar(select(func.max(_RUN.c.finished_at)).where(*_crawls(source.id), _RUN.c.outcome == "done")),
    )


def _by_date(session: Session, source_id: int) -> Mapping[date | None, int]:
    """How many of the newest revisions are of each day: read from two indexes, never from the rows, which are as large as their texts.

    The 0 that is added keeps SQLite from the unique index of notice and number, from which it would go on to each row (0.42 s at 100,000 notices, 0.06 so).
    """
    day = _REVISION.c.published_date
    newest = _REVISION.c.n + 0 == _NOTICE.c.revisions, _NOTICE.c.source_id == source_id
    query = select(day, func.count()).join(_NOTICE, _NOTICE.c.id == _REVISION.c.notice_id).where(*newest).group_by(day)
    return {row[0]: row[1] for row in session.execute(query)}


def _by_first_sight(session: Session, source_id: int) -> Mapping[date, int]:
    """How many notices were first seen on each day in China. Counted by hours in SQL: rows for each notice would take longer than all the rest."""
    seen = _NOTICE.c.first_seen_at
    hour = func.substr(cast(seen, Text), 1, 13)
    days: dict[date, int] = {}
    for first, count in session.execute(select(func.min(seen), func.count()).where(_NOTICE.c.source_id == source_id).group_by(hour)):
        day = first.astimezone(ZONE).date()
        days[day] = days.get(day, 0) + count
    return days


def _crawls(source_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _RUN.c.source_id == source_id, _RUN.c.kind == "crawl"


def _newest_runs(session: Session, source_id: int) -> Sequence[_Run]:
    return session.execute(select(_RUN).where(*_crawls(source_id)).order_by(_RUN.c.id.desc()).limit(_RUNS)).all()


class _Column(NamedTuple):
    """A column, and how many of its entries the last finished run saw."""

    fact: ColumnFact
    seen: int


def _run_fact(run: _Run, columns: Sequence[_Column]) -> RunFact:
    """A run. The entries of the last finished one are counted in the listing, by its columns; it keeps no trace of earlier runs."""
    listed = counts_alone(run.counts).get(
        "entries", 0
    )  # a run with --since leaves old entries unmarked: then its own count is the larger one
    return RunFact(run.started_at, run.finished_at, run.outcome, run.reason, max(listed, sum(column.seen for column in columns)))


def _columns(session: Session, run: _Run) -> Sequence[_Column]:
    """Every column as a run left it: of the entries only those are read that the run saw, from an index."""
    columns, entry = _column_urls(run.source_id), _LISTING.alias()
    its = entry.c.source_id == run.source_id, entry.c.column_url == columns.c.url
    seen = *its, entry.c.last_listed_at >= run.started_at
    asked = ((func.max(entry.c.listed_date), seen), (func.max(entry.c.last_listed_at), its), (func.count(entry.c.column_url), seen))
    values = (select(value).where(*which).correlate(columns).scalar_subquery() for value, which in asked)
    query = select(columns.c.url, *values).where(columns.c.url.is_not(None)).order_by(columns.c.url)
    return [
        _Column(
            ColumnFact(url, newest, *_newer_gone(session, run, url, newest), last) if newest else ColumnFact(url, None, 0, None, last),
            count,
        )
        for url, newest, last, count in session.execute(query)
    ]


def _column_urls(source_id: int) -> CTE:
    """The addresses of the columns that a source has entries of, and null: each is the next one in the index, which no scan of all entries is."""
    first = select(func.min(_LISTING.c.column_url).label("url")).where(_LISTING.c.source_id == source_id).cte("columns", recursive=True)
    further = _LISTING.alias()
    following = select(func.min(further.c.column_url)).where(further.c.source_id == source_id, further.c.column_url > first.c.url)
    return first.union_all(select(following.correlate(first).scalar_subquery()).where(first.c.url.is_not(None)))


def _newer_gone(session: Session, run: _Run, column_url: str, newest: date) -> tuple[int, date | None]:
    """How many entries newer than the newest shown the column no longer shows, and the newest of them."""
    row = _LISTING.c
    gone = row.source_id == run.source_id, row.column_url == column_url, row.last_listed_at < run.started_at
    newer = row.listed_date > newest, row.listed_date <= run.started_at.astimezone(ZONE).date()
    count, latest = session.execute(select(func.count(), func.max(row.listed_date)).where(*gone, *newer)).one()
    return count, latest


def _tried(session: Session, source_id: int) -> Sequence[Tried]:
    row = _LISTING.c
    mine = row.source_id == source_id, row.state.in_(_TRIED)
    query = select(row.state, row.reason, row.tries).where(*mine).order_by(row.first_listed_at.desc(), row.id.desc()).limit(RECENT)
    return [Tried(*found) for found in session.execute(query)]


def _filled(session: Session, source_id: int) -> Sequence[Filled]:
    """Which fields the pages of the newest notices gave; a notice that is itself a file has no page and is left out."""
    revision, notice = _REVISION.c, _NOTICE.c
    itself = select(_ATTACHMENT.c.id).where(_ATTACHMENT.c.revision_id == revision.id, _ATTACHMENT.c.url == notice.url).exists()
    columns = revision.title != "", revision.published_date.is_not(None), revision.issuer.is_not(None), revision.text != ""
    query = (
        select(*columns, revision.provenance)
        .join(_NOTICE, notice.id == revision.notice_id)
        .where(revision.n == notice.revisions, notice.source_id == source_id, ~itself)
        .order_by(notice.first_seen_at.desc(), notice.id.desc())
        .limit(2 * RECENT)
    )
    return [_fields(tuple(row[:4]), row[4]) for row in session.execute(query)]


def _little_text(session: Session, source_id: int) -> int:
    """Of the newest notices, how many have little of their page's block as text."""
    revision, notice = _REVISION.c, _NOTICE.c
    query = (
        select(revision.provenance)
        .join(_NOTICE, notice.id == revision.notice_id)
        .where(revision.n == notice.revisions, notice.source_id == source_id)
    )
    newest = session.scalars(query.order_by(notice.first_seen_at.desc(), notice.id.desc()).limit(RECENT))
    return sum(map(has_little_text, newest))


def _fields(values: Sequence[bool], provenance: Mapping[str, str]) -> Filled:
    """Title and date count when the page itself gives them: the list's value would hide that the page is no longer understood."""
    has = dict(zip(("title", "date", "issuer", "text"), map(bool, values), strict=True))
    return {name: there and provenance.get(_PROVENANCE.get(name, name)) != "list" for name, there in has.items()}
