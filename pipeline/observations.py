"""Looks at known notices, noted during a run; judged when it ends, because one absence proves nothing on a site that is not well."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pipeline import models
from pipeline.presence import GONE_FROM_LIST, SEEN, Look, Presence, next_reading, presence


def observe(session: Session, run_id: int, notice: models.Notice, said: tuple[str, str], now: datetime) -> None:
    """Note a look: the evidence and its detail. That a notice is there is noted only where it was absent before; the site counts as unwell until the run ends."""
    evidence, detail = said
    if evidence == SEEN:
        notice.last_seen_at = max(notice.last_seen_at, now)
        if _newest(session, notice.id) in (None, SEEN):
            return
    session.add(
        models.Observation(
            notice_id=notice.id, run_id=run_id, observed_at=now, evidence=evidence, detail=detail[:1000], site_healthy=evidence == SEEN
        )
    )


def _newest(session: Session, notice_id: int) -> str | None:
    mine = models.Observation.notice_id == notice_id
    return session.scalar(select(models.Observation.evidence).where(mine).order_by(models.Observation.id.desc()).limit(1))


def presence_of(session: Session, notice_id: int) -> Presence:
    """The notice's state by all that was seen of it, in the order in which it was noted (clocks may jump)."""
    rows = session.scalars(select(models.Observation).where(models.Observation.notice_id == notice_id).order_by(models.Observation.id))
    return presence([Look(row.observed_at, row.evidence, row.site_healthy) for row in rows])


def settle_run(session: Session, run_id: int, *, healthy: bool, now: datetime, days: Sequence[int]) -> int:
    """Judge every notice that the run looked at; return how many changed their state. Each of them waits for the index."""
    mine = models.Observation.run_id == run_id
    session.execute(update(models.Observation).where(mine).values(site_healthy=healthy))
    session.flush()
    changed = 0
    for notice_id in session.scalars(select(models.Observation.notice_id).where(mine).distinct()).all():
        notice = session.get_one(models.Notice, notice_id)
        found = presence_of(session, notice_id)
        _schedule(session, notice, found, now, days)
        if notice.state != found.state:
            notice.state = found.state
            session.add(models.Outbox(notice_id=notice.id, created_at=now))
            changed += 1
    return changed


def _schedule(session: Session, notice: models.Notice, found: Presence, now: datetime, days: Sequence[int]) -> None:
    """A notice that is only off the list is read in the next run; one that is absent sooner than its age asks."""
    again = now if found.evidence == GONE_FROM_LIST else next_reading(notice.first_seen_at, now, days, found.absent)
    mine = models.Listing.source_id == notice.source_id, models.Listing.key == notice.key
    session.execute(update(models.Listing).where(*mine).values(read_again_at=again))


def note_gone_from_list(session: Session, run_id: int, source_id: int, column_url: str, now: datetime) -> int:
    """Note which archived notices a column no longer shows, after all of it was walked in this run; return how many.

    Once for each time that a notice was on the list: it is not noted again while it stays off it.
    """
    started = session.get_one(models.Run, run_id).started_at
    listing = models.Listing
    mine = listing.source_id == source_id, listing.column_url == column_url, listing.state == "stored", listing.last_listed_at < started
    count = 0
    for row in session.scalars(select(listing).where(*mine)).all():
        notice = session.scalar(select(models.Notice).where(models.Notice.key == row.key))
        if notice is not None and not _noted_since(session, notice.id, row.last_listed_at):
            observe(session, run_id, notice, (GONE_FROM_LIST, f"last listed {row.last_listed_at:%Y-%m-%d} in {column_url}"), now)
            count += 1
    return count


def _noted_since(session: Session, notice_id: int, moment: datetime) -> bool:
    mine = models.Observation.notice_id == notice_id, models.Observation.evidence == GONE_FROM_LIST, models.Observation.observed_at > moment
    return session.scalar(select(models.Observation.id).where(*mine).limit(1)) is not None
