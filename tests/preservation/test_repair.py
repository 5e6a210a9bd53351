"""Each finding has the remedy of its kind and subject; a remedy changes no row to agree with damaged bytes."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from notices.config import Config
from preservation.findings import (
    AttachmentSubject,
    CheckpointSubject,
    Finding,
    IndexFile,
    NoticeSubject,
    RevisionSubject,
    RowSubject,
    SnapshotSubject,
    Subject,
    WarcPlace,
)
from preservation.repair import RepairContext, remedy_for
from preservation.reparse import Reader
from tests.support.imported import change, sealed, value

NOW = datetime(2026, 11, 26, tzinfo=UTC)
REVISION = RevisionSubject(5, 1, 5)


def repaired(config: Config, database: Engine, finding: Finding, suspect: frozenset[str] = frozenset()) -> str | None:
    """What the remedy says that it did."""
    remedy = remedy_for(finding)
    assert remedy is not None
    with closing(Reader(database, config)) as reader:
        return remedy.apply(RepairContext(database, config, reader, NOW, suspect))


@pytest.mark.parametrize(
    ("area", "kind", "subject", "plan"),
    [
        ("warc", "orphan", WarcPlace("notices-0-000001.warc.gz", 5), "register the record in SQL"),
        ("warc", "unsettled", WarcPlace("notices-0-000001.warc.gz", 5), "settle the file's end as after a crash"),
        ("warc", "extra", WarcPlace("stray"), "move the file to quarantine"),
        ("warc", "lost", SnapshotSubject(1), "mark the row; the bytes must come from a backup"),
        ("sql", "snapshot", SnapshotSubject(1), "write the row again from its record"),
        ("sql", "rewritten", REVISION, "read the revision again from its bytes"),
        ("sql", "unreadable", SnapshotSubject(1), "read the value again from the bytes"),
        ("sql", "unreadable", NoticeSubject(1), "read the value again from the bytes"),
        ("sql", "attachment", AttachmentSubject(REVISION, 0), "take the digest from the bytes"),
        ("sql", "revisions", NoticeSubject(1), "count the revisions that are there"),
        ("sql", "recognised", RowSubject("recognition", 1), "remove the text; notices ocr recognises it again"),
        ("sql", "notice", NoticeSubject(1), "take address and key from the page"),
        ("warc", "record", WarcPlace("notices-0-000001.warc.gz", 5), None),
        ("log", "unreadable", CheckpointSubject(1), None),
        ("index", "rewritten", NoticeSubject(1), None),
        ("index", "extra", IndexFile("stray"), None),
    ],
)
def test_finding_has_the_remedy_of_its_kind(area: str, kind: str, subject: Subject, plan: str | None) -> None:
    remedy = remedy_for(Finding(area, kind, subject, ""))  # type: ignore[arg-type]
    assert (remedy.plan if remedy else None) == plan


def test_snapshot_row_agrees_with_its_record_again_unless_its_file_is_damaged(config: Config, database: Engine) -> None:
    change(config, "update snapshot set url = 'http://forged.example/' where id = 2")
    finding = Finding("sql", "snapshot", SnapshotSubject(2), "")
    name = str(value(config, "select warc_file from snapshot where id = 2"))
    assert repaired(config, database, finding, frozenset({name})) is None
    assert value(config, "select url from snapshot where id = 2") == "http://forged.example/"
    assert repaired(config, database, finding)
    assert value(config, "select url from snapshot where id = 2") == "http://a.example/n2.html"


def test_rewritten_revision_is_read_again_and_its_values_are_kept_as_a_correction(config: Config, database: Engine) -> None:
    change(config, "update revision set title = '伪' where id = 5")
    assert repaired(config, database, Finding("sql", "rewritten", REVISION, "")) == "read again from its bytes: title"
    assert value(config, "select title from revision where id = 5") == "关于第5号河段防汛工作的通知"
    (before, after) = json.loads(str(value(config, "select changes from correction")))["title"]
    assert (before, after) == ("伪", "关于第5号河段防汛工作的通知")


def test_file_whose_name_looks_like_a_place_is_moved_to_quarantine(config: Config, database: Engine) -> None:
    stray = config.warc_dir / "notice 5 offset 7"
    stray.write_bytes(b"stray")
    assert repaired(config, database, Finding("warc", "extra", WarcPlace(stray.name), ""))
    (moved,) = (config.warc_dir / "quarantine").iterdir()
    assert moved.read_bytes() == b"stray"
    assert not stray.exists()


def test_lost_record_marks_its_row_once(config: Config, database: Engine) -> None:
    finding = Finding("warc", "lost", SnapshotSubject(2, WarcPlace(sealed(config)[0].name, 0)), "no intact record is there")
    assert repaired(config, database, finding) is None
    marked = str(value(config, "select note from snapshot where id = 2"))
    assert "found 2026-11-26: no intact record is there" in marked
    assert repaired(config, database, finding) is None
    assert value(config, "select note from snapshot where id = 2") == marked


def test_revisions_are_not_counted_away(config: Config, database: Engine) -> None:
    change(config, "update notice set revisions = 3 where id = 4")
    assert repaired(config, database, Finding("sql", "revisions", NoticeSubject(4), "")) is None
    change(config, "update notice set revisions = 0 where id = 4")
    assert repaired(config, database, Finding("sql", "revisions", NoticeSubject(4), "")) == "counts its 1 revisions"
