"""A key-value map kept on disk so that memory stays bounded, however large the archive is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from notices.errors import ArchiveUnwritable, DiskFull

_AT_ONCE = 2000
_PRAGMAS = ("journal_mode=off", "synchronous=off", "cache_size=-8000")


class DiskMap:
    """Values by (part, number) in a temporary SQLite file, which is deleted when the map is closed. A later value replaces an earlier one."""

    def __init__(self) -> None:
        self._new: list[tuple[str, int, bytes]] = []
        with _errors():
            # SQLite moves a database without a name to the folder for temporary files once it is larger than its cache.
            self._raw = sqlite3.connect("", isolation_level=None)
            for pragma in _PRAGMAS:
                self._raw.execute(f"pragma {pragma}")
            self._raw.execute("create table entry (part text, number integer, value blob, primary key (part, number)) without rowid")
            self._raw.execute("begin")

    def put(self, part: str, number: int, value: bytes) -> None:
        """Set a value."""
        self._new.append((part, number, value))
        if len(self._new) >= _AT_ONCE:
            self._write()

    def get(self, part: str, number: int) -> bytes | None:
        """The value, or None."""
        self._write()
        with _errors():
            row = self._raw.execute("select value from entry where part = ? and number = ?", (part, number)).fetchone()
        return row[0] if row else None

    def drop(self, part: str, number: int) -> None:
        """Delete a value."""
        self._write()
        with _errors():
            self._raw.execute("delete from entry where part = ? and number = ?", (part, number))

    def parts(self) -> list[str]:
        """Every part that contains a value."""
        self._write()
        with _errors():
            return [part for (part,) in self._raw.execute("select distinct part from entry order by part")]

    def each(self, part: str) -> Iterator[tuple[int, bytes]]:
        """The numbers of a part in order, with their values."""
        self._write()
        with _errors():
            yield from self._raw.execute("select number, value from entry where part = ? order by number", (part,))

    def close(self) -> None:
        """Delete the file."""
        self._raw.close()

    def _write(self) -> None:
        if self._new:
            with _errors():
                self._raw.executemany("insert or replace into entry values (?, ?, ?)", self._new)
            self._new.clear()


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        kind = DiskFull if "full" in str(error) else ArchiveUnwritable
        raise kind(f"the folder for temporary files (SQLITE_TMPDIR) cannot be used: {error}") from error
