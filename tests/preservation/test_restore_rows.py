"""Rows are restored from a backup's SQL only when they agree with their record, digest, address or signature."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from notices.config import Config
from notices.errors import BadInput
from pipeline.sql.database import open_database
from preservation.findings import Finding, NoticeSubject, RevisionSubject
from preservation.restore_rows import Backup, RestoredRow, WrongRows, check_same_archive, restore_rows
from tests.support.imported import change, copy_of, value


@pytest.fixture
def backup(archive: Path, tmp_path: Path) -> Config:
    return copy_of(archive, tmp_path / "backup")


@pytest.fixture
def both(config: Config, backup: Config) -> Iterator[Backup]:
    mine, theirs = open_database(config), open_database(backup)
    yield Backup(mine, theirs, config, datetime(2026, 11, 26, tzinfo=UTC))
    mine.dispose()
    theirs.dispose()


def test_lost_revision_is_restored_with_its_parts_and_waits_for_the_index(config: Config, both: Backup) -> None:
    change(
        config, "delete from attachment where revision_id = 6; delete from alias where revision_id = 6; delete from revision where id = 6"
    )
    assert restore_rows(both, WrongRows(), apply=True) == [RestoredRow("revision", 6)]
    assert value(config, "select count(*) from attachment where revision_id = 6") == 1
    assert value(config, "select count(*) from alias where revision_id = 6") == 1
    assert value(config, "select count(*) from outbox where notice_id = 6") == 1


def test_without_apply_the_same_is_told_and_nothing_is_written(config: Config, both: Backup) -> None:
    change(config, "delete from snapshot where id = 6")
    assert restore_rows(both, WrongRows(), apply=False) == [RestoredRow("snapshot", 6)]
    assert value(config, "select count(*) from snapshot where id = 6") == 0


def test_snapshot_of_the_backup_that_disagrees_with_its_record_is_refused(config: Config, backup: Config, both: Backup) -> None:
    change(config, "delete from snapshot where id = 6")
    change(backup, "update snapshot set url = 'http://forged.example/' where id = 6")
    (row,) = restore_rows(both, WrongRows(), apply=True)
    assert (row.table, row.id) == ("snapshot", 6)
    assert "is another" in row.problem
    assert value(config, "select count(*) from snapshot where id = 6") == 0


def test_rewritten_revision_of_another_state_is_left_to_its_bytes(config: Config, backup: Config, both: Backup) -> None:
    change(config, "update revision set title = '伪' where id in (4, 5)")
    change(backup, "update revision set row_digest = 'sha256:other' where id = 5")
    assert restore_rows(both, WrongRows(frozenset({4, 5})), apply=True) == [RestoredRow("revision", 4)]
    assert value(config, "select title from revision where id = 4") == "关于第4号河段防汛工作的通知"
    assert value(config, "select title from revision where id = 5") == "伪"


def test_wrong_rows_are_those_of_sql_that_findings_name() -> None:
    found = [
        Finding("sql", "rewritten", RevisionSubject(5, 1, 77), ""),
        Finding("index", "rewritten", NoticeSubject(6), ""),
        Finding("sql", "unreadable", NoticeSubject(7), ""),
        Finding("index", "unreadable", NoticeSubject(8), ""),
    ]
    assert WrongRows.of(found) == WrongRows(frozenset({77}), frozenset({7}), frozenset({(7, "observations"), (7, "corrections")}))


def test_backup_of_another_archive_is_refused(backup: Config, both: Backup) -> None:
    check_same_archive(both)
    change(backup, "update snapshot set url = url || 'x' where id < 18")
    with pytest.raises(BadInput, match="of 20 snapshots with the same number 3 are the same"):
        check_same_archive(both)
