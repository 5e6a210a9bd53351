"""`notices reparse`: today's parser on every archived byte, offline; shows what changes, then applies it as corrections."""

from __future__ import annotations

import argparse
import difflib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from cli.progress import Progress, Unit, is_shown
from notices.config import Config
from notices.text.display import masked, safe
from operations.indexing import drain
from pipeline.recovery import recover
from pipeline.sql import tables
from pipeline.sql.database import database_errors, open_database
from pipeline.sql.locks import hold
from preservation.reparse import Change, Reader, reparse

_SHORT = 60


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices reparse`."""
    verb = verbs.add_parser("reparse", help="read all archived bytes again with today's parser, offline")
    verb.add_argument("wanted", nargs="?", type=int, metavar="ID", help="only this notice")
    verb.add_argument("--dry-run", action="store_true", help="show what would change, change nothing")
    verb.add_argument("--json", action="store_true", help="one JSON object a changed revision, then one with the counts")
    verb.add_argument("--no-progress", action="store_true", help="no progress line")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Show each change and, unless it is a dry run, apply it; exit 4 when bytes could not be read."""
    with hold(config.locks_dir, "reparse"):
        database = open_database(config)
        recover(database, config)
        with database_errors(config.database):
            counts = _go(args, config, database)
            written = 0 if args.dry_run else drain(config, database)
    verb = "would change" if args.dry_run else "changed"
    if args.json:
        print(json.dumps({**counts, "dry_run": args.dry_run, "indexed": written}, ensure_ascii=False))
    else:
        print(_summary(counts, verb))
    return 4 if counts["unreadable"] else 0


def _go(args: argparse.Namespace, config: Config, database: Engine) -> Counter[str]:
    counts: Counter[str] = Counter(read=0, changed=0, unreadable=0)
    reader = Reader(database, config)
    progress = Progress("reparse", _total(database, args.wanted), Unit("revisions"), shown=is_shown(no_progress=args.no_progress))
    try:
        for change in reparse(database, reader, datetime.now(UTC), apply=not args.dry_run, only=args.wanted):
            counts["read"] += 1
            progress()
            if change is not None:
                _note(change, counts, args.json)
    finally:
        progress.close()
        reader.close()
    return counts


def _total(database: Engine, notice: int | None) -> int:
    query = select(func.count()).select_from(tables.RevisionRow)
    with Session(database) as session, session.begin():
        return session.scalar(query if notice is None else query.where(tables.RevisionRow.notice_id == notice)) or 0


def _note(change: Change, counts: Counter[str], as_json: bool) -> None:
    counts["unreadable" if change.error else "changed"] += 1
    for name in change.fields:
        counts[f"field {name.split('[')[0]}"] += 1
    if as_json:
        value = {"id": change.notice_id, "revision": change.n, "url": change.url, "error": change.error, "changes": change.fields}
        print(json.dumps(value, ensure_ascii=False))
        return
    print(f"{change.notice_id} revision {change.n}  {safe(change.url)}")
    if change.error:
        print(f"    unreadable: {safe(change.error)}")
    for name, (before, after) in change.fields.items():
        for line in _shown(name, before, after):
            print(f"    {line}")


def _shown(name: str, before: Any, after: Any) -> Iterator[str]:
    if isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > _SHORT:
        yield f"{name}: {len(before)} → {len(after)} characters"
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
        changed = [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        yield from (f"  {_cut(line)}" for line in changed[:6])
        if len(changed) > 6:
            yield f"  … {len(changed) - 6} more lines"
    else:
        yield f"{name}: {_cut(before)} → {_cut(after)}"


def _cut(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    shown = safe(masked(text))
    return shown if len(shown) <= 2 * _SHORT else shown[: 2 * _SHORT] + "…"


def _summary(counts: Counter[str], verb: str) -> str:
    fields = ", ".join(f"{name.removeprefix('field ')} {n}" for name, n in counts.most_common() if name.startswith("field "))
    said = f"{counts['read']} revisions read, {counts['changed']} {verb}"
    return said + (f" ({fields})" if fields else "") + (f", {counts['unreadable']} unreadable" if counts["unreadable"] else "")
