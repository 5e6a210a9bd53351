"""`notices status`: what the archive holds and how its sources do."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from cli.indexing import index_state
from crawler.source import all_sources
from notices.config import Config
from notices.display import safe
from pipeline import models, newest
from pipeline.database import database_errors, open_database

_COUNTED = (models.Source, models.Notice, models.Revision, models.Attachment, models.Snapshot)


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices status`."""
    verb = verbs.add_parser("status", help="what the archive holds, how its sources do (exit 3 when one fails)")
    verb.add_argument("--json", action="store_true", help="one JSON object")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the state; exit 3 when the newest run of an enabled source failed."""
    database = open_database(config)
    with database_errors(config.database):
        state = collect(database, config)
    print(json.dumps(state, ensure_ascii=False) if args.json else "\n".join(_lines(state)))
    return 3 if any(s["outcome"] in ("failed", "crashed") for s in state["sources"]) else 0


def collect(database: Engine, config: Config) -> dict[str, Any]:
    """The state as plain values: home, counts, index, sources."""
    with Session(database) as session, session.begin():
        counts = {m.__tablename__: session.scalar(select(func.count()).select_from(m)) for m in _COUNTED}
    waiting = newest.due_count(database)
    return {
        "home": str(config.home),
        "counts": counts,
        "index": {"url": config.index, "waiting": waiting, **index_state(config)},
        "sources": list(_sources(database, config)),
    }


def _sources(database: Engine, config: Config) -> Iterator[dict[str, Any]]:
    known = all_sources(config.sources_dir)
    with Session(database) as session, session.begin():
        for row in session.scalars(select(models.Source).order_by(models.Source.name)):
            last = _last_run(session, row.id)
            source = known.get(row.name)
            yield {
                "name": row.name,
                "site": row.site,
                "enabled": bool(source and source[0].enabled),
                "notices": session.scalar(select(func.count()).where(models.Notice.source_id == row.id)),
                "newest_date": _newest_date(session, row.id),
                "last_run": _stamp(last.started_at) if last else None,
                "outcome": last.outcome if last else "never",
                "reason": last.reason if last else "",
            }


def _newest_date(session: Session, source_id: int) -> str | None:
    query = select(func.max(models.Revision.published_date)).join(models.Revision.notice).where(models.Notice.source_id == source_id)
    value = session.scalar(query)
    return value.isoformat() if value else None


def _last_run(session: Session, source_id: int) -> models.Run | None:
    mine = models.Run.source_id == source_id
    return session.scalar(select(models.Run).where(mine).order_by(models.Run.id.desc()).limit(1))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _lines(state: dict[str, Any]) -> Iterator[str]:
    counts, index = state["counts"], state["index"]
    yield f"archive   {state['home']}"
    yield f"holds     {counts['notice']} notices, {counts['revision']} revisions, {counts['attachment']} attachments, {counts['snapshot']} snapshots"
    held = "not made yet" if index["documents"] is None else f"{index['documents']} documents"
    yield f"index     {index['url']}: {held}, {index['waiting']} waiting"
    for source in state["sources"]:
        reason = f" ({safe(source['reason'])})" if source["reason"] else ""
        head = f"source    {source['name']}: {source['notices']} notices, newest {source['newest_date'] or 'undated'}"
        yield f"{head}, last run {source['last_run'] or 'never'} {source['outcome']}{reason}"


def last_runs(database: Engine, names: Sequence[str]) -> Iterator[str]:
    """One line for the newest run of each named source."""
    with Session(database) as session, session.begin():
        for row in session.scalars(select(models.Source).where(models.Source.name.in_(names)).order_by(models.Source.name)):
            last = _last_run(session, row.id)
            if last is not None:
                yield f"{row.name}: {last.outcome}: {counts_line(last.counts)}"


def counts_line(counts: dict[str, int]) -> str:
    """Counts in a fixed order, those that are zero left out."""
    order = (
        "lists",
        "entries",
        "new",
        "revised",
        "unchanged",
        "attachments",
        "blocked",
        "refused",
        "gone",
        "failed",
        "lists_failed",
        "without_address",
    )
    return ", ".join(f"{name} {counts[name]}" for name in order if counts.get(name)) or "nothing new"
