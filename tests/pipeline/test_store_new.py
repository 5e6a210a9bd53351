"""Notices that are stored together are stored as one after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from sqlalchemy import Engine, inspect, select
from sqlalchemy.orm import Session

from notices.attachment import AttachmentText, StoredAttachment
from notices.config import load_config
from notices.model import Alias, Citation, Notice
from pipeline.sql import tables
from pipeline.sql.changes import Occasion
from pipeline.sql.database import open_database
from pipeline.sql.row_digest import row_digest
from pipeline.sql.runs import source_id
from pipeline.store import Reading, store_reading
from pipeline.store_new import known_keys, store_new
from tests.pipeline.relations.test_copies import FIRST
from tests.pipeline.test_store import NOW

_COMPARED = (
    tables.NoticeRow, tables.RevisionRow, tables.AttachmentRow, tables.CitationRow, tables.AliasRow, tables.OutboxRow, tables.ChangeRow,
    tables.InstrumentKeyRow, tables.SketchRow,
)  # fmt: skip


def readings() -> list[Reading]:
    """A notice with files and relations, a copy of it, one that repeals both, and others."""
    stated = Citation("repeals", FIRST.title, None, None, "同时废止。")
    anatomy = replace(FIRST.anatomy, citations=(stated,), aliases=(Alias("《办法》", "临杉市防汛办法"),))
    later = replace(
        FIRST, url="http://www.linshan.example/2.html", title="临杉市关于防汛的公告", anatomy=anatomy, written_date=date(2026, 8, 1)
    )
    others = [Notice(url=f"http://a.example/{n}", title=f"第{n}号通知", text="正文" * n) for n in range(3)]
    file = StoredAttachment("http://a.example/f.txt", AttachmentText("表", ("甲", "乙"), media_type="text/plain"), "sha256:1", 2)
    copy = replace(FIRST, url="http://xian.example/9.html")
    return [Reading(each, [file] if each is FIRST else (), None, NOW) for each in (FIRST, copy, *others, later)]


def stored(folder: Path, store: Callable[[Session, int, list[Reading]], None]) -> tuple[Engine, list[list[tuple[object, ...]]]]:
    """Every row that storing makes, in an archive of its own."""
    database = open_database(load_config({"NOTICES_HOME": str(folder)}))
    source = source_id(database, "linshan")
    with Session(database) as session, session.begin():
        store(session, source, readings())
    with database.connect() as connection:
        return database, [sorted(map(tuple, connection.execute(select(table.__table__))), key=repr) for table in _COMPARED]


def together(session: Session, source: int, those: list[Reading]) -> None:
    store_new(session, [(source, reading) for reading in those], Occasion())


def one_by_one(session: Session, source: int, those: list[Reading]) -> None:
    for reading in those:
        assert store_reading(session, source, reading) == "new"


def test_rows_are_those_of_storing_one_by_one(tmp_path: Path) -> None:
    first, rows = stored(tmp_path / "a", together)
    second, expected = stored(tmp_path / "b", one_by_one)
    names = [inspect(table).local_table.name for table in _COMPARED]  # type: ignore[union-attr]
    found, wanted = dict(zip(names, rows, strict=True)), dict(zip(names, expected, strict=True))
    outbox = found.pop("outbox"), wanted.pop("outbox")  # the order in which notices wait may differ
    assert {row[1] for row in outbox[0]} == {row[1] for row in outbox[1]}
    assert found == wanted
    assert len(found["change"]) == 8  # six are new, two are repealed
    first.dispose(), second.dispose()


def test_row_digests_are_those_of_what_is_read_back(tmp_path: Path) -> None:
    database, _rows = stored(tmp_path, together)
    with Session(database) as session:
        rows = session.scalars(select(tables.RevisionRow)).all()
        assert [row.id for row in rows if row_digest(row) != row.row_digest] == []
        assert known_keys(session, ["//a.example/1", "//a.example/9"]) == {"//a.example/1"}
    database.dispose()
