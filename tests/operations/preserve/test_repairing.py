"""Repair as a job: a plan changes nothing, an applied one tells each step and what remains."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from index.engines import open_engine
from notices.config import Config
from notices.errors import ArchiveLocked
from operations.indexing import document
from operations.preserve.repairing import IndexRepair, Repaired, RepairWatch, Step, apply_repair, plan_repair
from operations.preserve.restore_from_backup import Restoration
from operations.preserve.verify_index import verify_all
from pipeline.sql import tables
from pipeline.sql.locks import hold
from preservation.backup import make_backup
from preservation.findings import NoticeSubject, RevisionSubject, WarcPlace
from preservation.restore_rows import RestoredRow
from tests.support.imported import change, flip, sealed, value


def digests(config: Config) -> dict[str, str]:
    """Every file of the archive but SQLite's shared memory, which any reader touches."""
    found = (path for path in config.home.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal")))
    return {path.relative_to(config.home).as_posix(): sha256(path.read_bytes()).hexdigest() for path in found}


def test_plan_names_what_would_be_done_and_changes_nothing(config: Config, database: Engine) -> None:
    change(config, "update revision set title = '伪' where id = 5")
    flip(sealed(config)[0], 300)
    before = digests(config)
    plan = plan_repair(config, database)
    plans = {(each.finding.area, each.finding.kind): each.plan for each in plan.planned}
    assert plans["sql", "rewritten"] == "read the revision again from its bytes"
    assert plans["index", "rewritten"] == "write the document again from SQL"
    assert plans["warc", "digest"] is None
    assert plan.restoration is None
    assert digests(config) == before


def test_steps_are_told_as_they_are_done_and_nothing_remains(config: Config, database: Engine) -> None:
    change(config, "update revision set title = '伪' where id = 5")
    (config.warc_dir / "stray").write_bytes(b"?")
    steps: list[Step] = []
    read: list[int] = []
    ends: list[int] = []
    watch = RepairWatch(read.append, lambda: ends.append(sum(read)), steps.append)
    result = apply_repair(config, database, watch=watch)
    assert [(type(each.finding.subject), each.done is None) for each in result.repaired] == [(WarcPlace, False), (RevisionSubject, False)]
    assert steps == [*result.repaired, IndexRepair(False, 1)]
    assert {(f.area, f.kind) for f in result.found} == {("warc", "extra"), ("sql", "rewritten"), ("index", "rewritten")}
    assert result.remaining == ()
    assert len(ends) == 2
    assert ends[1] == 2 * ends[0] > 0


def test_index_with_a_foreign_document_is_rebuilt(config: Config, database: Engine) -> None:
    with Session(database) as session, session.begin():
        foreign = document(session.get_one(tables.RevisionRow, 20))._replace(id=99)
    engine = open_engine(config.index, write=True)
    engine.write([foreign])
    engine.close()
    result = apply_repair(config, database)
    assert result.index == IndexRepair(True, 20)
    assert [f.subject for f in result.found if f.area == "index"] == [NoticeSubject(99)]
    assert not [f for f in result.remaining if f.area == "index"]


def test_backup_is_restored_first_and_only_damage_it_cannot_restore_remains(config: Config, database: Engine, tmp_path: Path) -> None:
    make_backup(config, tmp_path / "backup")
    name = sealed(config)[0].name
    flip(sealed(config)[0], 300)
    change(config, "delete from snapshot where id = 9; update notice set source_id = 77 where id = 3")
    steps: list[Step] = []
    result = apply_repair(config, database, tmp_path / "backup", RepairWatch(step=steps.append))
    assert isinstance(steps[0], Restoration)
    assert result.restoration == steps[0]
    assert [(each.place, each.problem) for each in steps[0].warc] == [(name, "")]
    assert steps[0].rows == (RestoredRow("snapshot", 9),)
    assert len(steps[0].notes) == 1  # its root did not fit while the row was lost
    assert steps[0].count() == 3
    assert value(config, "select count(*) from snapshot where id = 9") == 1
    assert result.remaining
    assert {f.area for f in result.remaining} <= {"sql", "index"}
    assert list(verify_all(config, database)) == list(result.remaining)


def test_error_of_one_remedy_is_told_and_does_not_end_the_repair(config: Config, database: Engine) -> None:
    """The snapshot of revision and attachment is lost, so neither can be read again from its bytes."""
    change(
        config,
        "update attachment set snapshot_id = 3, digest = 'sha256:00' where revision_id = 3; update revision set title = '伪' where id = 5",
    )
    change(config, 'update snapshot set "offset" = 7 where id = 3')
    result = apply_repair(config, database)
    outcomes = {(each.finding.kind, bool(each.done), bool(each.problem)) for each in result.repaired if isinstance(each, Repaired)}
    assert ("attachment", False, True) in outcomes
    assert ("rewritten", True, False) in outcomes


def test_second_repair_at_the_same_time_is_refused(config: Config, database: Engine) -> None:
    change(config, "update revision set title = '伪' where id = 5")
    with hold(config.locks_dir, "repair"), pytest.raises(ArchiveLocked):
        apply_repair(config, database)
    assert value(config, "select title from revision where id = 5") == "伪"
