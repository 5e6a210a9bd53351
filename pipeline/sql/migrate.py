"""The tables brought to the newest version, and the space that this frees given back."""

from __future__ import annotations

import fcntl
import logging
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from sqlalchemy import BindParameter, Connection, Engine, bindparam, create_engine, event, text
from sqlalchemy.pool import ConnectionPoolEntry

from notices.config import Config
from notices.errors import ConfigError
from notices.text.language import _
from pipeline.sql.column_types import Utc, compact_json
from pipeline.sql.postgresql import BACKEND, migrating, server_engine

log = logging.getLogger(__name__)
SPACE_DUE = 1
"""SQLite's user_version while a migration has freed space that the file still has: set in the migration's transaction."""


def newest_version() -> str:
    """The newest migration's id: the files of pipeline/sql/migrations/versions are named by it."""
    names = [f.name[:4] for f in files("pipeline.sql").joinpath("migrations/versions").iterdir() if f.name[:4].isdigit()]
    return max(names)


def version_of(engine: Engine) -> str | None:
    """The version of the database's tables; None without tables."""
    with engine.execution_options(read_only=True).connect() as connection:
        if not engine.dialect.has_table(connection, "alembic_version"):
            return None
        return connection.execute(text("select version_num from alembic_version")).scalar()


def upgrade(engine: Engine, config: Config, to: str | None = None) -> None:
    """Bring the tables to the newest version, or to an earlier one, one process at a time. Raises ConfigError for those of a newer program."""
    wanted = to or newest_version()
    if version_of(engine) != wanted:
        with _migration_lock(config, engine):
            version = version_of(engine)
            if version is not None and version > newest_version():
                raise ConfigError(
                    _("database: made by a newer version of this program (tables {version}, known {newest_version})").format(
                        version=version, newest_version=newest_version()
                    )
                )
            if version is None and engine.dialect.name == "sqlite":
                version = _make_recorded(engine, wanted)
            if version != wanted:
                _run_migrations(engine, wanted)
    if _space_is_due(engine):
        with _migration_lock(config, engine):
            _give_back_space(engine)


@contextmanager
def _migration_lock(config: Config, engine: Engine) -> Iterator[None]:
    if engine.dialect.name == BACKEND:
        with migrating(engine):
            yield
        return
    config.locks_dir.mkdir(parents=True, exist_ok=True)
    with open(config.locks_dir / "migrate.lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _make_recorded(engine: Engine, wanted: str) -> str | None:
    """Make the tables of a new archive in SQLite as they were recorded from the migrations; the version that they have, None where nothing was made.

    In one transaction, and without Alembic: a quarter of the start of a first crawl. Newer migrations follow it; an earlier version begins with them.
    """
    version, statements = recorded_tables()
    with engine.begin() as connection:
        if version > wanted or connection.exec_driver_sql("select count(*) from sqlite_master").scalar():
            return None
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("insert into alembic_version values (?)", (version,))
        made: tuple[BindParameter[object], ...] = bindparam("id", str(uuid.uuid4())), bindparam("at", datetime.now(UTC), type_=Utc)
        connection.execute(text("insert into archive (id, made_at) values (:id, :at)").bindparams(*made))
    return version


def recorded_tables() -> tuple[str, list[str]]:
    """The version of the recorded tables, and the statements that make them (`python -m tests.pipeline.sql.tables_file` records them)."""
    head, _newline, rest = files("pipeline.sql").joinpath("migrations/tables.sql").read_text(encoding="utf-8").partition("\n")
    return head.split()[-1], [each for each in rest.split(";\n") if each.strip()]


def _run_migrations(engine: Engine, to: str) -> None:
    # Alembic is loaded only where tables are made or changed: every other start does without it.
    from alembic import command
    from alembic.config import Config as AlembicConfig

    settings = AlembicConfig()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    if engine.dialect.name == BACKEND:
        plain = server_engine(engine.url)
    else:
        plain = create_engine(engine.url, json_serializer=compact_json)  # batch changes need foreign keys off
        # Left alone, the driver begins no transaction for DDL: a kill would leave tables without a version.
        event.listen(plain, "connect", leave_begin_to_us)
        event.listen(plain, "begin", begin)
    with plain.connect() as connection, connection.begin():
        settings.attributes["connection"] = connection
        command.upgrade(settings, to)
    plain.dispose()


def leave_begin_to_us(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    """SQLAlchemy begins transactions; the driver must not."""
    connection.isolation_level = None


def begin(connection: Connection) -> None:
    """Begin a transaction as a writer, unless the engine is for reading."""
    # A deferred transaction that later writes fails at once when another writer came between; one that only reads blocks nobody.
    reads = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _space_is_due(engine: Engine) -> bool:
    """Whether a migration freed space that SQLite's file still has."""
    if engine.dialect.name != "sqlite":
        return False
    with closing(engine.raw_connection()) as raw:
        return bool(raw.cursor().execute("PRAGMA user_version").fetchone() == (SPACE_DUE,))


def _give_back_space(engine: Engine) -> None:
    """Make SQLite's file as small as its rows are. While others write, this waits for the next opening; where there is no room, new rows take the space."""
    if not _space_is_due(engine):
        return
    plain = create_engine(engine.url)  # the copy is made in a temporary file, not in memory as the engine's own settings say
    try:
        with closing(plain.raw_connection()) as raw:
            try:
                raw.cursor().execute("VACUUM")
            except sqlite3.OperationalError as error:
                if "locked" in str(error) or "busy" in str(error):
                    return
                log.warning("the database file keeps the space that its new tables do not need: %s", error)
            raw.cursor().execute("PRAGMA user_version = 0")
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        plain.dispose()
