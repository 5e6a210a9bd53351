"""Observations of archived notices, noted during a run; judged when it ends, because one dead page proves nothing on an unhealthy site."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from pipeline.observe.presence import (
    GONE_FROM_LIST,
    OF_THE_LIST,
    ON_LIST_AGAIN,
    SEEN,
    Evidence,
    Observation,
    Presence,
    next_reading,
    presence,
)
from pipeline.sql import tables
from pipeline.sql.changes import Occasion, note_change
from pipeline.sql.tallies import judge_site, note_added

FEW = 3  # a list may lose so many notices at once; more only when it still shows as many

log = logging.getLogger(__name__)


def observe(session: Session, run_id: int, notice: tables.NoticeRow, evidence: Evidence, now: datetime) -> None:
    """Note an observation. Until the run ends the site counts as unhealthy, so a killed run confirms nothing."""
    if evidence.kind == SEEN:
        notice.last_seen_at = max(notice.last_seen_at, now)
    row = tables.ObservationRow(
        notice_id=notice.id,
        run_id=run_id,
        observed_at=now,
        evidence=evidence.kind,
        detail=evidence.detail[:1000],
        site_healthy=evidence.kind == SEEN,
    )
    session.add(row)
    note_added(notice, row)


def observations_of(session: Session, notice_id: int) -> Sequence[tables.ObservationRow]:
    """Every observation of a notice, in the order in which they were noted (clocks may jump)."""
    mine = tables.ObservationRow.notice_id == notice_id
    return session.scalars(select(tables.ObservationRow).where(mine).order_by(tables.ObservationRow.id)).all()


def observation_of(row: tables.ObservationRow) -> Observation:
    """The row as the value that pipeline.observe.presence judges."""
    return Observation(row.observed_at, row.evidence, row.site_healthy)


def presence_of(session: Session, notice_id: int) -> Presence:
    """The notice's state by all observations of it."""
    return presence(map(observation_of, observations_of(session, notice_id)))


def settle_run(session: Session, run_id: int, *, healthy: bool, now: datetime, days: Sequence[int]) -> int:
    """Judge every notice that the run did not read, now that it is known whether the site was healthy; return how many changed their state."""
    mine = tables.ObservationRow.run_id == run_id
    row, notice = tables.ObservationRow, tables.NoticeRow
    judged = select(notice, row).join(row, row.notice_id == notice.id).where(mine, row.site_healthy != healthy)
    for its_notice, each in session.execute(judged).all():
        judge_site(its_notice, each, healthy=healthy)
    session.flush()
    unread = select(tables.ObservationRow.notice_id).where(mine, tables.ObservationRow.evidence.not_in((SEEN, *OF_THE_LIST)))
    notices = session.scalars(select(tables.NoticeRow).where(tables.NoticeRow.id.in_(unread))).all()
    return sum([judge(session, run_id, notice, now, days) for notice in notices])


def judge(session: Session, run_id: int, notice: tables.NoticeRow, now: datetime, days: Sequence[int]) -> bool:
    """Bring one notice's state and next reading up to date; whether the state changed."""
    found = presence_of(session, notice.id)
    again = next_reading(notice.first_seen_at, now, days, found.unread)
    mine = tables.ListingRow.source_id == notice.source_id, tables.ListingRow.key == notice.key
    session.execute(update(tables.ListingRow).where(*mine).values(revisit_at=again))
    return _enter(session, run_id, notice, found, now)


def _enter(session: Session, run_id: int, notice: tables.NoticeRow, found: Presence, now: datetime) -> bool:
    """Write a notice's state; whether it changed: then the notice waits for the index."""
    if notice.state == found.state:
        return False
    notice.state = found.state
    # One that was away for no reason of its own is listed again: that it reads again is told too.
    note_change(session, "back" if found.state == "listed" else found.state, notice, now, Occasion(run_id, baseline=False))
    session.add(tables.OutboxRow(notice_id=notice.id, created_at=now))
    return True


def note_gone_from_list(session: Session, run: tables.RunRow, column_url: str, now: datetime) -> int:
    """Note which archived notices a column no longer shows, after all of it was walked in this run; return how many.

    Noted once for each time that a notice was on the list; its page is read next, because the page decides. If a list lost more than it
    still shows, the list itself is at fault: nothing is noted.
    """
    listing, seen = tables.ListingRow, tables.ObservationRow
    off = listing.source_id == run.source_id, listing.column_url == column_url, listing.state == "stored"
    known = exists().where(
        seen.notice_id == tables.NoticeRow.id, seen.evidence == GONE_FROM_LIST, seen.observed_at > listing.last_listed_at
    )
    query = select(listing.id, tables.NoticeRow).join(tables.NoticeRow, tables.NoticeRow.key == listing.key)
    found = session.execute(query.where(*off, listing.last_listed_at < run.started_at, ~known)).all()
    still = session.scalar(select(func.count()).where(*off[:2], listing.last_listed_at >= run.started_at)) or 0
    if len(found) > max(FEW, still):
        log.warning(
            "%s no longer shows %d archived notices and still shows %d: taken for a fault of the list", column_url, len(found), still
        )
        return 0
    for listing_id, notice in found:
        _note_list(session, run.id, notice, Evidence(GONE_FROM_LIST, column_url), now)
        session.execute(update(listing).where(listing.id == listing_id).values(revisit_at=now))
    return len(found)


def note_on_list_again(session: Session, run_id: int, keys: Collection[str], now: datetime) -> int:
    """Note which of these notices, shown by a list now, were missing only from a list; return how many."""
    missing = session.scalars(select(tables.NoticeRow).where(tables.NoticeRow.key.in_(keys), tables.NoticeRow.state == "missing")).all()
    found = [n for n in missing if presence_of(session, n.id).evidence == GONE_FROM_LIST]
    for notice in found:
        _note_list(session, run_id, notice, Evidence(ON_LIST_AGAIN), now)
    return len(found)


def _note_list(session: Session, run_id: int, notice: tables.NoticeRow, evidence: Evidence, now: datetime) -> None:
    observe(session, run_id, notice, evidence, now)
    session.flush()
    _enter(session, run_id, notice, presence_of(session, notice.id), now)
