"""The index against SQL: each difference names its notice, and one that does not persist is not reported."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from index.engines import open_engine
from notices.config import Config
from operations.indexing import document, drain
from operations.preserve import verify_index
from operations.preserve.verify_index import check_index, notices_of, verify_all
from pipeline.sql import outbox
from preservation.findings import Finding, IndexFile, NoticeSubject, SnapshotSubject, WholeIndex
from tests.support.imported import change, flip


def test_rewritten_missing_and_foreign_documents_are_named(config: Config, database: Engine) -> None:
    first = document(outbox.newest_revisions(database, [1])[0])
    engine = open_engine(config.index, write=True)
    engine.write([first._replace(text="伪"), first._replace(id=2, revision=8), first._replace(id=99)], [3])
    engine.close()
    assert {(each.kind, each.subject) for each in check_index(config, database)} == {
        ("rewritten", NoticeSubject(1)),
        ("differs", NoticeSubject(2)),
        ("differs", NoticeSubject(3)),
        ("extra", NoticeSubject(99)),
    }


def test_notice_that_waits_for_the_index_is_no_difference(config: Config, database: Engine) -> None:
    change(
        config,
        "update revision set title = '新' where id = 1; insert into outbox (notice_id, created_at) values (1, '2026-11-26 00:00:00.000000')",
    )
    assert list(check_index(config, database)) == []
    drain(config, database)
    assert list(check_index(config, database)) == []


def test_difference_that_a_writer_settles_meanwhile_is_not_reported(
    config: Config, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(config, "update revision set title = '新' where id = 1")

    def settle(_seconds: float) -> None:
        change(config, "insert into outbox (notice_id, created_at) values (1, '2026-11-26 00:00:00.000000')")
        drain(config, database)

    monkeypatch.setattr(verify_index.time, "sleep", settle)
    assert list(check_index(config, database)) == []


def test_damaged_file_is_named_and_its_documents_are_not_compared(config: Config, database: Engine) -> None:
    path = max((config.home / "index" / "g-000001").glob("*.seg"), key=lambda each: each.stat().st_size)
    flip(path, path.stat().st_size // 2)
    assert [(each.kind, each.subject) for each in check_index(config, database)] == [("file", IndexFile(path.name))]


def test_index_that_is_gone_is_unusable(config: Config, database: Engine) -> None:
    gone = config._replace(index=f"{config.index}-gone")
    assert [(each.kind, each.subject) for each in check_index(gone, database)] == [("unusable", WholeIndex(gone.index))]


def test_archive_comes_before_index(config: Config, database: Engine) -> None:
    change(config, "update revision set title = '伪' where id = 1")
    assert [each.area for each in verify_all(config, database)] == ["sql", "index"]


def test_notices_are_those_that_findings_name() -> None:
    found = [
        Finding("index", "extra", NoticeSubject(5), ""),
        Finding("warc", "lost", SnapshotSubject(6), ""),
        Finding("index", "unusable", WholeIndex(""), ""),
    ]
    assert notices_of(found) == [5]


def test_short_forms_that_the_texts_do_not_define_are_damage(config: Config, database: Engine) -> None:
    path = config.state_paths().aliases
    before = path.read_bytes()
    path.write_bytes(before + "安全感\t满意度\t9\t>\n".encode())
    assert [(each.kind, each.place) for each in check_index(config, database)] == [("file", "aliases.tsv")]
    path.write_bytes(before)
    assert list(check_index(config, database)) == []
