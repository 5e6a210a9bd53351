"""New changes against the saved searches: hits are stored once each, in the transaction that moves the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, joinedload, selectinload

from index.search import read_query
from notices.errors import NoticesError, UserError
from operations.read.document import document
from pipeline.sql import tables
from pipeline.sql.changes import changes_after
from pipeline.sql.watch_tables import WatchHitRow, WatchRow
from pipeline.sql.withheld import withhold
from watch.matcher import Matcher

_BATCH = 100
_OF_STATE = {"withdrawn": "withdrawn", "back": "back", "repealed": "repealed"}


@dataclass(frozen=True, slots=True)
class Matched:
    """How many hits were stored, and the watches whose query cannot be read any more, with the reason."""

    hits: int
    broken: tuple[tuple[str, str], ...] = ()


def match_new(database: Engine, only: str | None = None) -> Matched:
    """Match every change that the watches (or the one) have not seen; a broken watch keeps its place until its query is mended."""
    stored, broken = 0, dict[str, str]()
    while True:
        with Session(database) as session, session.begin():
            withhold(session)
            watches = [w for w in session.scalars(select(WatchRow).where(WatchRow.paused.is_(False))) if only in (None, w.name)]
            queries = {}
            for each in watches:
                try:
                    queries[each.name] = read_query(each.query, exact=True)
                except UserError as error:
                    broken[each.name] = str(error)
            watches = [each for each in watches if each.name in queries]
            changes = changes_after(session, min((w.matched_seq for w in watches), default=0), _BATCH) if watches else []
            if not changes:
                return Matched(stored, tuple(broken.items()))
            stored += _store(session, watches, changes, Matcher(queries))


def _store(session: Session, watches: Sequence[WatchRow], changes: Sequence[tables.ChangeRow], matcher: Matcher) -> int:
    stored = 0
    for change in changes:
        events = _events(session, change, matcher)
        for watch in watches:
            if watch.matched_seq < change.seq and watch.name in events:
                session.add(WatchHitRow(watch_id=watch.id, seq=change.seq, event=events[watch.name]))
                stored += 1
    for watch in watches:
        watch.matched_seq = max(watch.matched_seq, changes[-1].seq)
    return stored


def _events(session: Session, change: tables.ChangeRow, matcher: Matcher) -> dict[str, str]:
    """What each watch that matches the revision, or the one before it, is told of the change."""
    if change.baseline or not _is_told(session, change):
        return {}
    new = _matching(session, change, 0, matcher)
    if change.kind in _OF_STATE:
        return dict.fromkeys(new, _OF_STATE[change.kind])
    old = _matching(session, change, 1, matcher) if change.kind == "edited" else set[str]()
    return {name: "edited" if name in new and name in old else "entered" if name in new else "left" for name in new | old}


def _is_told(session: Session, change: tables.ChangeRow) -> bool:
    """Whether watches are told of the change: not that a page was missing once, nor that it is back after that alone, nor of our corrections."""
    if change.kind != "back":
        return change.kind not in ("missing", "corrected", "taken_down", "restored")
    row = tables.ChangeRow
    before = select(row.kind).where(row.notice_id == change.notice_id, row.seq < change.seq, row.kind.in_(("missing", "withdrawn", "back")))
    return session.scalar(before.order_by(row.seq.desc()).limit(1)) == "withdrawn"


def _matching(session: Session, change: tables.ChangeRow, back: int, matcher: Matcher) -> set[str]:
    """The watches that match a revision: that of the change, or one before it."""
    row = tables.RevisionRow
    query = select(row).where(row.notice_id == change.notice_id, row.n == change.revision - back).options(
        joinedload(row.notice).joinedload(tables.NoticeRow.source), selectinload(row.attachments), selectinload(row.aliases)
    )  # fmt: skip
    try:
        revision = session.scalar(query)
        return matcher.matching(document(revision)) if revision is not None else set()
    except NoticesError:  # a damaged row: verify reports it, and it must not hold up all others
        return set()
