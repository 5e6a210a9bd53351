"""The SQL database: opening it, bringing its tables up to date, and errors translated once."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine, ExceptionContext, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from notices.archive_id import check_part, read_marker, series_archive, write_marker
from notices.config import Config
from notices.errors import ArchiveUnwritable, ConfigError, DamageFound, DiskFull, OperatorError, UserError
from notices.text.language import _
from pipeline.durable import file_error
from pipeline.sql.column_types import compact_json
from pipeline.sql.migrate import begin, leave_begin_to_us, newest_version, upgrade, version_of
from pipeline.sql.postgresql import check_database, is_server, refuse_other_home, server_engine, shown_address, translated

_READING = ("busy_timeout=30000", "query_only=ON", "temp_store=MEMORY")
_OPTIONS = ("timeout", "cached_statements")
"""What an address of SQLite may have after its "?": the others decide where the file is, how values are read and when a transaction begins."""
_LONGEST_WAIT = 3600  # seconds
_SERVER_ERRORS = (DatabaseError, InterfaceError)
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON", "temp_store=MEMORY")


def open_database(config: Config, *, parts: bool = True) -> Engine:
    """An engine on the archive's database with its tables at the newest version; transactions begin as writers.

    The WARC series and the keys must be parts of the same archive, unless `parts` is False: for a database that is not the archive's own, or not yet.
    Raises ArchiveUnwritable, DiskFull, DamageFound, ForeignPart or ConfigError.
    """
    url = _url(config)
    with database_errors(config.database):
        if parts and not is_server(url) and _is_missing(url):
            _refuse_lost(config)
        if parts or not is_server(url):
            _make_home(config)
        engine = engine_of(url)
        if version_of(engine) is None:
            if parts:
                _refuse_lost(config)
            if is_server(url):
                check_database(engine)
        upgrade(engine, config)
        if parts:
            _claim_parts(engine, config)
    return engine


def open_for_reading(config: Config) -> Engine:
    """An engine for a command that only reads: it creates no archive, and needs no permission to write. Raises UserError without an archive.

    A folder that this user cannot write is read as it is now: SQLite's log of a writer at work is read with it where there is one.
    """
    url = _url(config)
    _refuse_missing(config, url)
    if is_server(url) or not url.database:
        return open_database(config)
    file = Path(url.database)
    if os.access(file, os.W_OK) and os.access(file.parent, os.W_OK):
        return open_database(config)
    with database_errors(config.database):
        engine = for_reading(engine_of(make_url(f"sqlite:///{reading_uri(file)}&uri=true"), _READING))
        if (version := version_of(engine)) != newest_version():
            raise ArchiveUnwritable(
                _(
                    "database: its tables are of version {version}, this program needs {newest_version}: let its owner run a command first"
                ).format(version=version, newest_version=newest_version())
            )
        _check_parts(engine, config)
    return engine


def reading_uri(file: Path) -> str:
    """SQLite's URI of a database file for somebody who may not write in its folder."""
    log, index = (file.with_name(f"{file.name}-{each}") for each in ("wal", "shm"))
    is_at_rest = not log.exists() or (not log.stat().st_size and not index.exists())
    return f"file:{quote(str(file))}?{'immutable=1' if is_at_rest else 'mode=ro'}"  # without its log SQLite would create one


def open_read_only(config: Config) -> Engine:
    """An engine whose connections cannot write, for those who answer strangers. Tables of an earlier version are brought up to date first."""
    first = open_for_reading(config)
    if first.dialect.name != "sqlite" or first.get_execution_options().get("read_only"):
        return for_reading(first)
    first.dispose()
    return for_reading(engine_of(_url(config), _READING))


def no_archive_yet() -> Engine:
    """A database without rows, in memory: an archive as it is before its first crawl. Nothing is made in the home."""
    from pipeline.sql.tables import ArchiveRow  # the models: those who open a database do not need them for that

    engine = create_engine("sqlite://", poolclass=StaticPool, json_serializer=compact_json)
    ArchiveRow.metadata.create_all(engine)
    return engine


def open_archive(config: Config) -> Engine:
    """The database of an archive that exists already. Raises UserError without one, and makes nothing."""
    url = _url(config)
    _refuse_missing(config, url)
    return open_database(config)


def _refuse_missing(config: Config, url: URL) -> None:
    """Raise DamageFound for a database that was lost, UserError where no archive is."""
    if is_server(url):
        _refuse_empty_server(config, url)
    elif _is_missing(url):
        _refuse_lost(config)
        raise UserError(
            _("there is no archive in {home} (NOTICES_HOME selects another folder); notices demo, crawl or import creates one").format(
                home=config.home
            )
        )


def _refuse_empty_server(config: Config, url: URL) -> None:
    engine = engine_of(url)
    try:
        if version_of(engine) is None:
            _refuse_lost(config)
            told = _("there is no archive in the database {where}; notices demo, crawl or import creates one")
            raise UserError(told.format(where=shown_address(url)))
    finally:
        engine.dispose()


def archive_id(engine: Engine) -> str:
    """The archive's id; "" when its row is missing."""
    with for_reading(engine).connect() as connection:
        return str(connection.execute(text("select id from archive")).scalar() or "")


def _is_missing(url: URL) -> bool:
    """Whether SQLite's file is missing or empty."""
    path = Path(url.database or "")
    return bool(url.database) and (not path.exists() or (path.is_file() and not path.stat().st_size))


def _refuse_lost(config: Config) -> None:
    """Raise DamageFound when the archive has a WARC series: then its database was lost, and an empty one must not take its place."""
    if any(config.warc_dir.glob("notices-*.warc.gz*")):
        raise DamageFound(
            _(
                "the database {database} is missing, {folder} contains the archive's captures: notices repair "
                "--rebuild-sql rebuilds it from them (or restore a backup into a new home)"
            ).format(database=shown_address(_url(config)), folder=config.warc_dir)
        )


def _claim_parts(engine: Engine, config: Config) -> None:
    """Check that WARC series and keys name this archive. Raises ForeignPart.

    Parts of an archive that was made before there were ids name none; they are adopted if the rows name a file of the series, or none is there yet.
    """
    ident, paths = archive_id(engine), config.state_paths()
    if not ident:
        return
    if not any(paths.warc.glob("notices-*.warc.gz*")) and read_marker(config.home) != ident:
        refuse_other_home(engine, config.home)
        with contextlib.suppress(OSError):  # a new archive; or one that may only be read: then it is not marked
            write_marker(config.home, ident)
    marked = _check_parts(engine, config)
    with contextlib.suppress(OSError):
        if not marked[0] and _is_own(engine, paths.warc):
            write_marker(config.home, ident)
        if not marked[1] and paths.keys.is_dir() and read_marker(config.home) == ident:
            write_marker(paths.keys, ident)


def _check_parts(engine: Engine, config: Config) -> tuple[bool, bool]:
    """Whether home and keys are marked. Raises ForeignPart when these or the series name another archive."""
    ident, paths = archive_id(engine), config.state_paths()
    check_part(paths.warc, series_archive(paths.warc), ident, "the WARC series")
    home = check_part(config.home, read_marker(config.home), ident, "the folder")
    return home, check_part(paths.keys, read_marker(paths.keys), ident, "the folder of keys")


def _is_own(engine: Engine, folder: Path) -> bool:
    """Whether an unmarked series is that of the rows: it is empty, or some row's file is in it."""
    if not any(folder.glob("notices-*.warc.gz*")):
        return True
    with for_reading(engine).connect() as connection:
        names = connection.execute(text("select distinct warc_file from snapshot")).scalars().all()
    return any((folder / f"{name}{suffix}").exists() for name in names for suffix in ("", ".open"))


def _url(config: Config) -> URL:
    """The address of the database. Raises ConfigError for one that cannot be read."""
    try:
        url = make_url(config.database)
    except Exception as error:
        raise ConfigError(_("database: {address!r} is not a database URL").format(address=config.database.split("@")[-1])) from error
    if config.database == _embedded(config):
        # Taken apart by SQLAlchemy, a home with "?" in its name would lead elsewhere: a path is a path.
        return url.set(database=config.database.removeprefix("sqlite:///"), query={})
    if not is_server(url):
        _check_options(url)
    return url


def _check_options(url: URL) -> None:
    """Raise ConfigError for an option that an archive's file does not take, before anything is looked for or made at the address."""
    try:
        if others := [f"{key}={url.query[key]}" for key in url.query if key not in _OPTIONS]:
            raise ValueError(", ".join(others))
        _words, options = create_engine(url).dialect.create_connect_args(url)  # reads the values
        if not 0 <= options.get("timeout", 0) <= _LONGEST_WAIT:
            raise ValueError(f"timeout={options['timeout']}")
        sqlite3.connect(":memory:", **options).close()
    except (ValueError, TypeError, OverflowError, ArgumentError, sqlite3.Error) as error:
        raise _unusable(url, error) from error


def _unusable(url: URL, error: Exception) -> ConfigError:
    return ConfigError(_("database: {address} cannot be used: {error}").format(address=url.render_as_string(), error=error))


def _embedded(config: Config) -> str:
    return f"sqlite:///{config.home}/notices.db"


def _make_home(config: Config) -> None:
    try:
        for folder in (config.home, config.locks_dir):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise file_error(config.home, error) from error


def engine_of(url: URL, pragmas: Sequence[str] = _PRAGMAS) -> Engine:
    """An engine on the database as it is: its tables are not looked at. Its errors are the archive's. Raises ConfigError."""
    if is_server(url):
        engine = server_engine(url)
        event.listen(engine, "handle_error", _on_server_error)
        return engine
    try:
        engine = create_engine(url, json_serializer=compact_json)
        engine.dialect.create_connect_args(url)  # the driver's own reading of the address
    except (ImportError, ValueError, TypeError, ArgumentError) as error:
        raise _unusable(url, error) from error
    event.listen(engine, "handle_error", _on_error)
    event.listen(engine, "connect", partial(_on_connect, pragmas))
    event.listen(engine, "begin", begin)
    return engine


def for_reading(engine: Engine) -> Engine:
    """The same database for long reads: a consistent view that keeps no writer waiting."""
    return engine.execution_options(read_only=True)


def _on_connect(pragmas: Sequence[str], connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
    leave_begin_to_us(connection, record)
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}").close()


def _on_error(context: ExceptionContext) -> None:
    """Whatever a caller does with the engine: a disk that is full comes out as DiskFull, and so on."""
    error = context.original_exception
    if isinstance(context.sqlalchemy_exception, OperationalError) or type(error) is sqlite3.DatabaseError:
        url = context.engine.url if context.engine else None
        raise _translated(str(error), url.render_as_string().rsplit("@", 1)[-1] if url else "") from error


def _on_server_error(context: ExceptionContext) -> None:
    """Whatever a caller does with the engine: a server that is away comes out as ServerAway, and so on. A lost connection leaves the pool."""
    error, url = context.original_exception, context.engine.url if context.engine else None
    if isinstance(context.sqlalchemy_exception, _SERVER_ERRORS) and not isinstance(context.sqlalchemy_exception, IntegrityError):
        if context.is_disconnect and context.connection is not None:
            context.connection.invalidate()
        raise translated(error, shown_address(url) if url else "") from error


@contextmanager
def database_errors(where: str) -> Iterator[None]:
    """Translate a database driver's errors into the archive's, naming the database."""
    shown = where.rsplit("@", 1)[-1]
    try:
        yield
    except DatabaseError as error:
        if isinstance(error.orig, sqlite3.DatabaseError):
            raise _translated(str(error.orig), shown) from error
        if isinstance(error, OperationalError) and error.orig is not None:
            raise translated(error.orig, shown) from error
        raise


def _is_full(where: str) -> bool:
    """Whether the device of a SQLite file has no space left: SQLite reports it in other words where it makes or grows its journal."""
    path = Path(where.removeprefix("sqlite:///"))
    try:
        state = os.statvfs(path.parent)
    except OSError:
        return False
    return state.f_bavail * state.f_frsize < 256 * 1024 or (state.f_files > 0 and not state.f_favail)


def _translated(message: str, where: str) -> OperatorError:
    doubtful = "I/O error" in message or "unable to open" in message
    if "full" in message or "No space" in message or (doubtful and _is_full(where)):
        return DiskFull(_("no space left for the database {where}").format(where=where))
    if "malformed" in message or "not a database" in message or "decode to UTF-8" in message:
        return DamageFound(_("the database {where} is damaged: {message}").format(where=where, message=message))
    if "readonly" in message:
        told = _("the database {where} cannot be written by this user: run the command as the user who owns the archive")
        return ArchiveUnwritable(told.format(where=where))
    return ArchiveUnwritable(_("the database {where} cannot be used: {message}").format(where=where, message=message))
