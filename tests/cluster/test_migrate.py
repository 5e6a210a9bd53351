"""An archive moves from SQLite to PostgreSQL with every row, or not at all."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cluster.journey import line, written
from tests.support.postgres_server import PostgresServer
from tests.support.quick_home import QuickHome


@pytest.fixture
def embedded(tmp_path: Path) -> QuickHome:
    """An archive of eight notices, one with two revisions, and a saved search."""
    home = QuickHome(tmp_path / "home")
    attached = [{"name": "巡查表.txt", "url": "http://a.example/f.txt", "text": "巡查表\f第二页" * 900}]
    home.run("import", written(tmp_path, *(line(n, "长文。" * 600, attachments=attached) for n in range(1, 9))))
    home.run("import", written(tmp_path, line(3, "第二次通知。")))
    home.run("watch", "add", "floods", "河段")
    return home


def counts(server: PostgresServer, address: str, *tables: str) -> list[int]:
    """How many rows each table has."""
    return [int(server.psql(["-c", f"select count(*) from {table}"], address.rsplit("/", 1)[1])) for table in tables]


def test_moved_archive_goes_on_where_it_was(embedded: QuickHome, server: PostgresServer, empty_database: str, tmp_path: Path) -> None:
    moved = {each["table"]: each["rows"] for each in json.loads(embedded.run("migrate", "--to", empty_database, "--json").stdout)}
    assert (moved["notice"], moved["revision"], moved["archive"], moved["watch"]) == (8, 9, 1, 1)
    before, shown = embedded.run("changes", "--json").stdout, embedded.run("show", "3").stdout
    embedded.environment["NOTICES_DATABASE"] = empty_database
    embedded.run("verify")
    assert embedded.run("changes", "--json").stdout == before
    assert embedded.run("show", "3").stdout == shown
    assert "new 1" in embedded.run("import", written(tmp_path, line(9), line(3, "第二次通知。"))).stdout
    assert embedded.search("河段")["total"] == 9
    embedded.run("verify")


def test_filled_database_is_refused(embedded: QuickHome, server: PostgresServer, empty_database: str) -> None:
    embedded.run("migrate", "--to", empty_database)
    assert "not empty" in embedded.run("migrate", "--to", empty_database, check=2).stderr
    assert counts(server, empty_database, "notice") == [8]


def test_value_that_cannot_be_read_moves_nothing(embedded: QuickHome, server: PostgresServer, empty_database: str) -> None:
    with sqlite3.connect(embedded.path / "notices.db") as raw:
        raw.execute("update revision set published_date = 'soon' where id = 7")
    raw.close()
    assert "in place of a date" in embedded.run("migrate", "--to", empty_database, check=4).stderr
    assert counts(server, empty_database, "source", "notice", "revision", "change") == [0, 0, 0, 0]
    with sqlite3.connect(embedded.path / "notices.db") as raw:
        raw.execute("update revision set published_date = '2026-10-08' where id = 7")
    raw.close()
    embedded.run("migrate", "--to", empty_database)
    assert counts(server, empty_database, "archive", "notice") == [1, 8]


def test_only_sqlite_moves(embedded: QuickHome, empty_database: str) -> None:
    assert "from SQLite" in embedded.run("migrate", "--to", "sqlite:///other.db", check=2).stderr
