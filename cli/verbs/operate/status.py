"""`notices status`: what the archive holds and how its sources do."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from cli.terminal import marked, wants_colour, width
from crawler.source import Source, all_sources
from index.engines import outgrown
from notices.config import Config
from notices.text.display import safe
from operations.indexing import index_state
from pipeline.observe import health
from pipeline.observe.health_facts import facts
from pipeline.sql import outbox, tables
from pipeline.sql.database import database_errors, open_database
from pipeline.sql.runs import is_running
from preservation.proofs import checkpoints
from preservation.reparse import behind

_COUNTED = (tables.SourceRow, tables.NoticeRow, tables.RevisionRow, tables.AttachmentRow, tables.SnapshotRow)
_HEADS = ("state", "source", "notices", "newest", "last new", "last run")
_BYTES_PER_LETTER = 3  # Chinese in UTF-8


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices status`."""
    verb = verbs.add_parser("status", help="what the archive holds, how its sources do (exit 3 when one fails)")
    verb.add_argument("--json", action="store_true", help="one JSON object")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the state; exit 3 when a source is failing or its newest run failed."""
    database = open_database(config)
    with database_errors(config.database):
        state = collect(database, config, datetime.now(UTC))
    print(json.dumps(state, ensure_ascii=False) if args.json else "\n".join(_lines(state, colour=wants_colour())))
    return 3 if any(s["state"] == "failing" or s["outcome"] in ("failed", "crashed") for s in state["sources"]) else 0


def collect(database: Engine, config: Config, now: datetime) -> dict[str, Any]:
    """The state as plain values: home, counts, index, sources."""
    with Session(database) as session, session.begin():
        counts = {m.__tablename__: session.scalar(select(func.count()).select_from(m)) for m in _COUNTED}
    waiting = outbox.due_count(database)
    index = {"url": config.index, "waiting": waiting, **index_state(config)}
    return {
        "home": str(config.home),
        "counts": counts,
        "index": {**index, "outgrown": _outgrown(database, index)},
        "log": _log(database),
        "behind": behind(database),
        "sources": list(_sources(database, config, now)),
    }


def _log(database: Engine) -> dict[str, Any] | None:
    """The newest signed checkpoint; None before the first one."""
    row = checkpoints.newest(database)
    return {"signed_at": _stamp(row.made_at), "snapshots": row.size} if row else None


def _outgrown(database: Engine, index: dict[str, Any]) -> str | None:
    """Why the index should move to a faster engine; None while it need not."""
    if not index["url"].startswith("whoosh:") or not index["documents"]:
        return None
    with Session(database) as session, session.begin():
        letters = session.scalar(select(func.sum(func.length(tables.RevisionRow.text)))) or 0
    return outgrown(index["documents"], letters * _BYTES_PER_LETTER / 1e6)


def _sources(database: Engine, config: Config, now: datetime) -> Iterator[dict[str, Any]]:
    """Every source that the archive knows, then the enabled ones that were never crawled."""
    known = {name: source for name, (source, _path) in all_sources(config.sources_dir).items()}
    with Session(database) as session, session.begin():
        for row in session.scalars(select(tables.SourceRow).order_by(tables.SourceRow.name)):
            yield _source(row, known.pop(row.name, None), facts(session, row), config, now)
    for name, source in sorted(known.items()):
        if source.enabled:
            yield _source(tables.SourceRow(name=name, site=source.site), source, health.Facts(), config, now)


def _source(row: tables.SourceRow, source: Source | None, found: health.Facts, config: Config, now: datetime) -> dict[str, Any]:
    verdict = health.judge(found, _expected(row.name, source, found, config, now), now)
    last = found.runs[0] if found.runs else None
    return {
        "name": row.name,
        "site": row.site,
        "enabled": bool(source and source.enabled),
        "notices": found.notices,
        "newest_date": verdict.newest.isoformat() if verdict.newest else None,
        "last_run": _stamp(last.started_at) if last else None,
        "outcome": last.outcome if last else "never",
        "reason": last.reason if last else "",
        "state": verdict.state,
        "reasons": list(verdict.reasons),
        "last_new": _stamp(found.newest_seen_at) if found.newest_seen_at else None,
        "usual_days": verdict.rhythm.usual,
        "allowed_days": verdict.rhythm.allowed,
    }


def _expected(name: str, source: Source | None, found: health.Facts, config: Config, now: datetime) -> health.Expected:
    if source is None:
        return health.Expected(known=False)
    finished = next((r.finished_at for r in found.runs if r.finished_at), None)
    since = finished or (found.runs[-1].started_at if found.runs else None)
    return health.Expected(
        enabled=source.enabled,
        min_entries=source.expect.min_entries,
        every_days=source.expect.every_days,
        max_age_days=source.expect.max_age_days,
        missed_runs=_missed(source.schedule, since, now) if since else 0,
        alive=bool(found.runs) and found.runs[0].outcome == "running" and is_running(config.locks_dir, name),
    )


def _missed(schedule: str, since: datetime, now: datetime) -> int:
    """How many runs were due since; counting ends at a thousand."""
    from apscheduler.triggers.cron import CronTrigger

    trigger = CronTrigger.from_crontab(schedule, timezone=health.ZONE)
    due, missed = trigger.get_next_fire_time(None, since), 0
    while due and due <= now and missed < 1000:
        missed += 1
        due = trigger.get_next_fire_time(due, now)
    return missed


def _last_run(session: Session, source_id: int) -> tables.RunRow | None:
    mine = tables.RunRow.source_id == source_id
    return session.scalar(select(tables.RunRow).where(mine).order_by(tables.RunRow.id.desc()).limit(1))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _lines(state: dict[str, Any], *, colour: bool) -> Iterator[str]:
    counts, index = state["counts"], state["index"]
    yield f"archive   {state['home']}"
    yield f"holds     {counts['notice']} notices, {counts['revision']} revisions, {counts['attachment']} attachments, {counts['snapshot']} snapshots"
    held = "not made yet" if index["documents"] is None else f"{index['documents']} documents"
    yield f"index     {index['url']}: {held}, {index['waiting']} waiting"
    if index["outgrown"]:
        yield f"          {index['outgrown']}"
    log = state["log"]
    yield f"log       {'signed ' + log['signed_at'] + ' over ' + str(log['snapshots']) + ' snapshots' if log else 'not signed yet'}"
    if state["behind"]:
        yield f"          {state['behind']} revisions were read by an earlier parser: notices reparse"
    if state["sources"]:
        yield ""
        yield from _table(state["sources"], colour)


def _table(sources: Sequence[dict[str, Any]], colour: bool) -> Iterator[str]:
    """A line for each source in columns, with its reasons below it."""
    rows = [_HEADS, *(_cells(s) for s in sources)]
    widths = [max(width(row[n]) for row in rows) for n in range(len(_HEADS))]
    for n, row in enumerate(rows):
        line = "  ".join(cell + " " * (most - width(cell)) for cell, most in zip(row, widths, strict=True)).rstrip()
        alarm = colour and row[0] == "failing"
        yield marked(line, [(0, len(row[0]))], colour) if alarm else line
        for reason in sources[n - 1]["reasons"] if n else ():
            yield f"    {safe(reason)}"


def _cells(source: dict[str, Any]) -> tuple[str, ...]:
    run = f"{source['last_run']} {source['outcome']}" if source["last_run"] else "never"
    last_new = (source["last_new"] or "never")[:10]
    return source["state"], safe(source["name"]), str(source["notices"]), source["newest_date"] or "undated", last_new, run


def last_runs(database: Engine, names: Sequence[str]) -> Iterator[str]:
    """One line for the newest run of each named source."""
    with Session(database) as session, session.begin():
        for row in session.scalars(select(tables.SourceRow).where(tables.SourceRow.name.in_(names)).order_by(tables.SourceRow.name)):
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
        "again",
        "again_gone",
        "again_failed",
        "blocked",
        "refused",
        "gone",
        "failed",
        "lists_failed",
        "without_address",
    )
    return ", ".join(f"{name} {counts[name]}" for name in order if counts.get(name)) or "nothing new"
