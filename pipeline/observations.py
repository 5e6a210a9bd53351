"""Looks at archived notices, noted during a run; judged when it ends, because one dead page proves nothing on a site that is not well."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from pipeline import models
from pipeline.presence import GONE_FROM_LIST, SEEN, Look, Presence, next_reading, presence


def observe(session: Session, run_id: int, notice: models.Notice, said: tuple[str, str], now: datetime) -> None:
    """Note a look: the evidence and its detail. Until the run ends the site counts as not well, so a killed run confirms nothing."""
    evidence, detail = said
    if evidence == SEEN:
        notice.last_seen_at = max(notice.last_seen_at, now)
    session.add(
        models.Observation(
            notice_id=notice.id, run_id=run_id, observed_at=now, evidence=evidence, detail=detail[:1000], site_healthy=evidence == SEEN
        )
    )


def presence_of(session: Session, notice_id: int) -> Presence:
    """The notice's state by all that was seen of it, in the order in which it was noted (clocks may jump)."""
    rows = session.scalars(select(models.Observation).where(models.Observation.notice_id == notice_id).order_by(models.Observation.id))
    return presence([Look(row.observed_at, row.evidence, row.site_healthy) for row in rows])


def settle_run(session: Session, run_id: int, *, healthy: bool, now: datetime, days: Sequence[int]) -> int:
    """Judge every notice that the run looked at; return how many changed their state. Each of them waits for the index."""
    mine = models.Observation.run_id == run_id
    session.execute(update(models.Observation).where(mine).values(site_healthy=healthy))
    session.flush()
    unread = select(models.Observation.notice_id).where(mine, models.Observation.evidence.not_in((SEEN, GONE_FROM_LIST)))
    notices = session.scalars(select(models.Notice).where(models.Notice.id.in_(unread))).all()
    return sum([judge(session, notice, now, days) for notice in notices])


def judge(session: Session, notice: models.Notice, now: datetime, days: Sequence[int]) -> bool:
    """Bring one notice's state and next reading up to date; whether the state changed."""
    found = presence_of(session, notice.id)
    again = next_reading(notice.first_seen_at, now, days, found.unread)
    mine = models.Listing.source_id == notice.source_id, models.Listing.key == notice.key
    session.execute(update(models.Listing).where(*mine).values(read_again_at=again))
    if notice.state == found.state:
        return False
    notice.state = found.state
    session.add(models.Outbox(notice_id=notice.id, created_at=now))
    return True


def note_gone_from_list(session: Session, run: models.Run, column_url: str, now: datetime) -> int:
    """Note which archived notices a column no longer shows, after all of it was walked in this run; return how many.

    Noted once for each time that a notice was on the list; its page is read in the next run, because the page decides.
    """
    listing, seen = models.Listing, models.Observation
    off = listing.source_id == run.source_id, listing.column_url == column_url, listing.state == "stored"
    known = exists().where(seen.notice_id == models.Notice.id, seen.evidence == GONE_FROM_LIST, seen.observed_at > listing.last_listed_at)
    query = select(listing.id, models.Notice.id).join(models.Notice, models.Notice.key == listing.key)
    found = session.execute(query.where(*off, listing.last_listed_at < run.started_at, ~known)).all()
    for listing_id, notice_id in found:
        session.add(models.Observation(notice_id=notice_id, run_id=run.id, observed_at=now, evidence=GONE_FROM_LIST, detail=column_url))
        session.execute(update(listing).where(listing.id == listing_id).values(read_again_at=now))
    return len(found)
