"""`notices history`: everything that happened to a notice since it was first archived."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from cli.verbs.read.show import find_ids
from notices.config import Config
from notices.text.display import masked, safe
from pipeline.observe.observations import look_of, observations_of
from pipeline.observe.presence import Look, Presence, presences
from pipeline.sql import tables
from pipeline.sql.database import database_errors, open_database


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices history`."""
    history = verbs.add_parser("history", help="every revision of a notice, every look at it, its states and corrections")
    history.add_argument("wanted", metavar="ID_OR_NUMBER")
    history.add_argument("--json", action="store_true", help="one JSON object a line")
    history.set_defaults(run=run_history)


def run_history(args: argparse.Namespace, config: Config) -> int:
    """One line an event, oldest first."""
    database = open_database(config)
    with database_errors(config.database):
        for notice_id in find_ids(database, args.wanted):
            for event in events(database, notice_id):
                print(json.dumps(event, ensure_ascii=False) if args.json else f"{event['at']}  {event['event']:10} {safe(event['detail'])}")
    return 0


def events(database: Engine, notice_id: int) -> list[dict[str, Any]]:
    """Revisions, corrections, observations of a notice and what became of its state by them, in order of time."""
    with Session(database) as session, session.begin():
        found: list[dict[str, Any]] = []
        for row in session.scalars(select(tables.RevisionRow).where(tables.RevisionRow.notice_id == notice_id)):
            snapshot = session.get(tables.SnapshotRow, row.snapshot_id) if row.snapshot_id else None
            kept = f" {snapshot.warc_file}@{snapshot.offset}" if snapshot else ""
            found.append(_event(row.created_at, "revision", f"{row.n}: {masked(row.title)}{kept}", revision=row.n))
            for made in session.scalars(select(tables.CorrectionRow).where(tables.CorrectionRow.revision_id == row.id)):
                found.append(_event(made.made_at, "correction", f"of {row.n}: {', '.join(made.changes)}", changes=made.changes))
        seen = observations_of(session, notice_id)
        found.extend(_event(s.observed_at, "observed", f"{s.evidence} {s.detail}".strip(), evidence=s.evidence) for s in seen)
        found.extend(_states([look_of(s) for s in seen]))
    return sorted(found, key=lambda e: e["at"])


def _states(looks: Sequence[Look]) -> Iterator[dict[str, Any]]:
    """Each change of the state, and each stronger evidence for it, right after the look that made it."""
    before = Presence()
    for look, now in zip(looks, presences(looks), strict=True):
        if (now.state, now.evidence) != (before.state, before.evidence):
            why = f" ({now.evidence}, since {now.since:%Y-%m-%d})" if now.evidence and now.since else ""
            yield _event(look.at, "state", f"{before.state} -> {now.state}{why}", state=now.state, evidence=now.evidence)
        before = now


def _event(at: Any, event: str, detail: str, **more: Any) -> dict[str, Any]:
    return {"at": at.isoformat(), "event": event, "detail": detail, **more}
