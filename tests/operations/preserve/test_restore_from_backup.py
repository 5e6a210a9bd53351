"""Restoration as a job: the same result with and without writing, and only from a backup whose checksums are intact."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from notices.config import Config
from notices.errors import BadInput, DamageFound
from operations.preserve.backing_up import back_up
from operations.preserve.restore_from_backup import opened, restore
from operations.preserve.verify_index import verify_all
from preservation.findings import CheckpointFile, WarcPlace
from tests.support.imported import change, flip, sealed


def test_what_would_be_restored_is_what_is_restored(config: Config, database: Engine, tmp_path: Path) -> None:
    back_up(config, tmp_path / "backup")
    file, (note,) = sealed(config)[1], (config.home / "checkpoints").glob("*.txt")
    whole = file.read_bytes(), note.read_bytes()
    flip(file, 300)
    note.write_bytes(note.read_bytes()[:-9])
    change(config, "delete from run")
    found = list(verify_all(config, database))
    with opened(config, tmp_path / "backup") as backup:
        plan = restore(config, database, backup.folder, found, apply=False)
        assert (file.read_bytes(), note.read_bytes()) != whole
        done = restore(config, database, backup.folder, found, apply=True)
    assert (plan.warc, plan.rows, plan.notes) == (done.warc, done.rows, done.notes)
    assert [each.subject for each in done.warc] == [WarcPlace(file.name)]
    assert [each.subject for each in done.notes] == [CheckpointFile(note.name)]
    assert done.row_counts() == {"run": 1}
    assert (plan.applied, done.applied, done.count()) == (False, True, 3)
    assert (file.read_bytes(), note.read_bytes()) == whole


def test_file_that_the_backup_cannot_restore_keeps_its_bytes(config: Config, database: Engine, tmp_path: Path) -> None:
    back_up(config, tmp_path / "backup")
    file = sealed(config)[0]
    flip(file, 300)
    flip(tmp_path / "backup" / "warc" / file.name, 400)
    damaged = file.read_bytes()
    done = restore(config, database, tmp_path / "backup", list(verify_all(config, database)), apply=True)
    assert [bool(each.problem) for each in done.warc] == [True]
    assert done.count() == 0
    assert file.read_bytes() == damaged


@pytest.mark.parametrize("name", ["copy", "copy.tar"])
def test_backup_opens_from_folder_and_file_and_leaves_no_scratch(config: Config, tmp_path: Path, name: str) -> None:
    back_up(config, tmp_path / name)
    before = set(config.home.iterdir())
    with opened(config, tmp_path / name) as backup:
        assert (backup.folder / "notices.db").is_file()
        assert backup.made_at.tzinfo is not None
    assert set(config.home.iterdir()) == before


def test_doctored_or_missing_backup_is_refused(config: Config, tmp_path: Path) -> None:
    back_up(config, tmp_path / "copy")
    flip(tmp_path / "copy" / "notices.db", 5000)
    with pytest.raises(DamageFound, match=r"notices\.db"), opened(config, tmp_path / "copy"):
        pass
    with pytest.raises(BadInput), opened(config, tmp_path / "nothing"):
        pass
