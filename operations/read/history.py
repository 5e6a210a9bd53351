"""Everything that happened to a notice: its revisions, corrections, observations and states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, select
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
        events = list(_of_revisions(session, notice_id))
        seen = observations_of(session, notice_id)
        events.extend(Event(s.observed_at, "observed", f"{s.evidence} {s.detail}".strip(), {"evidence": s.evidence}) for s in seen)
        events.extend(_states([observation_of(s) for s in seen]))
    return sorted(events, key=lambda e: e.at)


def _of_revisions(session: Session, notice_id: int) -> Iterator[Event]:
    """The revisions, each with the record that it was read from, and the corrections of each."""
    revision, snapshot = tables.RevisionRow, tables.SnapshotRow
    columns = revision.id, revision.n, revision.created_at, revision.title, snapshot.warc_file, snapshot.offset
    query = select(*columns).outerjoin(snapshot, snapshot.id == revision.snapshot_id).where(revision.notice_id == notice_id)
    found = session.execute(query).all()
    made: dict[int, list[tables.CorrectionRow]] = {}
    for row in session.scalars(select(tables.CorrectionRow).where(tables.CorrectionRow.revision_id.in_([each.id for each in found]))):
        made.setdefault(row.revision_id, []).append(row)
    hidden = withheld(session)
    for ident, n, at, title, file, offset in found:
        place = "" if file is None else f" {file}@{offset}"
        yield Event(at, "revision", f"{n}: {masked(hidden.text(notice_id, title))}{place}", {"revision": n})
        for each in made.get(ident, ()):
            yield Event(each.made_at, "correction", f"of {n}: {', '.join(each.changes)}", {"changes": each.changes})


def _states(looks: Sequence[Observation]) -> Iterator[Event]:
    """Each change of the state, and each stronger evidence for it, right after the observation that led to it."""
    before = Presence()
    for look, now in zip(looks, presences(looks), strict=True):
        if (now.state, now.evidence) != (before.state, before.evidence):
            why = f" ({now.evidence}, since {now.since:%Y-%m-%d})" if now.evidence and now.since else ""
            yield Event(look.at, "state", f"{before.state} -> {now.state}{why}", {"state": now.state, "evidence": now.evidence})
        before = now
