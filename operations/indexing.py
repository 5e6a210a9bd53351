"""SQL to index: draining the outbox, rebuilding, and building another engine's index beside the one in use."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine as Database

from index.engine import AttachedText, Document, Engine
from index.engines import open_engine, rebuild, same_place
from index.meaning.aliases import write_aliases
from notices.config import Config
from notices.errors import ConfigError, IndexUnusable
from notices.reference.regions import region_of
from pipeline.sql import outbox, tables
from pipeline.sql.database import database_errors
from pipeline.sql.locks import hold

log = logging.getLogger(__name__)


def document(revision: tables.RevisionRow) -> Document:
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
            lacking = outbox.notice_count(database) - outbox.due_count(database) - engine.count()
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
        due = outbox.due(database)
        if not due.notice_ids:
            return written
        written += engine.write([document(r) for r in outbox.newest_revisions(database, due.notice_ids)])
        _note_aside(config, due.notice_ids)
        outbox.clear_due(database, due.rows)


def rebuild_index(config: Config, database: Database) -> int:
    """Build the index anew from SQL, aside, and swap it in; return how many notices it holds."""
    with hold(config.locks_dir, "index", wait=60.0), database_errors(config.database):
        return _rebuild(config, database)


def _rebuild(config: Config, database: Database) -> int:
    waiting = outbox.due(database, limit=10_000_000)
    count = rebuild(config.index, (document(r) for r in outbox.every_revision(database)))
    if _aside(config)[0] == config.index:
        _aside_file(config).unlink()
    _note_aside(config, waiting.notice_ids)
    outbox.clear_due(database, waiting.rows)
    _note_aliases(config, database)
    return count


def build_aside(config: Config, database: Database, url: str) -> int:
    """Build another index at the URL from SQL, beside the one in use; return how many notices it holds.

    What is drained into the index in use from then on is noted, and written to the other one by its own first drain.
    """
    if same_place(url, config.index):
        raise ConfigError(f"--to {url}: the index in use lies there; name another folder")
    with hold(config.locks_dir, "index", wait=60.0), database_errors(config.database):
        count = rebuild(url, (document(r) for r in outbox.every_revision(database)))
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
        engine.write([document(r) for r in outbox.newest_revisions(database, lacking[at : at + 500])])
    _aside_file(config).unlink()
    return len(lacking)


def _note_aliases(config: Config, database: Database) -> None:
    """Hand the short forms that the archive's own texts define to the search."""
    write_aliases(config.home, outbox.alias_counts(database))


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
