"""Hits that nobody was told of yet, as events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from notices.text.display import masked
from pipeline.sql import tables
from pipeline.sql.watch_tables import WatchHitRow, WatchRow
from pipeline.sql.withheld import withheld

TOLD = "stdout"


@dataclass(frozen=True, slots=True)
class Event:
    """What a watch is told: entered, edited, left (the text that matched has gone), withdrawn, back or repealed."""

    watch: str
    event: str
    notice: int
    revision: int
    url: str
    title: str
    seq: int
    at: datetime


def events_of(session: Session, hits: Sequence[WatchHitRow]) -> list[Event]:
    """The events of these hits, in order of the log; none of a notice that was taken down."""
    change, revision, notice = tables.ChangeRow, tables.RevisionRow, tables.NoticeRow
    query = (
        select(WatchHitRow, WatchRow.name, change, notice.url, revision.title)
        .join(WatchRow, WatchRow.id == WatchHitRow.watch_id)
        .join(change, change.seq == WatchHitRow.seq)
        .join(notice, notice.id == change.notice_id)
        .join(revision, (revision.notice_id == change.notice_id) & (revision.n == change.revision))
        .where(WatchHitRow.id.in_([hit.id for hit in hits]))
        .order_by(WatchHitRow.seq, WatchHitRow.id)
    )
    hidden = withheld(session)
    return [
        Event(name, hit.event, row.notice_id, row.revision, url, masked(hidden.text(row.notice_id, title)), row.seq, row.at)
        for hit, name, row, url, title in session.execute(query)
        if row.notice_id not in hidden.whole
    ]


def waiting_hits(session: Session, watch: WatchRow, limit: int = 500) -> list[WatchHitRow]:
    """Hits of a watch that no message contains, the oldest first."""
    mine = WatchHitRow.watch_id == watch.id, WatchHitRow.delivery_key.is_(None)
    return list(session.scalars(select(WatchHitRow).where(*mine).order_by(WatchHitRow.seq).limit(limit)))


def untold(database: Engine, only: str | None = None) -> list[Event]:
    """Events of watches without a channel, at most a batch; `note_told` says that they were printed."""
    with Session(database) as session, session.begin():
        found = list[Event]()
        for watch in session.scalars(select(WatchRow).order_by(WatchRow.id)):
            if not watch.channels and only in (None, watch.name):
                found += events_of(session, waiting_hits(session, watch))
        return found


def note_told(database: Engine, events: Sequence[Event]) -> None:
    """Note that these events were printed: they are not printed again."""
    with Session(database) as session, session.begin():
        ids = {name: ident for ident, name in session.execute(select(WatchRow.id, WatchRow.name))}
        for each in events:
            mine = WatchHitRow.watch_id == ids.get(each.watch), WatchHitRow.seq == each.seq
            session.execute(update(WatchHitRow).where(*mine).values(delivery_key=TOLD))
