"""The archive as it was at the end of a day in China: which revision of a notice it had, in which state, and what a search would have found.

A day is one of the archive's own: a revision counts from the moment when it was archived, not from the date that the notice gives. A later reading of
the same bytes (`notices reparse`) is not a revision, so an earlier day shows it too.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import sqlalchemy
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from index.answer.by_day import day_key
from index.deadline import one_question
from index.engine import Document, Engine, Hit
from index.engines import open_engine, rebuild
from index.query.tree import Query
from index.search import SearchHit, SearchRequest, SearchResult, read_query, shown
from notices.errors import QueryLimitError, StaleCursor, UnknownName, UserError
from notices.hours import ZONE
from notices.text.language import _
from operations.read.document import document
from operations.read.notice_views import NoticeView, PresenceView, view_of
from pipeline.observe.observations import observation_of
from pipeline.observe.presence import Presence, presence
from pipeline.sql import tables
from pipeline.sql.withheld import reading, withheld

MOST = 10_000  # exact matches of a query; each is looked at
_MOST_ALTERED = 20_000  # notices that changed since: their texts of that day are indexed for the question
_CURSOR = re.compile(r"day\.(\d{1,6})")
_LOADED = (
    joinedload(tables.RevisionRow.notice).joinedload(tables.NoticeRow.source),
    selectinload(tables.RevisionRow.attachments),
    selectinload(tables.RevisionRow.aliases),
)


def end_of(day: date) -> datetime:
    """The first moment after a day in China. Raises UserError for the last day of the calendar."""
    try:
        return datetime.combine(day + timedelta(days=1), datetime.min.time(), ZONE).astimezone(UTC)
    except OverflowError as error:
        raise UserError(_("{day} is not a day that has an end").format(day=day)) from error


def view_as_of(database: sqlalchemy.Engine, notice_id: int, day: date) -> NoticeView:
    """The notice as the archive had it then. Raises UnknownName with the day of its first revision, if it had none yet; TakenDown."""
    moment = end_of(day)
    with reading(database) as session:
        withheld(session).refuse(notice_id)
        row = tables.RevisionRow
        query = select(row).where(row.notice_id == notice_id, row.created_at < moment).order_by(row.n.desc()).limit(1).options(*_LOADED)
        revision = session.scalar(query)
        if revision is None:
            first = session.scalar(select(func.min(row.created_at)).where(row.notice_id == notice_id))
            since = _("; it was first archived on {day}").format(day=first.astimezone(ZONE).date()) if first else ""
            raise UnknownName(
                _("the archive contained no notice {notice_id} on {day}{since}").format(notice_id=notice_id, day=day, since=since)
            )
        then = _presence(session, notice_id, moment)
        seen = None if then.state == "listed" or then.since is None else PresenceView(then.state, then.since, then.evidence, then.dead)
        return replace(view_of(session, revision), state=then.state, presence=seen)


def _presence(session: Session, notice_id: int, moment: datetime) -> Presence:
    row = tables.ObservationRow
    query = select(row).where(row.notice_id == notice_id, row.observed_at < moment).order_by(row.id)
    return presence(map(observation_of, session.scalars(query)))


@dataclass(frozen=True, slots=True)
class _Since:
    """What happened after a day: notices that came, and those that the archive had in another revision or state, as they were."""

    came: frozenset[int]
    altered: Mapping[int, Document]

    def unaltered(self, hit: Hit) -> bool:
        """Whether the index shows the notice as it was."""
        return hit.id not in self.came and hit.id not in self.altered


def _since(database: sqlalchemy.Engine, moment: datetime) -> _Since:
    revision, observation = tables.RevisionRow, tables.ObservationRow
    with reading(database) as session:
        later = select(revision.notice_id, func.min(revision.n)).where(revision.created_at >= moment).group_by(revision.notice_id)
        firsts = {ident: n for ident, n in session.execute(later)}
        came = frozenset(ident for ident, n in firsts.items() if n == 1)
        states = _states(session, select(observation.notice_id).where(observation.observed_at >= moment).distinct(), moment)
        wanted = {ident: n - 1 for ident, n in firsts.items() if n > 1}
        current = select(tables.NoticeRow.id, tables.NoticeRow.state, tables.NoticeRow.revisions)
        for ident, state, n in session.execute(current.where(tables.NoticeRow.id.in_(states))) if states else ():
            if state != states[ident] and ident not in came:
                wanted.setdefault(ident, n)
        if len(wanted) > _MOST_ALTERED:
            raise QueryLimitError(
                _("{count} notices changed since that day, at most {most} can be searched as they were").format(
                    count=len(wanted), most=_MOST_ALTERED
                )
            )
        return _Since(came, dict(_documents(session, wanted, states)))


def _states(session: Session, observed: sqlalchemy.Select[int], moment: datetime) -> dict[int, str]:
    """The states at that moment of the notices that were observed later."""
    return {ident: _presence(session, ident, moment).state for ident in session.scalars(observed).all()}


def _documents(session: Session, wanted: Mapping[int, int], states: Mapping[int, str]) -> Iterator[tuple[int, Document]]:
    idents = list(wanted)
    row = tables.RevisionRow
    for start in range(0, len(idents), 200):
        some = idents[start : start + 200]
        for revision in session.scalars(select(row).where(row.notice_id.in_(some)).options(*_LOADED)):
            ident = revision.notice_id
            if revision.n == wanted[ident]:
                made = document(revision)
                yield ident, made._replace(state=states.get(ident, made.state))


def search_as_of(engine: Engine, database: sqlalchemy.Engine, request: SearchRequest, home: Path | None, day: date) -> SearchResult:
    """What the search would have found that day: every copy, exact matches alone, by date or by score. `engine` is the archive's index of today.

    Raises UserError, and QueryLimitError for a query that matches more than MOST notices.
    """
    began = time.perf_counter()
    if request.similar is not None or request.facets:
        raise UserError(_("similar notices and facets are of today; they cannot be asked for as on another day"))
    query = read_query(request.text, request.filters, exact=request.exact, home=home, lenient=True)._replace(relaxed_text="")
    since = _since(database, end_of(day))
    offset = _offset(request)
    with tempfile.TemporaryDirectory(prefix="notices-as-of-") as folder, one_question():
        then = _then(Path(folder), since)
        found = [(hit, engine) for hit in _all(engine, query) if since.unaltered(hit)]
        found += [(hit, then) for hit in _all(then, query)] if then else []
        sort = request.page.sort
        found.sort(key=_by_date if sort == "date" else _by_score if sort == "relevance" else lambda each: day_key(each[0], sort))
        some = found[offset : offset + request.page.limit]
        hits = tuple(_shown(query, some, request))
        if then:
            then.close()
    end = offset + len(some)
    following = f"day.{end}" if request.wants_next and end < len(found) else None
    return SearchResult(query, len(found), 0, hits, (time.perf_counter() - began) * 1000, next=following)


def _offset(request: SearchRequest) -> int:
    if request.after is None:
        return request.page.offset
    given = _CURSOR.fullmatch(request.after)
    if not given:
        raise StaleCursor(_("{after!r} is not the `next` of an answer as on a day").format(after=request.after))
    return int(given[1])


def _then(folder: Path, since: _Since) -> Engine | None:
    """An index of the altered notices as they were."""
    if not since.altered:
        return None
    url = f"tantivy://{quote(str(folder))}/index"
    rebuild(url, since.altered.values())
    return open_engine(url)


def _all(engine: Engine, query: Query) -> Sequence[Hit]:
    found = engine.search(query, limit=MOST)
    if found.total > MOST:
        raise QueryLimitError(
            _("{total} notices match today; as on another day at most {most} can be looked at. Use more words or filters").format(
                total=found.total, most=MOST
            )
        )
    return found.hits


def _by_date(found: tuple[Hit, Engine]) -> tuple[bool, int, int]:
    """Newest first, undated last."""
    hit = found[0]
    return hit.published_date is None, -(hit.published_date or date.min).toordinal(), -hit.id


def _by_score(found: tuple[Hit, Engine]) -> tuple[float, int]:
    return -found[0].score, found[0].id


def _shown(query: Query, found: Sequence[tuple[Hit, Engine]], request: SearchRequest) -> Iterator[SearchHit]:
    for hit, engine in found:
        yield from shown(engine, query, (hit,), request)
