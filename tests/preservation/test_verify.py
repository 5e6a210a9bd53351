"""Facts of record and row: what agrees is silent, and a difference names its fields as readers know them."""

from __future__ import annotations

import pytest

from notices.config import Config
from pipeline.sql.database import open_database
from preservation.findings import AttachmentSubject, Finding, NoticeSubject, RevisionSubject, SnapshotSubject
from preservation.verify import RecordFacts, _difference, verify_archive
from tests.support.imported import change

FACTS = RecordFacts(100, "sha256:aa", "http://a.example/", "2026-10-01T00:00:00.000000Z", False, "detail", 200)


def found(config: Config) -> list[Finding]:
    database = open_database(config)
    try:
        return list(verify_archive(database, config))
    finally:
        database.dispose()


def test_difference_names_each_field_with_both_values() -> None:
    other = FACTS._replace(payload_digest="sha256:bb", date="2026-10-02T00:00:00.000000Z")
    assert _difference(FACTS, other) == (
        "payload digest: row 'sha256:aa', record 'sha256:bb'; time: row '2026-10-01T00:00:00.000000Z', record '2026-10-02T00:00:00.000000Z'"
    )


def test_progress_is_given_every_byte_of_the_series(config: Config) -> None:
    database, read = open_database(config), []
    assert list(verify_archive(database, config, read.append)) == []
    database.dispose()
    assert sum(read) == sum(path.stat().st_size for path in config.warc_dir.glob("*.warc.gz*") if path.suffix in (".gz", ".open"))


@pytest.mark.parametrize(
    ("statement", "kind", "subject"),
    [
        ("update snapshot set status = 404 where id = 3", "snapshot", SnapshotSubject),
        ("update snapshot set fetched_at = 'never' where id = 3", "unreadable", SnapshotSubject),
        ("delete from revision where id = 4", "revisions", NoticeSubject),
        ("update notice set first_seen_at = 'never' where id = 4", "unreadable", NoticeSubject),
        ("update revision set anatomy = '{' where id = 4", "unreadable", NoticeSubject),
        ("update revision set text = x'789c00' where id = 4", "unreadable", NoticeSubject),
        ("update attachment set text = x'789c00' where revision_id = 3", "unreadable", NoticeSubject),
        ("update revision set title = '伪' where id = 4", "rewritten", RevisionSubject),
    ],
)
def test_damage_in_sql_names_a_typed_subject(config: Config, statement: str, kind: str, subject: type) -> None:
    change(config, statement)
    assert any((each.area, each.kind, type(each.subject)) == ("sql", kind, subject) for each in found(config))


def test_attachment_that_differs_from_its_snapshot_is_named_with_its_revision(config: Config) -> None:
    change(config, "update attachment set snapshot_id = 1 where revision_id = 3")
    (each,) = [each for each in found(config) if each.kind == "attachment"]
    assert each.subject == AttachmentSubject(RevisionSubject(3, 1, 3), 0)
    assert each.place == "revision 1 of notice 3, attachment 0"
