"""Hits that nobody was told of yet, as events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from notices.errors import UnknownName
from notices.text.display import masked
from notices.text.language import _
from pipeline.sql import tables
from pipeline.sql.watch_tables import WatchHitRow, WatchRow
from pipeline.sql.withheld import reading, withheld

TOLD = "stdout"
_MOST_EARLIER = 20


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


def earlier_messages(session: Session, watch: WatchRow, events: Sequence[Event]) -> list[str]:
    """The ids of the messages that told the watch of the notice before these events, the oldest first; none when they are of several notices."""
    notices = {each.notice for each in events}
    if len(notices) != 1:
        return []
    change, hit = tables.ChangeRow, WatchHitRow
    query = (
        select(hit.delivery_key)
        .join(change, change.seq == hit.seq)
        .where(hit.watch_id == watch.id, hit.seq < events[0].seq, hit.delivery_key.is_not(None), change.notice_id.in_(notices))
        .order_by(hit.seq.desc())
        .limit(_MOST_EARLIER)
    )
    keys = dict.fromkeys(session.scalars(query))
    return [key for key in reversed(keys) if key is not None and key != TOLD]


def told_in(database: Engine, message: str) -> list[Event]:
    """The events of a message, all of them, from the stored hits. Raises UnknownName for an id that no message has, or whose watch was removed."""
    with reading(database) as session:
        hits = list(session.scalars(select(WatchHitRow).where(WatchHitRow.delivery_key == message, WatchHitRow.delivery_key != TOLD)))
        if not hits:
            raise UnknownName(_("no message of a saved search has the id {message!r}").format(message=message[:100]))
        return events_of(session, hits)


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
