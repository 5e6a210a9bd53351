"""Every archived record is accounted for: rows that were removed or exchanged are damage, and repair makes no wrong row clean."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from notices.config import Config
from notices.errors import DamageFound
from pipeline.recovery import recover
from pipeline.sql.database import open_database
from preservation.findings import CheckpointSubject, DatabaseFile, Finding, NoticeSubject, RevisionSubject, SnapshotSubject
from preservation.proofs.checkpoints import make_checkpoint
from preservation.repair import RepairContext, remedy_for
from preservation.reparse import Reader
from preservation.verify import verify_archive
from tests.support.imported import COUNT, change, sealed, value

NOW = datetime(2026, 11, 26, tzinfo=UTC)
OF_A_REVISION = ("attachment", "citation", "alias", "correction")


def found(config: Config) -> list[Finding]:
    """Everything that verification finds."""
    database = open_database(config)
    try:
        return list(verify_archive(database, config))
    finally:
        database.dispose()


def repair(config: Config, database: Engine, findings: list[Finding]) -> None:
    """Apply every remedy."""
    with closing(Reader(database, config)) as reader:
        context = RepairContext(database, config, reader, NOW, frozenset())
        for each in findings:
            remedy = remedy_for(each)
            if remedy is not None:
                remedy.apply(context)


def remove_notice(config: Config, ident: int | None) -> None:
    """Take a notice, or every one, out of SQL with all that belongs to it."""
    which = "" if ident is None else f" where notice_id = {ident}"
    revisions = f"(select id from revision{which})"
    statements = [f"delete from {table} where revision_id in {revisions}" for table in OF_A_REVISION]
    statements += [f"delete from {table}{which}" for table in ("observation", "instrument_key", "sketch", "outbox", "revision")]
    change(config, "; ".join([*statements, f"delete from notice{which.replace('notice_id', 'id')}"]))


@pytest.mark.parametrize(("ident", "count"), [(4, 1), (None, COUNT)])
def test_removed_notices_are_damage_and_come_back_from_their_bytes(config: Config, database: Engine, ident: int | None, count: int) -> None:
    before = value(config, "select group_concat(title || hex(text) || row_digest) from (select * from revision order by snapshot_id)")
    remove_notice(config, ident)
    findings = found(config)
    assert [(each.area, each.kind) for each in findings] == [("sql", "unread")] * count
    assert all(isinstance(each.subject, SnapshotSubject) for each in findings)
    repair(config, database, findings)
    assert found(config) == []
    assert (
        value(config, "select group_concat(title || hex(text) || row_digest) from (select * from revision order by snapshot_id)") == before
    )


def test_removed_snapshot_row_is_damage(config: Config) -> None:
    change(config, "pragma foreign_keys=off; delete from snapshot where id = 9")
    assert ("warc", "orphan") in {(each.area, each.kind) for each in found(config)}


def test_revision_that_names_another_notices_page_gets_its_own_again(config: Config, database: Engine) -> None:
    before = value(config, "select title || hex(text) from revision where id = 14")
    change(config, "update revision set snapshot_id = snapshot_id + 1 where id = 14")
    findings = found(config)
    assert [each.subject for each in findings] == [RevisionSubject(14, 1, 14)]
    repair(config, database, findings)
    assert value(config, "select title || hex(text) from revision where id = 14") == before
    assert value(config, "select snapshot_id from revision where id = 14") == 14
    assert found(config) == []


def test_notice_with_a_foreign_address_and_its_key_is_damage(config: Config, database: Engine) -> None:
    before = value(config, "select url || key from notice where id = 4")
    change(config, "update notice set url = 'http://evil.example/x', key = '//evil.example/x' where id = 4")
    findings = found(config)
    assert findings
    repair(config, database, findings)
    remaining = found(config)
    assert remaining or value(config, "select url || key from notice where id = 4") == before


@pytest.mark.parametrize("column", ["url = url || 'x'", "name = '伪'", "text = '伪'"])
def test_changed_attachment_is_as_its_page_names_it_again(config: Config, database: Engine, column: str) -> None:
    query = "select url || name || text || digest || position from attachment where revision_id = 3"
    before = value(config, query)
    change(config, f"update attachment set {column} where revision_id = 3")
    repair(config, database, found(config))
    assert value(config, query) == before
    assert value(config, "select count(*) from attachment where revision_id = 3") == 1
    assert found(config) == []


def test_deleted_attachment_comes_back_with_its_text(config: Config, database: Engine) -> None:
    before = value(config, "select name || text || digest from attachment where revision_id = 3")
    change(config, "delete from attachment where revision_id = 3")
    repair(config, database, found(config))
    assert value(config, "select name || text || digest from attachment where revision_id = 3") == before
    assert found(config) == []


def test_note_of_a_snapshot_and_a_planted_trigger_are_damage(config: Config) -> None:
    change(config, "update snapshot set note = json_set(note, '$.tls', 'relaxed') where id = 3")
    assert [(each.kind, each.subject.id) for each in found(config) if isinstance(each.subject, SnapshotSubject)] == [("snapshot", 3)]
    change(config, "create trigger t after insert on outbox begin delete from revision; end")
    assert any(each.kind == "schema" and isinstance(each.subject, DatabaseFile) for each in found(config))


def _delete_note(config: Config) -> None:
    next((config.home / "checkpoints").glob("*.txt")).unlink()


def _swap_notes(config: Config) -> None:
    note = next((config.home / "checkpoints").glob("*.txt"))
    note.rename(note.with_name("000000000007.txt"))


@pytest.mark.parametrize("damage", [_delete_note, _swap_notes])
def test_signed_notes_that_are_deleted_or_swapped_are_damage(config: Config, damage: Callable[[Config], None]) -> None:
    damage(config)
    assert {each.area for each in found(config)} == {"log"}


def test_verification_makes_no_key_and_nothing_is_signed_with_another(config: Config, database: Engine) -> None:
    key = config.home / "keys" / "checkpoint.pem"
    key.unlink()
    findings = found(config)
    assert {each.kind for each in findings} == {"signature"}
    assert any(isinstance(each.subject, CheckpointSubject) for each in findings)
    change(config, "update snapshot set note = note")
    change(config, "delete from checkpoint")
    with pytest.raises(DamageFound, match="copy the folder keys/ from a backup"):
        make_checkpoint(database, config, NOW)
    assert not key.exists()


def test_folder_in_place_of_a_file_is_a_finding(config: Config) -> None:
    path = sealed(config)[0]
    path.unlink()
    path.mkdir()
    assert ("missing", path.name) in {(each.kind, each.place) for each in found(config)}


def test_rows_lost_with_the_files_that_were_sealed_meanwhile_are_registered_and_read(config: Config, database: Engine) -> None:
    """As after a kill in a batch of an import, and in a backup whose series is younger than its SQL."""
    first = value(config, f"select min(id) from snapshot where warc_file = '{sealed(config)[-1].name}'")
    assert isinstance(first, int)
    assert first > 1
    lost = COUNT - first + 2
    for ident in range(first - 1, COUNT + 1):
        remove_notice(config, ident)
    change(config, f"delete from checkpoint; delete from snapshot where id >= {first - 1}")
    for note in (config.home / "checkpoints").glob("*.txt"):
        note.unlink()
    assert recover(database, config) == lost
    assert found(config) == []
    assert value(config, "select count(*) from notice") == COUNT


def test_revision_that_was_removed_is_damage(config: Config, database: Engine) -> None:
    assert found(config) == []
    change(config, "update snapshot set payload_digest = payload_digest")
    change(config, "update revision set text = '别的', content_digest = 'x' where id = 5")
    assert [each.kind for each in found(config)] == ["rewritten"]
    assert NoticeSubject(5) not in [each.subject for each in found(config)]


def test_timestamp_that_is_not_of_its_note_is_damage(config: Config) -> None:
    change(config, "update checkpoint set timestamp_response = 'AAAA'")
    assert [(each.area, each.kind) for each in found(config)] == [("log", "timestamp")]
