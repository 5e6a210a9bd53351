"""What PostgreSQL needs that SQLite does not: its connections, one writer at a time, and its errors in the archive's words.

An embedded archive never imports the driver: SQLAlchemy loads it for an address of PostgreSQL only.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, column, create_engine, event, func, select, text
from sqlalchemy import table as sql_table
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from notices.errors import ArchiveLocked, ArchiveUnwritable, ConfigError, DamageFound, DiskFull, ForeignPart, OperatorError, ServerAway
from notices.text.language import N_, _
from pipeline.sql.column_types import compact_json

BACKEND = "postgresql"
WRITERS, MIGRATIONS, HOSTS = 7_304_211, 7_304_212, 7_304_214  # any numbers that no other advisory lock of the database has
_SETTINGS = "-c timezone=UTC -c lock_timeout=60s -c synchronous_commit=on -c search_path=public"
_CONNECTION: dict[str, object] = {
    "application_name": "notices",
    "client_encoding": "utf8",
    "connect_timeout": 10,
    "options": _SETTINGS,
    # A peer that is gone without a word is noticed within a minute, not after the two hours of the kernel.
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
_KINDS: tuple[tuple[tuple[str, ...], type[OperatorError], str], ...] = (
    (("28",), ConfigError, N_("the database {where} refuses this user or password: {message}")),
    (("3D000",), ConfigError, N_("the database {where} does not exist on its server: {message}")),
    (("55P03",), ArchiveLocked, N_("another program has been writing the database {where} for a minute: {message}")),
    (("53100", "53000"), DiskFull, N_("no space left for the database {where}: {message}")),
    (("XX001", "XX002"), DamageFound, N_("the database {where} is damaged: {message}")),
    (("25006", "42501"), ArchiveUnwritable, N_("the database {where} cannot be written by this user: {message}")),
    (("08", "57P", "53300"), ServerAway, N_("the database {where} cannot be reached now; nothing is lost, try again later: {message}")),
    (("",), ArchiveUnwritable, N_("the database {where} cannot be used: {message}")),
)
"""How SQLSTATE codes begin (PostgreSQL's manual, appendix A), and whose they are. 08, 57P, 53300: lost or refused, stopping or starting, too many."""
_BEFORE_LOGIN = {
    "password authentication failed": "28P01",
    "no pg_hba.conf entry": "28000",
    "no password supplied": "28000",
    'role "': "28000",
    **dict.fromkeys(
        (
            "invalid connection option",
            "invalid URI",
            ' value: "',  # of sslmode, target_session_attrs and the like
            "bad value for",
            "invalid integer value",
            "invalid port number",
            "Invalid argument",
            "could not parse network address",
            "definition of service",
            "root certificate file",
            "certificate verify failed",
            "does not match host name",
            "does not support SSL",
            "invalid value for parameter",
            "unrecognized configuration parameter",
        ),
        "42601",
    ),
    "does not exist": "3D000",
    "too many clients": "53300",
}
"""What libpq says when there is no connection yet: then the server's code is not handed over. The first that fits counts."""
_OF_THE_DRIVER = ("autocommit", "context", "cursor_factory", "prepare_threshold", "row_factory")
"""What psycopg takes beside libpq's options: objects, and what the archive decides itself (autocommit=0 is true: a word that is not empty)."""


def is_server(url: URL) -> bool:
    """Whether the address is one of PostgreSQL."""
    return url.get_backend_name() == BACKEND


def shown_address(url: URL) -> str:
    """The address for a message: without user and password, and without options, which may contain one."""
    if not is_server(url):
        return url.render_as_string().rsplit("@", 1)[-1]
    place = f"{url.host or 'localhost'}:{url.port or 5432}" if url.host or "host" not in url.query else str(url.query["host"])
    return f"{place}/{url.database or ''}"


def server_engine(url: URL) -> Engine:
    """An engine on a PostgreSQL server. Raises ConfigError where the driver is not installed, or the address cannot be used."""
    if options := [f"{key}={url.query[key]}" for key in _OF_THE_DRIVER if key in url.query]:
        told = _("the database {where} cannot be used: {message}")
        raise ConfigError(told.format(where=shown_address(url), message=", ".join(options)))
    try:
        given = {key: value for key, value in _CONNECTION.items() if key not in url.query}
        engine = create_engine(url, json_serializer=compact_json, pool_pre_ping=True, pool_recycle=1800, connect_args=given)
    except (ImportError, NoSuchModuleError) as error:
        raise ConfigError(
            _("database: PostgreSQL needs the extra postgresql: pip install 'notices-archive[postgresql]' ({error})").format(error=error)
        ) from error
    except (ArgumentError, ValueError, TypeError) as error:
        raise ConfigError(_("the database {where} cannot be used: {message}").format(where=shown_address(url), message=error)) from error
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    """One writer at a time, as in SQLite: whatever is read before something is written is still so, and the change log has no gaps.

    A reader sees one moment for as long as it reads, and waits for nobody.
    """
    options = connection.get_execution_options()
    if options.get("read_only", False):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    elif not options.get("among_others", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")


def refuse_other_home(engine: Engine, home: Path) -> None:
    """Raise ForeignPart where rows of a server name captures, for a home that has none: written there, others would get their names and places."""
    if engine.dialect.name == BACKEND:
        with engine.connect().execution_options(read_only=True) as connection:
            found = connection.exec_driver_sql("SELECT id FROM snapshot LIMIT 1").first()
        if found is not None:
            told = _(
                "{home} has none of the captures of the archive in the database {where}: set NOTICES_HOME to the archive's own home; on another "
                "machine it is a file system that all of them share"
            )
            raise ForeignPart(told.format(home=home, where=shown_address(engine.url)))


def among_others(engine: Engine) -> Engine:
    """The same database for a transaction that locks the rows that it takes, and so needs not be the only writer."""
    return engine.execution_options(among_others=True)


@contextmanager
def migrating(engine: Engine) -> Iterator[None]:
    """Have the lock of migrations: programs on several machines share the database."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT", among_others=True) as connection:
        connection.exec_driver_sql("SET lock_timeout = '15min'")
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({MIGRATIONS})")
        try:
            yield
        finally:
            connection.invalidate()  # closed, which gives the lock back: its settings are not those of other connections


@contextmanager
def alone_at(engine: Engine, names: Iterable[str], wait: float) -> Iterator[None]:
    """Have the database's locks of these names, whichever machines the others are on; wait that many seconds for each. Raises ArchiveLocked.

    They are those of a connection, so a process that is killed gives them back at once.
    """
    with among_others(engine).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            for name in sorted(names):
                until = time.monotonic() + wait
                while not connection.execute(
                    text("SELECT pg_try_advisory_lock(:kind, hashtext(:name))"), {"kind": HOSTS, "name": name}
                ).scalar():
                    if time.monotonic() >= until:
                        raise ArchiveLocked(_("another run crawls {host}").format(host=name))
                    time.sleep(0.5)
            yield
        finally:
            connection.invalidate()


def check_database(engine: Engine) -> None:
    """Raise ConfigError for a database in which texts are not compared by their code points, or not kept in UTF-8."""
    query = "select datname, pg_encoding_to_char(encoding), datcollate from pg_database where datname = current_database()"
    with engine.connect() as connection:
        name, encoding, collation = connection.execute(text(query)).one()
    if encoding != "UTF8" or collation.split(".")[0] not in ("C", "POSIX"):
        raise ConfigError(
            _(
                "database: {name} has encoding {encoding} and collation {collation}; make it by: create database {name} "
                "template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8'"
            ).format(name=name, encoding=encoding, collation=collation)
        )


def copy_rows(connection: Connection, table: Table, rows: Iterable[Sequence[object]]) -> None:
    """Write rows with all columns of a table by COPY, in the transaction of the connection."""
    dialect = connection.dialect
    processors = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns]
    quote = dialect.identifier_preparer.quote
    names = ", ".join(quote(column.name) for column in table.columns)
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(f"COPY {quote(table.name)} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([process(value) if process else value for process, value in zip(processors, row, strict=True)])
    except connection.dialect.loaded_dbapi.Error as error:
        raise translated(error, shown_address(connection.engine.url)) from error
    finally:
        cursor.close()


def set_sequences(connection: Connection) -> None:
    """Let the numbers of new rows begin after those that are there, or were: rows that came with their numbers do not move a sequence."""
    found = connection.execute(
        text(
            "select c.table_name, pg_get_serial_sequence(quote_ident(c.table_name), c.column_name) from information_schema.columns c "
            "where c.table_schema = current_schema() and c.column_default like 'nextval(%'"
        )
    ).all()
    for table, sequence in found:
        newest: int = connection.execute(select(func.coalesce(func.max(column("id")), 0)).select_from(sql_table(table))).scalar_one()
        given: int = connection.execute(text("select coalesce(pg_sequence_last_value(:name), 0)"), {"name": sequence}).scalar_one()
        connection.execute(select(func.setval(sequence, max(newest, given) + 1, False)))


def translated(error: BaseException, where: str) -> OperatorError:
    """The archive's error for one of the driver; `where` names the server without user and password."""
    said = _first_line(error)
    code = getattr(error, "sqlstate", None) or next((code for sign, code in _BEFORE_LOGIN.items() if sign in said), "08000")
    kind, told = next((kind, told) for begins, kind, told in _KINDS if str(code).startswith(begins))
    return kind(_(told).format(where=where, message=said))


def _first_line(error: BaseException) -> str:
    """The driver's text in one line; it names host, port and user, never a password."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines)[:400] or type(error).__name__
