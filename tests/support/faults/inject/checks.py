"""What must hold after every fault: WARC, SQL and index agree, and nothing is lost, twice or without an owner."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from index.engines import open_engine
from index.search import read_query
from pipeline.warc.series import scan, verify_series, warc_files
from tests.support.archive_home import Home


def archive(path: Path) -> Home:
    """An archive whose index is written by Python, where every call can be seen: the reference engine."""
    home = Home(path)
    home.environment["NOTICES_INDEX"] = index_url(home)
    return home


def rows(home: Home, query: str) -> list[tuple[Any, ...]]:
    """Rows straight from the database, wherever the environment puts it."""
    named = home.environment.get("NOTICES_DATABASE", f"sqlite:///{home.path}/notices.db")
    with closing(sqlite3.connect(named.removeprefix("sqlite:///"))) as raw:
        return raw.execute(query).fetchall()


def index_url(home: Home) -> str:
    """Where the index is."""
    return home.environment.get("NOTICES_INDEX", f"whoosh://{home.path}/index")


def found(home: Home, query: str) -> int:
    """How many notices the index finds."""
    engine = open_engine(index_url(home))
    try:
        return engine.search(read_query(query, exact=True)).total
    finally:
        engine.close()


def wrongs(home: Home, count: int) -> Counter[str]:
    """How many notices of `count` are lost, twice, without an owner, or differ between WARC, SQL and index; zeros are left out."""
    notices, keys, revisions = rows(home, "select count(*), count(distinct key), coalesce(sum(revisions), 0) from notice")[0]
    bad = Counter[str]()
    bad["lost"] = max(count - keys, 0)
    bad["twice"] = notices - keys + max(revisions - keys, 0) + max(keys - count, 0)
    bad["orphans"] = sum(rows(home, query)[0][0] for query in _ORPHANS)
    bad["unindexed"] = rows(home, "select count(*) from outbox")[0][0] + abs(found(home, "堤防巡查") - count)
    bad["unfinished runs"] = rows(home, "select count(*) from run where outcome = 'running'")[0][0]
    bad["warc is not sql"] = len(_in_warc(home.path / "warc") ^ set(rows(home, "select warc_file, offset, length from snapshot")))
    bad["sql is not index"] = len(_in_index(home) ^ set(rows(home, "select id, revisions from notice")))
    bad["damage"] = len(list(verify_series(home.path / "warc")))
    bad["sqlite"] = int(rows(home, "pragma integrity_check") != [("ok",)])
    return +bad


_ORPHANS = (
    "select count(*) from revision where snapshot_id is null or snapshot_id not in (select id from snapshot)",
    "select count(*) from revision where notice_id not in (select id from notice)",
    "select count(*) from notice where id not in (select notice_id from revision)",
    "select count(*) from attachment where revision_id not in (select id from revision)",
    "select count(*) from attachment where outcome <> 'ok' or snapshot_id not in (select id from snapshot)",
    "select count(*) from listing where state <> 'stored'",
)


def _in_warc(folder: Path) -> set[tuple[str, int, int]]:
    return {(stored.warc_file, stored.offset, stored.length) for name in warc_files(folder) for stored, _ in scan(folder, name)}


def _in_index(home: Home) -> set[tuple[int, int]]:
    engine = open_engine(index_url(home))
    try:
        return engine.versions()
    finally:
        engine.close()
