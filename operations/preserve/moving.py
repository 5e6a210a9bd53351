"""An archive's rows moved from SQLite to PostgreSQL, compared there with what was read. WARC series, keys and index stay where they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Table, delete, func, select

from notices.config import Config
from notices.errors import BadInput, DamageFound
from notices.text.language import _
from pipeline.sql import watch_tables, withheld  # noqa: F401 (their tables join those of Base)
from pipeline.sql.base import Base
from pipeline.sql.database import database_errors, open_archive, open_database
from pipeline.sql.postgresql import BACKEND, copy_rows, set_sequences
from pipeline.sql.tables import ArchiveRow

_BATCH = 500
Progress = Callable[[int], None]
Tell = Callable[[int], Progress]
"""Told how many rows there are; its answer is told of each."""


def _silent(_total: int) -> Progress:
    return lambda _amount: None


@dataclass(frozen=True, slots=True)
class MovedTable:
    """How many rows of a table are in the new database, and the SHA-256 over their values that both databases gave."""

    name: str
    rows: int
    digest: str


def move_database(config: Config, address: str, tell: Tell = _silent) -> tuple[MovedTable, ...]:
    """Copy every row to the empty PostgreSQL database at the address and compare it there; the archive in use is not changed.

    It is one transaction of each database: nobody writes the old one meanwhile, and after an error or a kill the new one is as empty as before.
    Raises BadInput for a database that contains rows, DamageFound when a value cannot be read or is another one in the new database.
    """
    if not address.startswith(BACKEND) or config.database.startswith(BACKEND):
        raise BadInput(_("migrate moves an archive from SQLite to postgresql+psycopg://…"))
    old = open_archive(config)
    target = config._replace(database=address)
    new = open_database(target, parts=False)
    try:
        with database_errors(config.database):
            return copy_all(old, new, tell)
    finally:
        old.dispose()
        new.dispose()


def copy_all(old: Engine, new: Engine, tell: Tell = _silent) -> tuple[MovedTable, ...]:
    """Copy every row of one database into the tables of another, a PostgreSQL one without rows, in one transaction of each, and compare."""
    with old.begin() as source, new.begin() as copy:
        _refuse_filled(copy)
        copy.execute(delete(ArchiveRow.__table__))  # type: ignore[arg-type]  # that of the new tables; the archive keeps its id
        progress = tell(sum(source.execute(select(func.count()).select_from(each)).scalar_one() for each in Base.metadata.sorted_tables))
        moved = tuple(_moved(source, copy, table, progress) for table in Base.metadata.sorted_tables)
        set_sequences(copy)
    return moved


def _refuse_filled(copy: Connection) -> None:
    for table in Base.metadata.sorted_tables:
        if table.name != ArchiveRow.__tablename__ and copy.execute(select(func.count()).select_from(table)).scalar_one():
            raise BadInput(_("the new database is not empty: its table {table} contains rows").format(table=table.name))


def _moved(source: Connection, copy: Connection, table: Table, progress: Progress) -> MovedTable:
    read = _Digest()

    def rows() -> Iterator[Sequence[object]]:
        for row in _rows(source, table):
            read.add(row)
            progress(1)
            yield row

    copy_rows(copy, table, rows())
    written = _Digest()
    for row in _rows(copy, table):
        written.add(row)
    if read.state() != written.state():
        raise DamageFound(
            _("table {table}: {rows} rows were read, the new database gives {found} rows or other values").format(
                table=table.name, rows=read.rows, found=written.rows
            )
        )
    return MovedTable(table.name, read.rows, read.state()[1])


def _rows(connection: Connection, table: Table) -> Iterator[Sequence[object]]:
    query = select(table).order_by(*table.primary_key.columns)
    yield from connection.execution_options(yield_per=_BATCH).execute(query)


class _Digest:
    """A digest over rows in order of their keys, the same whichever database they are read from."""

    def __init__(self) -> None:
        self.rows, self._sum = 0, hashlib.sha256()

    def add(self, row: Sequence[object]) -> None:
        """Take one more row in."""
        self.rows += 1
        self._sum.update(json.dumps([*row], ensure_ascii=False, sort_keys=True, default=_text).encode("utf-8", "surrogatepass") + b"\n")

    def state(self) -> tuple[int, str]:
        """How many rows, and their digest."""
        return self.rows, self._sum.hexdigest()


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return str(value.isoformat() if hasattr(value, "isoformat") else value)
