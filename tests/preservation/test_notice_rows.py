"""Observations and corrections are accounted for: one that is removed or rewritten is named, and a backup brings it back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from notices.config import Config
from pipeline.observe.observations import observe, settle_run
from pipeline.observe.presence import SEEN, Evidence
from pipeline.sql import tables
from pipeline.sql.database import open_database
from pipeline.sql.tallies import note_added
from preservation.restore_rows import Backup, WrongRows, restore_rows
from preservation.verify import verify_archive
from tests.support.imported import change, copy_of, value

NOW = datetime(2026, 11, 26, 3, 0, 0, 250, tzinfo=UTC)


@pytest.fixture
def added(config: Config) -> Config:
    """The archive with two observations of notice 4 by a run, and a correction of its revision."""
    database = open_database(config)
    with Session(database) as session, session.begin():
        notice = session.get_one(tables.NoticeRow, 4)
        run = tables.RunRow(kind="crawl", source_id=notice.source_id, started_at=NOW, outcome="running", counts={})
        session.add(run)
        session.flush()
        run_id = run.id
        observe(session, run_id, notice, Evidence(SEEN), NOW)
        observe(session, run_id, notice, Evidence("http_404", "HTTP 404"), NOW)
        made = tables.CorrectionRow(revision_id=4, made_at=NOW, from_parser="1", to_parser="2", changes={"title": ["甲", "乙"]})
        session.add(made)
        note_added(notice, made)
    with Session(database) as session, session.begin():
        settle_run(session, run_id, healthy=True, now=NOW, days=(1, 7))
    database.dispose()
    return config


def found(config: Config) -> list[tuple[str, str, str]]:
    database = open_database(config)
    try:
        return [(each.kind, each.place, each.detail) for each in verify_archive(database, config)]
    finally:
        database.dispose()


def test_rows_as_they_were_written_are_silent_after_the_run_was_judged(added: Config) -> None:
    assert value(added, "select sum(site_healthy) from observation where notice_id = 4") == 2
    assert found(added) == []


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("delete from observation where evidence = 'http_404'", ("observations", "notice 4", "2 were written, 1 are there")),
        ("delete from observation", ("observations", "notice 4", "2 were written, 0 are there")),
        ("update observation set evidence = 'seen', detail = ''", "observations"),
        ("update observation set site_healthy = 0 where evidence = 'seen'", "observations"),
        ("update observation set notice_id = 5 where evidence = 'seen'", "observations"),
        ("update observation set observed_at = '2025-01-01 00:00:00.000000' where evidence = 'seen'", "observations"),
        ("insert into observation select id + 50, notice_id, run_id, observed_at, evidence, detail, site_healthy from observation limit 1", "observations"),
        ("delete from correction", ("corrections", "notice 4", "1 were written, 0 are there")),
        ("""update correction set changes = '{"title": ["丙", "乙"]}'""", "corrections"),
        ("update correction set revision_id = 5", "corrections"),
        ("update notice set tallies = '{}' where id = 4", "observations"),
    ],
)  # fmt: skip
def test_row_that_was_removed_or_rewritten_is_named(added: Config, statement: str, finding: object) -> None:
    change(added, statement)
    names = found(added)
    assert finding in names or finding in [kind for kind, _, _ in names]


def test_row_that_is_lost_stays_missing_whatever_is_added_later(added: Config) -> None:
    change(added, "delete from observation where evidence = 'seen'")
    database = open_database(added)
    with Session(database) as session, session.begin():
        observe(session, 1, session.get_one(tables.NoticeRow, 4), Evidence(SEEN), NOW)
    database.dispose()
    assert [kind for kind, _, _ in found(added)] == ["observations"]


def test_revision_that_was_rewritten_with_its_digest_is_named(added: Config) -> None:
    change(added, "update revision set title = '伪', row_digest = 'aaaa' where id = 4")
    assert [kind for kind, _, _ in found(added)] == ["rewritten"]
    change(added, "update revision set row_digest = (select row_digest from revision where id = 5), n = 1 where id = 4")
    assert "rewritten" in [kind for kind, _, _ in found(added)]


@pytest.mark.parametrize(
    "statement",
    [
        "delete from observation",
        "update observation set evidence = 'seen', detail = ''",
        "delete from correction",
        """update correction set changes = '{"title": ["丙", "乙"]}'""",
        "update observation set observed_at = 'never'",
    ],
)
def test_backup_makes_the_sums_right_again(added: Config, tmp_path: Path, statement: str) -> None:
    backup = copy_of(added.home, tmp_path / "backup")
    change(added, statement)
    mine, theirs = open_database(added), open_database(backup)
    wrong = WrongRows.of(list(verify_archive(mine, added)))
    restored = restore_rows(Backup(mine, theirs, added, NOW), wrong, apply=True)
    mine.dispose()
    theirs.dispose()
    assert restored
    assert found(added) == []
