"""SQL to index: draining the outbox and rebuilding."""

from __future__ import annotations

import argparse
import logging

from sqlalchemy import Engine as Database

from index.engine import AttachedText, Document, Engine
from index.open import open_engine, rebuild
from index.understand_aliases import write_aliases
from notices.config import Config
from notices.errors import IndexUnusable
from pipeline import models, newest
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
        region=source.region,
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
            lacking = newest.notice_count(database) - newest.due_count(database) - engine.count()
            if lacking <= 0:
                written = _drain_into(engine, database)
                if written:
                    _note_aliases(config, database)
                return written
        finally:
            engine.close()
        log.warning("the index lacks %d notices that SQL holds; rebuilding it", lacking)
        return _rebuild(config, database)


def _drain_into(engine: Engine, database: Database) -> int:
    written = 0
    while True:
        due = newest.due(database)
        if not due.notice_ids:
            return written
        written += engine.write([document(r) for r in newest.newest_revisions(database, due.notice_ids)])
        newest.clear_due(database, due.rows)


def rebuild_index(config: Config, database: Database) -> int:
    """Build the index anew from SQL, aside, and swap it in; return how many notices it holds."""
    with hold(config.locks_dir, "index", wait=60.0), database_errors(config.database):
        return _rebuild(config, database)


def _rebuild(config: Config, database: Database) -> int:
    waiting = newest.due(database, limit=10_000_000).rows
    count = rebuild(config.index, (document(r) for r in newest.every_revision(database)))
    newest.clear_due(database, waiting)
    _note_aliases(config, database)
    return count


def _note_aliases(config: Config, database: Database) -> None:
    """Hand the short forms that the archive's own texts define to the search."""
    write_aliases(config.home, newest.alias_counts(database))


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices index`."""
    verb = verbs.add_parser("index", help="bring the index up to date with the archive")
    verb.add_argument("--rebuild", action="store_true", help="build it anew from SQL, aside, and swap")
    verb.set_defaults(run=run_index)


def run_index(args: argparse.Namespace, config: Config) -> int:
    """Drain or rebuild; prints the count."""
    database = open_database(config)
    count = rebuild_index(config, database) if args.rebuild else drain(config, database)
    print(f"{count} notices {'in the rebuilt index' if args.rebuild else 'written to the index'}")
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
