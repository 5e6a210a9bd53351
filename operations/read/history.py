"""Everything that happened to a notice: its revisions, corrections, observations and states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, Select, select
from sqlalchemy.orm import Session

from notices.text.display import masked
from pipeline.observe.observations import observation_of, observations_of
from pipeline.observe.presence import Observation, Presence, presences
from pipeline.sql import tables
from pipeline.sql.withheld import reading, withheld


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a notice: revision, correction, observed or state. `facts` are the values that its detail is made of."""

    at: datetime
    event: str
    detail: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """The facts beside the event's own keys."""
        return {"at": self.at.isoformat(), "event": self.event, "detail": self.detail, **self.facts}


def history(database: Engine, notice_id: int) -> list[Event]:
    """Revisions, corrections and observations of a notice and the states that they led to, oldest first. Raises TakenDown."""
    with reading(database) as session:
        withheld(session).refuse(notice_id)
        events = [event for row in session.scalars(_revisions(notice_id)) for event in _of_revision(session, row)]
        seen = observations_of(session, notice_id)
        events.extend(Event(s.observed_at, "observed", f"{s.evidence} {s.detail}".strip(), {"evidence": s.evidence}) for s in seen)
        events.extend(_states([observation_of(s) for s in seen]))
    return sorted(events, key=lambda e: e.at)


def _revisions(notice_id: int) -> Select[tables.RevisionRow]:
    return select(tables.RevisionRow).where(tables.RevisionRow.notice_id == notice_id)


def _of_revision(session: Session, row: tables.RevisionRow) -> Iterator[Event]:
    snapshot = session.get(tables.SnapshotRow, row.snapshot_id) if row.snapshot_id else None
    place = f" {snapshot.warc_file}@{snapshot.offset}" if snapshot else ""
    yield Event(row.created_at, "revision", f"{row.n}: {masked(row.title)}{place}", {"revision": row.n})
    for made in session.scalars(select(tables.CorrectionRow).where(tables.CorrectionRow.revision_id == row.id)):
        yield Event(made.made_at, "correction", f"of {row.n}: {', '.join(made.changes)}", {"changes": made.changes})


def _states(looks: Sequence[Observation]) -> Iterator[Event]:
    """Each change of the state, and each stronger evidence for it, right after the observation that led to it."""
    before = Presence()
    for look, now in zip(looks, presences(looks), strict=True):
        if (now.state, now.evidence) != (before.state, before.evidence):
            why = f" ({now.evidence}, since {now.since:%Y-%m-%d})" if now.evidence and now.since else ""
            yield Event(look.at, "state", f"{before.state} -> {now.state}{why}", {"state": now.state, "evidence": now.evidence})
        before = now
