"""An archive grown by copies: what a large archive costs, without the hours of filling it.

Rows are copied inside SQLite: notices under other addresses, with revisions, relations, list entries and changes of their own, each an instrument of its
own. The copies share the WARC records and the recorded digests of the first ones, so they verify; the index is not made larger.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

_OWN = {  # table: (columns of an id of its own, columns that name the notice or revision that was copied)
    "notice": (("id",), ()),
    "revision": (("id",), ("notice_id",)),
    "attachment": (("id",), ("revision_id",)),
    "citation": (("id",), ("revision_id",)),
    "alias": (("id",), ("revision_id",)),
    "change": (("seq",), ("notice_id",)),
    "observation": (("id",), ("notice_id",)),
    "listing": (("id",), ()),
}
_OTHER = {"instrument_key": ("notice_id",), "sketch": ("notice_id",)}
_STEPS = {"notice_id": "notice", "revision_id": "revision"}


def grow(home: Path, notices: int) -> int:
    """Copy the archive's rows until it has about so many notices; return how many it has. At rest: no other process may use it."""
    with closing(sqlite3.connect(home / "notices.db")) as raw, raw:
        raw.execute("PRAGMA synchronous=OFF")
        present = {name for (name,) in raw.execute("select name from sqlite_master where type = 'table'")}
        sizes = {table: raw.execute(f"select max({own[0]}) from {table}").fetchone()[0] or 0 for table, (own, _) in _OWN.items()}
        first = raw.execute("select count(*) from notice").fetchone()[0]
        for copy in range(1, -(-notices // first)):
            for table, (own, names) in _OWN.items():
                _copy(raw, table, {**{name: sizes[table] for name in own}, **{name: sizes[_STEPS[name]] for name in names}}, copy)
            for table, names in _OTHER.items():
                if table in present:
                    _copy(raw, table, {name: sizes[_STEPS[name]] for name in names}, copy)
        count: int = raw.execute("select count(*) from notice").fetchone()[0]
    with closing(sqlite3.connect(home / "notices.db")) as raw:
        raw.execute(
            "ANALYZE" if raw.execute("select count(*) from sqlite_master where name = 'sqlite_stat1'").fetchone()[0] else "PRAGMA optimize"
        )
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return count


def _copy(raw: sqlite3.Connection, table: str, steps: dict[str, int], copy: int) -> None:
    """Add the first rows again, each id further by a multiple of its step."""
    columns = [name for _, name, *_ in raw.execute(f"pragma table_info({table})")]
    values = [_value(table, name, steps, copy) for name in columns]
    own = next(iter(steps))
    raw.execute(
        f"insert into {table} ({', '.join(map(_quoted, columns))}) select {', '.join(values)} from {table} where {own} <= {steps[own]}"
    )


def _value(table: str, name: str, steps: dict[str, int], copy: int) -> str:
    if name in steps:
        return f"{name} + {steps[name] * copy}"
    if name == "key" and table in ("notice", "listing", "instrument_key"):
        return f"key || '#{copy}'"
    if name == "url" and table in ("notice", "listing"):
        return f"url || '?copy={copy}'"
    if name == "group_id":
        return "null"
    return _quoted(name)


def _quoted(name: str) -> str:
    return f'"{name}"'


def copied(home: Path, target: Path, notices: int) -> Path:
    """A copy of an archive's folder, grown."""
    shutil.copytree(home, target)
    grow(target, notices)
    return target
