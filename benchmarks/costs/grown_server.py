"""An archive on PostgreSQL grown by rows: notices with addresses, numbers, titles and keys of their own, and the texts of those that were imported.

The server makes them from its own rows (insert … select), at the speed of COPY. The page of each is that of its model, so `notices verify` would report
them; the index is not made larger.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

_STEPS = {
    "notice": "notice",
    "revision": "notice",
    "citation": "revision",
    "alias": "revision",
    "attachment": "revision",
    "change": "notice",
}
_OWN = {
    "snapshot": {"id": "id + {snapshot}", "warc_file": "warc_file || '-{copy}'", "url": "url || '-{copy}'"},
    "notice": {"id": "id + {notice}", "key": "key || '-{copy}'", "url": "url || '-{copy}'", "group_id": "null"},
    "revision": {
        "id": "id + {revision}",
        "notice_id": "notice_id + {notice}",
        "snapshot_id": "snapshot_id + {snapshot}",
        "title": "title || '（第{copy}批）'",
        "document_number": "replace(document_number, '〕', '〕{copy}00000')",
        "number_key": "number_key || '-{copy}'",
        "number_loose": "number_loose || '-{copy}'",
        "published_date": "published_date - ({copy} % 3000)",
    },
    "attachment": {"id": "id + {attachment}", "revision_id": "revision_id + {revision}", "snapshot_id": "snapshot_id + {snapshot}"},
    "citation": {
        "id": "id + {citation}",
        "revision_id": "revision_id + {revision}",
        "target_id": "target_id + {notice}",
        "target_key": "target_key || '-{copy}'",
        "title_key": "title_key || '-{copy}'",
    },
    "alias": {"id": "id + {alias}", "revision_id": "revision_id + {revision}"},
    "change": {"seq": "seq + {change}", "notice_id": "notice_id + {notice}"},
    "observation": {"id": "id + {observation}", "notice_id": "notice_id + {notice}"},
    "listing": {"id": "id + {listing}", "key": "key || '-{copy}'", "url": "url || '-{copy}'"},
    "instrument_key": {"notice_id": "notice_id + {notice}", "key": "key || '-{copy}'"},
    "sketch": {"notice_id": "notice_id + {notice}"},
}
_NUMBERED = ("notice", "revision", "attachment", "citation", "alias", "observation", "listing", "snapshot")


def grow(database: Engine, notices: int) -> int:
    """Add copies of the archive's first notices until there are about so many; return how many there are."""
    with database.begin() as connection:
        present = _most(connection, "notice", "id")
        steps = {table: _most(connection, table, "seq" if table == "change" else "id") for table in (*_NUMBERED, "change")}
        copies = -(-notices // present)
        for table, own in _OWN.items():
            _copy(connection, table, own, steps, copies)
        for table in _NUMBERED:
            connection.execute(text(f"select setval(pg_get_serial_sequence('{table}', 'id'), (select coalesce(max(id), 1) from {table}))"))
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))
        return int(connection.execute(text("select count(*) from notice")).scalar_one())


def _most(connection: Connection, table: str, column: str) -> int:
    return int(connection.execute(text(f"select coalesce(max({column}), 0) from {table}")).scalar_one())


def _copy(connection: Connection, table: str, own: dict[str, str], steps: dict[str, int], copies: int) -> None:
    """Each row so many times more, with ids further by a multiple of the table's own number of rows."""
    found = connection.execute(
        text("select column_name from information_schema.columns where table_name = :of and table_schema = 'public'"), {"of": table}
    )
    columns = [name for (name,) in found]
    words = {name: f"{step} * n.copy" for name, step in steps.items()} | {"copy": f"{steps['notice']}.' || n.copy || '"}
    values = ", ".join(_value(own.get(name, f'"{name}"'), words) for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    connection.execute(text(f"insert into {table} ({names}) select {values} from {table}, generate_series(1, {copies - 1}) n(copy)"))


def _value(expression: str, words: dict[str, str]) -> str:
    if "({copy}" in expression:
        return expression.replace("{copy}", "n.copy")
    return expression.format(**words)
