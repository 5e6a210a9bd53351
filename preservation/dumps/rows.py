"""The rows of a dump loaded into tables that this program made itself: whoever made a dump may have put anything into it.

Only values are taken, table by table, for the columns that they are named for. What else a dump can contain (functions, triggers, other tables) is
never looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, make_url, text

from notices.config import Config
from notices.errors import ArchiveLocked, BadInput, ConfigError, DamageFound
from notices.text.language import _
from pipeline.sql import watch_tables, withheld  # noqa: F401 (their tables join those of Base)
from pipeline.sql.base import Base
from pipeline.sql.database import engine_of, for_reading
from pipeline.sql.migrate import newest_version, upgrade, version_of
from pipeline.sql.postgresql import among_others, check_database, set_sequences, shown_address, translated
from preservation.dumps.programs import VERSIONS, dumped_rows

MAGIC = b"PGDMP"
_HEAD = re.compile(rb'^COPY public\.("?)([a-z_]+)\1 \(([a-z_0-9", ]+)\) FROM stdin;\s*$')
_SCRATCH = 7_304_213  # the advisory locks of scratch schemas, each with the schema's number
_MOST = 20
_CHUNK = 1 << 18


def check_dump(dump: Path) -> None:
    """Raise DamageFound for a file that is not of pg_dump's custom format."""
    with dump.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise DamageFound(_("the backup's {file} is not a dump of PostgreSQL").format(file=dump.name))


def load_database(config: Config, dump: Path, mark: Path) -> None:
    """Fill the configuration's empty database with the rows of a dump, in one transaction.

    `mark` is written when the database was seen to be empty: where it is, a load that was killed is begun again, or was complete.
    Raises BadInput for a database that contains tables.
    """
    engine = engine_of(make_url(config.database))
    try:
        check_database(engine)
        if version_of(engine) is not None and not mark.exists():
            raise BadInput(_("the database {where} is not empty: restore into a new one").format(where=shown_address(engine.url)))
        mark.touch()
        drop_tables(engine)
        _fill(engine, config, dump)
    finally:
        engine.dispose()


def empty_database(config: Config, mark: Path) -> None:
    """Make a database as empty as it was before a load of this restoration; without its mark nothing was loaded."""
    if mark.exists():
        engine = engine_of(make_url(config.database))
        try:
            drop_tables(engine)
        finally:
            engine.dispose()


def drop_tables(engine: Engine) -> None:
    """Remove the tables of this program, with their rows."""
    with engine.begin() as connection:
        for name in (*Base.metadata.tables, VERSIONS):
            connection.exec_driver_sql(f'DROP TABLE IF EXISTS "{name}" CASCADE')


def _fill(engine: Engine, config: Config, dump: Path) -> None:
    upgrade(engine, config, _version(dump))  # the tables as they were, then the rows, then whatever a newer program changes
    with among_others(engine).begin() as connection:
        connection.exec_driver_sql("DELETE FROM archive")  # that of the new tables; the archive keeps its id
        for table in Base.metadata.sorted_tables:
            _load(connection, dump, table.name)
        set_sequences(connection)
    upgrade(engine, config)


def _version(dump: Path) -> str:
    """The version of the tables in a dump."""
    rows = list(dumped_rows(dump, VERSIONS))
    version = rows[1].decode("ascii", "replace").strip() if len(rows) == 2 else ""
    if not re.fullmatch(r"\d{4}", version):
        raise DamageFound(_("the backup's {file} contains no archive").format(file=dump.name))
    if version > newest_version():
        raise ConfigError(
            _("database: made by a newer version of this program (tables {version}, known {newest_version})").format(
                version=version, newest_version=newest_version()
            )
        )
    return version


def _load(connection: Connection, dump: Path, table: str) -> None:
    lines = dumped_rows(dump, table)
    first = next(lines, None)
    if first is None:
        return  # a table that was made later
    named = _HEAD.match(first)
    if named is None or named[2].decode() != table:
        raise DamageFound(_("the backup's {file}: {error}").format(file=dump.name, error=first[:200].decode(errors="replace").strip()))
    columns = ", ".join(f'"{name.strip(chr(34))}"' for name in named[3].decode().split(", "))
    driver = connection.dialect.loaded_dbapi
    with closing(connection.connection.cursor()) as cursor:
        try:
            with cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
                for chunk in _chunks(lines):
                    copy.write(chunk)
        except (driver.DataError, driver.IntegrityError, driver.ProgrammingError) as error:
            told = str(error).splitlines()[0][:300]
            raise DamageFound(_("the backup's {file}: {error}").format(file=dump.name, error=told)) from error
        except driver.Error as error:
            raise translated(error, shown_address(connection.engine.url)) from error


def _chunks(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The lines in pieces of a quarter of a megabyte or more."""
    for first in lines:
        piece, size = [first], len(first)
        for line in lines:
            piece.append(line)
            size += len(line)
            if size > _CHUNK:
                break
        yield b"".join(piece)


@contextmanager
def loaded_aside(config: Config, dump: Path) -> Iterator[Engine]:
    """The rows of a dump as a database of their own, for reading: a schema in the archive's database, removed at the end.

    What a kill left is removed by the next that takes its number.
    """
    url = make_url(config.database)
    engine = engine_of(url)
    with among_others(engine).connect().execution_options(isolation_level="AUTOCOMMIT") as keeper:
        number = _number(keeper)
        name = f"notices_backup_{number}"
        with suppress(KeyError):
            url = url.difference_update_query(["options"])
        scratch = engine_of(url.update_query_dict({"options": f"-c timezone=UTC -c lock_timeout=60s -c search_path={name}"}))
        try:
            keeper.exec_driver_sql(f"DROP SCHEMA IF EXISTS {name} CASCADE")
            keeper.exec_driver_sql(f"CREATE SCHEMA {name}")
            _fill(scratch, config, dump)
            yield for_reading(scratch)
        finally:
            scratch.dispose()
            keeper.exec_driver_sql(f"DROP SCHEMA IF EXISTS {name} CASCADE")
            keeper.invalidate()  # closed, which gives the lock back
    engine.dispose()


def _number(keeper: Connection) -> int:
    """A number that no other restoration has; it is this connection's until it ends."""
    for number in range(1, _MOST):
        if keeper.execute(text("select pg_try_advisory_lock(:kind, :number)"), {"kind": _SCRATCH, "number": number}).scalar_one():
            return number
    raise ArchiveLocked(_("other repairs are reading backups in this database; try again later"))
