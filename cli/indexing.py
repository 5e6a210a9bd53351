"""SQL to index: draining the outbox, rebuilding, and building another engine's index beside the one in use."""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine as Database

from cli.index_switch import use_index
from index.engine import AttachedText, Document, Engine
from index.open import open_engine, rebuild, same_place
from index.understand_aliases import write_aliases
from index.understand_regions import region_of
from notices.config import Config, load_config
from notices.errors import BadInput, ConfigError, IndexUnusable
from pipeline import models, newest
from pipeline.checkpoints import daily_checkpoint
from pipeline.database import database_errors, open_database
from pipeline.locks import hold

log = logging.getLogger(__name__)


def document(revision: models.Revision) -> Document:
    """The index document of a notice's newest revision."""
    notice, source = revision.notice, revision.notice.source
    attached = tuple(AttachedText(a.name, tuple(a.text.split("\f")) if a.text else ()) for a in revision.attachments)
    return Document(
        id=notice.id,
        revision=revision.n,
        url=notice.url,
        title=revision.title,
        text=revision.text,
        source=source.name,
        site=source.site,
        issuer=revision.issuer or "",
        document_number=revision.document_number or "",
        number_key=revision.number_key or "",
        number_loose=revision.number_loose or "",
        kind=revision.kind or "",
        region=source.region or region_of(revision.issuer or ""),
        state=notice.state,
        published_date=revision.published_date,
        written_date=revision.written_date,
        effective_date=revision.effective_date,
        attachments=attached,
        aliases=tuple((a.short, a.long) for a in revision.aliases),
        group=notice.group_id,
    )


def drain(config: Config, database: Database, *, wait: float = 60.0) -> int:
    """Bring the index up to date with SQL; return how many notices were written. An unusable or emptied index is rebuilt."""
    with hold(config.locks_dir, "index", wait=wait), database_errors(config.database):
        try:
            engine = open_engine(config.index, write=True)
        except IndexUnusable as error:
            log.warning("%s; rebuilding it", error)
            return _rebuild(config, database)
        try:
            caught_up = _catch_up(engine, config, database)
            lacking = newest.notice_count(database) - newest.due_count(database) - engine.count()
            if lacking <= 0:
                written = caught_up + _drain_into(engine, config, database)
                if written:
                    _note_aliases(config, database)
                return written
        finally:
            engine.close()
        log.warning("the index lacks %d notices that SQL holds; rebuilding it", lacking)
        return _rebuild(config, database)


def _drain_into(engine: Engine, config: Config, database: Database) -> int:
    written = 0
    while True:
        due = newest.due(database)
        if not due.notice_ids:
            return written
        written += engine.write([document(r) for r in newest.newest_revisions(database, due.notice_ids)])
        _note_aside(config, due.notice_ids)
        newest.clear_due(database, due.rows)


def rebuild_index(config: Config, database: Database) -> int:
    """Build the index anew from SQL, aside, and swap it in; return how many notices it holds."""
    with hold(config.locks_dir, "index", wait=60.0), database_errors(config.database):
        return _rebuild(config, database)


def _rebuild(config: Config, database: Database) -> int:
    waiting = newest.due(database, limit=10_000_000)
    count = rebuild(config.index, (document(r) for r in newest.every_revision(database)))
    if _aside(config)[0] == config.index:
        _aside_file(config).unlink()
    _note_aside(config, waiting.notice_ids)
    newest.clear_due(database, waiting.rows)
    _note_aliases(config, database)
    return count


def build_aside(config: Config, database: Database, url: str) -> int:
    """Build another index at the URL from SQL, beside the one in use; return how many notices it holds.

    What is drained into the index in use from then on is noted, and written to the other one by its own first drain.
    """
    if same_place(url, config.index):
        raise ConfigError(f"--to {url}: the index in use lies there; name another folder")
    with hold(config.locks_dir, "index", wait=60.0), database_errors(config.database):
        count = rebuild(url, (document(r) for r in newest.every_revision(database)))
        _aside_file(config).write_text(f"{url}\n", encoding="utf-8")
    return count


def _aside_file(config: Config) -> Path:
    return config.home / "index-aside"


def _aside(config: Config) -> tuple[str, list[int]]:
    """The address of the index built aside, "" when there is none, and the notices that it lacks."""
    try:
        url, *lines = _aside_file(config).read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ValueError):
        return "", []
    return url, [int(line) for line in dict.fromkeys(lines) if line.isdecimal()]


def _note_aside(config: Config, notice_ids: Sequence[int]) -> None:
    """Note for the index built aside what only the one in use was given."""
    if _aside(config)[0] not in ("", config.index):
        with _aside_file(config).open("a", encoding="utf-8") as handle:
            handle.writelines(f"{ident}\n" for ident in notice_ids)
            handle.flush()
            os.fsync(handle.fileno())


def _catch_up(engine: Engine, config: Config, database: Database) -> int:
    """Write to an index that was built aside, and is in use now, what was noted for it."""
    url, lacking = _aside(config)
    if url != config.index:
        return 0
    for at in range(0, len(lacking), 500):
        engine.write([document(r) for r in newest.newest_revisions(database, lacking[at : at + 500])])
    _aside_file(config).unlink()
    return len(lacking)


def _note_aliases(config: Config, database: Database) -> None:
    """Hand the short forms that the archive's own texts define to the search."""
    write_aliases(config.home, newest.alias_counts(database))


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices index`."""
    verb = verbs.add_parser("index", help="bring the index up to date with the archive")
    verb.add_argument("--rebuild", action="store_true", help="build it anew from SQL, aside, and swap")
    verb.add_argument("--to", metavar="URL", help="with --rebuild: build it there (tantivy:///folder), then use that one")
    verb.add_argument("--aside", action="store_true", help="with --to: build it, but leave the one in use")
    verb.set_defaults(run=run_index)


def run_index(args: argparse.Namespace, config: Config) -> int:
    """Drain or rebuild; prints the count."""
    if args.to is not None or args.aside:
        return _run_to(args, config)
    database = open_database(config)
    count = rebuild_index(config, database) if args.rebuild else drain(config, database)
    daily_checkpoint(database, config, datetime.now(UTC))
    print(f"{count} notices {'in the rebuilt index' if args.rebuild else 'written to the index'}")
    return 0


def _run_to(args: argparse.Namespace, config: Config) -> int:
    """Build at --to, let the configuration name it, and write there what came meanwhile."""
    if not args.rebuild or args.to is None:
        raise BadInput("--to and --aside go with --rebuild: notices index --rebuild --to URL [--aside]")
    database = open_database(config)
    print(f"{build_aside(config, database, args.to)} notices in the new index {args.to}")
    if args.aside:
        print(f"{config.index} is still the one in use; the same command without --aside changes over")
        return 0
    file = use_index(config, args.to)
    now = load_config(os.environ)
    if now.index != args.to:
        raise ConfigError(f"{file} names the new index, but NOTICES_INDEX is set to {now.index} and wins: set it to {args.to}")
    written = drain(now, database)
    print(f"{file} names it: it is the one in use now ({written} notices written since); {config.index} is left as it is")
    return 0


def index_state(config: Config) -> dict[str, int | str | None]:
    """How many documents the index holds; None and the reason when it cannot be opened."""
    try:
        engine = open_engine(config.index)
    except IndexUnusable as error:
        return {"documents": None, "error": str(error)}
    try:
        return {"documents": engine.count()}
    finally:
        engine.close()
