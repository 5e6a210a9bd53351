"""SQL rebuilt from the WARC series when the database was lost: beside the archive first, then put in its place."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, make_url, text
from sqlalchemy.orm import Session

from crawler.list_page import read_list
from crawler.source import Source, all_sources
from index.engines import is_cluster, open_engine
from index.query.tree import Everything, Query
from notices.archive_id import read_marker, series_archive
from notices.capture import Capture, ListEntry
from notices.config import Config
from notices.errors import BadInput, NoticesError, ServerAway
from notices.text.language import _
from notices.urls import url_key
from operations.indexing import drain, owner_of, rebuild_index
from operations.preserve.moving import copy_all
from pipeline.durable import file_errors, sync_folder
from pipeline.sql.database import database_errors, for_reading, open_database
from pipeline.sql.locks import hold
from pipeline.sql.postgresql import BACKEND, shown_address
from pipeline.warc.series import settle
from preservation.rebuild_rows import KnownSource, Rebuild, RebuiltRows, rebuild_rows, take_id
from preservation.takedowns import logged, take_over

_PAGE = 10_000
_TEMPORARY = "notices.db.rebuilding"


@dataclass(frozen=True)
class RebuiltSql:
    """The rows; where the earlier database went, if there was one; whether the ids of notices were taken from the index; notices indexed."""

    rows: RebuiltRows
    earlier: Path | None
    ids_from_index: bool
    indexed: int


def rebuild_sql(config: Config, progress: Callable[[int], None] = lambda _: None) -> RebuiltSql:
    """Rebuild the lost database from the WARC series; the index stays as it is until SQL is there again.

    Raises BadInput when the database contains notices, or there is no series.
    """
    url = make_url(config.database)
    target = None if url.get_backend_name() == BACKEND else Path(url.database or "")
    if not config.warc_dir.is_dir():
        raise BadInput(_("there is no archive in {home}: it has no WARC series").format(home=config.home))
    if target is not None:
        _refuse_present(target)
    else:
        _refuse_filled(config)
    with hold(config.locks_dir, "repair"), hold(config.locks_dir, "index", wait=60.0):
        settle(config.warc_dir)
        ids = {row.key: row.notice_id for row in logged(config.state_paths().takedowns).values()} | _ids_of_index(config)
        temporary = config.home / _TEMPORARY
        _remove(temporary)
        database = open_database(config._replace(database=f"sqlite:///{temporary}"), parts=False)
        with database_errors(str(temporary)):
            rows = rebuild_rows(Rebuild(database, config, _known_sources(config), ids), progress)
            with Session(database) as session, session.begin():
                take_over(session, config.state_paths().takedowns)
            take_id(database, read_marker(config.home) or series_archive(config.warc_dir))
        if target is None:
            _fill_server(config, database)
        database.dispose()
        earlier = _put_in_place(temporary, target) if target is not None else None
    if target is None:
        _remove(temporary)
    live = open_database(config)
    keeps = ids and not is_cluster(config.index)  # the change log is numbered again: a cluster would take what it has for newer
    indexed = drain(config, live) if keeps else rebuild_index(config, live)
    live.dispose()
    return RebuiltSql(rows, earlier, bool(ids), indexed)


def _refuse_filled(config: Config) -> None:
    """Raise BadInput for a PostgreSQL database that contains notices."""
    server = open_database(config, parts=False)
    try:
        with for_reading(server).connect() as connection:
            count = connection.execute(text("select count(*) from notice")).scalar_one()
    finally:
        server.dispose()
    if count:
        raise BadInput(
            _("the database {where} contains {count} notices: notices repair --apply adds what it lacks").format(
                where=shown_address(make_url(config.database)), count=count
            )
        )


def _fill_server(config: Config, rebuilt: Engine) -> None:
    """Copy the rebuilt rows into the PostgreSQL database, in one transaction."""
    server = open_database(config, parts=False)
    try:
        copy_all(rebuilt, server)
    finally:
        server.dispose()


def _refuse_present(target: Path) -> None:
    if not target.exists():
        return
    try:
        with closing(sqlite3.connect(f"{target.absolute().as_uri()}?mode=ro", uri=True)) as raw:
            count = raw.execute("select count(*) from notice").fetchone()[0]
    except sqlite3.DatabaseError:
        return  # not a database of this program, or damaged
    if count:
        raise BadInput(
            _(
                "{target} contains {count} notices: notices repair --apply adds what it lacks. To rebuild it all the "
                "same, move it away first"
            ).format(target=target, count=count)
        )


def _put_in_place(temporary: Path, target: Path) -> Path | None:
    """Give the rebuilt database its name; an earlier one stays beside it under another."""
    with file_errors(target):
        earlier = None
        if target.exists() and target.stat().st_size:
            earlier = target.with_name(f"{target.name}.lost-{datetime.now(UTC):%Y%m%dT%H%M%S}")
            for suffix in ("-wal", "-shm", ""):
                if target.with_name(target.name + suffix).exists():
                    os.replace(target.with_name(target.name + suffix), earlier.with_name(earlier.name + suffix))
        for suffix in ("-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        with closing(sqlite3.connect(temporary)) as raw:
            raw.execute("pragma wal_checkpoint(truncate)")
            raw.execute("pragma journal_mode=delete")
        os.replace(temporary, target)
        sync_folder(target.parent)
    return earlier


def _remove(temporary: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)


def _ids_of_index(config: Config) -> dict[str, int]:
    """The id of each notice by its key, as the index still has them: they are only numbers, all else comes from the bytes. Empty without an index."""
    try:
        engine = open_engine(config.index, owner=owner_of(config))
    except ServerAway:
        raise
    except NoticesError:
        return {}
    try:
        return {
            url_key(hit.url): hit.id
            for at in range(0, engine.count(), _PAGE)
            for hit in engine.search(Query("", Everything()), limit=_PAGE, offset=at, sort="date").hits
        }
    except Exception:  # whatever an engine's library makes of bytes that it did not write
        return {}
    finally:
        engine.close()


def _known_sources(config: Config) -> dict[str, KnownSource]:
    return {name: _known(source) for name, (source, _path) in all_sources(config.sources_dir).items()}


def _known(source: Source) -> KnownSource:
    rules = source.lists

    def entries(capture: Capture) -> Sequence[ListEntry]:
        return read_list(capture.body, capture.url, content_type=capture.header("content-type") or "", rules=rules).entries

    columns = {column.url: column.kind for column in source.columns}
    return KnownSource(source.name, source.site, source.publisher, source.region, columns, frozenset(source.all_hosts()), entries)
