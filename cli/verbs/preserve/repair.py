"""`notices repair`: what verify finds, and what can be derived anew. A dry run unless told otherwise; nothing is deleted."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cli.progress import Progress, is_shown
from notices.config import Config
from notices.errors import NoticesError
from notices.text.display import safe
from operations.indexing import drain, rebuild_index
from operations.restore_from_backup import opened, regain
from operations.verify_index import check_index
from pipeline.sql import tables
from pipeline.sql.database import database_errors, open_database
from pipeline.sql.locks import hold
from pipeline.warc.series import series_bytes
from preservation.repair import Bench, remedy_for
from preservation.reparse import Reader
from preservation.verify import Finding, verify_archive

_INDEX_REMEDY = {
    "differs": "write the document again from SQL",
    "rewritten": "write the document again from SQL",
    "unreadable": "write the document again from SQL",
    "extra": "build the index anew from SQL",
    "file": "build the index anew from SQL",
    "unusable": "build the index anew from SQL",
    "uncompared": "compare again when SQL can be read",
}


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices repair`."""
    verb = verbs.add_parser("repair", help="show what can be mended; with --apply mend it (exit 4: damage remains)")
    verb.add_argument("--apply", action="store_true", help="mend it; without this nothing is changed")
    verb.add_argument(
        "--from", dest="backup", type=Path, metavar="FOLDER_OR_FILE.tar", help="take lost bytes and rows from this backup first"
    )
    verb.add_argument("--no-progress", action="store_true", help="no progress line")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Show or mend; after mending everything is verified again."""
    database = open_database(config)
    with opened(config, args.backup) if args.backup else nullcontext() as backup:
        return _repair(config, database, backup, args)


def _repair(config: Config, database: Engine, backup: Path | None, args: argparse.Namespace) -> int:
    found = _verified(config, database, not args.no_progress)
    if not args.apply:
        if backup is not None:
            regain(config, database, backup, found, apply=False)
        for each in found:
            print(f"{_line(each)}\n      would: {_plan(each)}")
        print(f"{len(found)} damages; nothing was changed" + (" (notices repair --apply)" if found else ""))
        return 4 if found else 0
    left, count = found, len(found)
    with hold(config.locks_dir, "repair"), database_errors(config.database):
        if backup is not None and regain(config, database, backup, found, apply=True):
            left = _verified(config, database, not args.no_progress)
        if left:
            _mend_all(config, database, left)
            left = _verified(config, database, not args.no_progress)
    for each in left:
        print(f"remains: {_line(each)}")
    print(f"{count} damages, {len(left)} remain")
    return 4 if left else 0


def _verified(config: Config, database: Engine, progress: bool) -> list[Finding]:
    shown = Progress("verify", series_bytes(config.warc_dir), shown=is_shown(no_progress=not progress))
    found = [*verify_archive(database, config, shown), *check_index(config, database)]
    shown.close()
    return found


def _line(finding: Finding) -> str:
    return f"{finding.area:5} {finding.kind:12} {safe(finding.place)}: {safe(finding.detail)}"


def _plan(finding: Finding) -> str:
    if finding.area == "index":
        return _INDEX_REMEDY[finding.kind]
    remedy = remedy_for(finding)
    return remedy[0] if remedy else "nothing: this is evidence; restore the bytes from a backup"


def _mend_all(config: Config, database: Engine, found: Sequence[Finding]) -> None:
    suspect = frozenset(f.place.split(" ")[0] for f in found if f.area == "warc" and f.kind not in ("orphan", "unsettled", "lost", "extra"))
    reader = Reader(database, config)
    bench = Bench(database, config, reader, datetime.now(UTC), suspect)
    try:
        for finding in sorted(found, key=lambda f: ("warc", "sql", "log", "index").index(f.area)):
            if finding.area != "index":
                print(f"{_line(finding)}\n      {_mend(bench, finding)}")
    finally:
        reader.close()
    _mend_index(config, database, [f for f in found if f.area == "index"])


def _mend(bench: Bench, finding: Finding) -> str:
    remedy = remedy_for(finding)
    try:
        done = remedy[1](bench, finding) if remedy else None
    except NoticesError as error:
        return f"not mended: {safe(str(error))}"
    return done or "not mended: it needs the bytes or rows of a backup"


def _mend_index(config: Config, database: Engine, found: Sequence[Finding]) -> None:
    """Write what differs again; build all of it anew where the index itself is not sound."""
    if any(f.kind in ("extra", "file", "unusable", "unreadable") for f in found):
        print(f"index built anew: {rebuild_index(config, database)} notices")
        return
    with Session(database) as session, session.begin():
        session.add_all(tables.OutboxRow(notice_id=f.ref, created_at=datetime.now(UTC)) for f in found if f.ref is not None)
    print(f"index: {drain(config, database)} notices written")
